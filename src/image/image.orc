# Bytes of several rows into one and apart again: what ORC does in a few instructions and a compiler, which sees
# strided loops, in many. (The blend is not here: ORC 0.4.33 makes it 1.6 times slower than the compiler does for SSE2
# and 2.4 times slower than for AVX2.)

.function hseg_orc_merge_ab
.dest 2 out uint8_t
.source 1 a uint8_t
.source 1 b uint8_t

mergebw out, a, b


.function hseg_orc_split_ab
.dest 1 a uint8_t
.dest 1 b uint8_t
.source 2 in uint8_t

splitwb b, a, in


.function hseg_orc_merge_abcd
.dest 4 out uint8_t
.source 1 a uint8_t
.source 1 b uint8_t
.source 1 c uint8_t
.source 1 d uint8_t
.temp 2 ab
.temp 2 cd

mergebw ab, a, b
mergebw cd, c, d
mergewl out, ab, cd


.function hseg_orc_split_abcd
.dest 1 a uint8_t
.dest 1 b uint8_t
.dest 1 c uint8_t
.dest 1 d uint8_t
.source 4 in uint8_t
.temp 2 ab
.temp 2 cd

splitlw cd, ab, in
splitwb b, a, ab
splitwb d, c, cd
