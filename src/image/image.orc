# The 8-bit pixel loops that ORC expresses well; it compiles them for the processor it finds itself on.

# d = (m * d + (255 - m) * back) / 255, rounded to nearest
.function hseg_orc_blend
.dest 1 d uint8_t
.source 1 back uint8_t
.source 1 m uint8_t
.const 1 all 255
.temp 1 rest
.temp 2 front
.temp 2 behind

mulubw front, d, m
xorb rest, m, all
mulubw behind, back, rest
addw front, front, behind
div255w front, front
convwb d, front
