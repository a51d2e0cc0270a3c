# Video files in and out, for the scripts that write one: parts of a gst-launch-1.0 line, each in an array of its own. A decoder called
# `in` and a muxer called `mux` hold them together.

# decode FILE TYPE...: `source`, out of which comes what is of these types, and nothing else: a track that decodebin decodes for nobody makes
# some runs wait for ever.
decode() {
    local IFS=';' location

    location=$(quote "$1")
    shift
    source=(filesrc location="$location" ! decodebin name=in force-sw-decoders=true expose-all-streams=false caps="$*")
}

# read_file FILE: `source`, and `frames`, upright and progressive, as the element takes them; transparency is left out. Needs `look` first,
# and `audio_branch` where the sound is wanted.
read_file() {
    video_type="video/x-raw(ANY)" frames=(in. ! video/x-raw ! queue)
    if [ -n "${video[alpha]}" ]; then
        # decodebin that leaves tracks out finds no decoder for what carries transparency.
        video_type=video/x-${video[alpha]} frames=(in. ! "video/x-${video[alpha]}" ! "${video[alpha]}dec" ! queue)
    fi
    decode "$1" "$video_type" "${audio_types[@]}"
    frames+=(! videoconvert ! deinterlace fields=top) # also what is interlaced in parts, of which `look` may not know
    [ "${video[turned]}" = rotate-0 ] || frames+=(! videoflip video-direction=auto)
    frames+=(! videoconvert)
}

# What a container is written by, as `muxer`, by the file's ending.
choose_muxer() {
    case ${1,,} in
        *.mp4 | *.m4v) container=mp4 muxer=(mp4mux name=mux) ;;
        *.mov) container=mov muxer=(qtmux name=mux) ;;
        *.mkv) container=mkv muxer=(matroskamux name=mux) ;;
        *.webm) container=webm muxer=(webmmux name=mux) ;;
        *) die "$1: the name has to end in .mp4, .mov, .mkv or .webm" ;;
    esac
}

# Whether the container takes a codec.
takes() {
    case $container:$1 in
        mp4:aac | mp4:mp3 | mp4:ac3 | mp4:opus | mov:aac | mov:mp3 | mov:ac3 | mov:pcm) ;;
        mkv:other) return 1 ;;
        mp4:h264 | mp4:h265 | mp4:vp9 | mov:h264 | mov:h265 | mov:prores) ;;
        mkv:* | webm:opus | webm:vorbis | webm:vp9) ;;
        *) return 1 ;;
    esac
}

# The input's audio tracks on their way to the muxer, as `audio`: as they are where the container takes them, else encoded anew.
audio_types=() audio=()
audio_branch() {
    local codec type parser encoder="avenc_aac bitrate=192000" raw="audio/x-raw(ANY)"
    local buffer=(queue max-size-buffers=0 max-size-time=0 max-size-bytes=0) # the video's encoder looks far ahead

    [ "$container" != webm ] || encoder="opusenc bitrate=128000"
    for codec in ${video[audio]}; do
        type=audio/x-$codec parser=${codec}parse
        case $codec in
            aac) type="audio/mpeg,mpegversion=(int){2,4}" ;;
            mp3) type="audio/mpeg,mpegversion=(int)1" parser=mpegaudioparse ;;
        esac
        if ! takes "$codec"; then
            # shellcheck disable=SC2206 # words
            audio_types+=("$raw")
            audio+=(in. ! audio/x-raw ! queue ! audioconvert ! audioresample ! $encoder ! "${buffer[@]}" ! mux.)
        elif [ "$codec" = pcm ]; then
            audio_types+=("$raw")
            audio+=(in. ! audio/x-raw ! audioconvert ! "${buffer[@]}" ! mux.)
        else
            audio_types+=("$type")
            audio+=(in. ! "$type" ! "$parser" ! "${buffer[@]}" ! mux.)
        fi
    done
}

# From any frames to what the muxer takes, in closed groups of pictures, as `encoder`, and its type, as `encoded`: choose_encoder CODEC QUALITY, either may be auto.
choose_encoder() {
    local codec=$1 quality=$2 deep=${video[deep]} format=I420 edge

    if [ "$codec" = auto ]; then
        codec=h264
        [ "$deep" = no ] || codec=h265
        [ "$container" != webm ] || codec=vp9
    fi
    takes "$codec" || die "--codec $codec: not in .$container"
    [ "$deep" = no ] || [ "$codec" = h264 ] || format=I420_10LE
    encoded=video/x-$codec
    case $codec in
        h264) encoder=(x264enc pass=qual quantizer="$(number "$quality" 20 50)" speed-preset=medium !
            video/x-h264,stream-format=avc,alignment=au) ;;
        h265) encoder=(x265enc option-string="crf=$(number "$quality" 22 51):open-gop=0" speed-preset=fast ! h265parse !
            video/x-h265,stream-format=hvc1,alignment=au) ;;
        vp9)
            encoder=(vp9enc end-usage=cq cq-level="$(number "$quality" 24 63)" bits-per-pixel=0.2 deadline=1000000 cpu-used=4 row-mt=true
                threads=8)
            ;;
        prores) encoder=(avenc_prores_ks profile=hq) format=I422_10LE ;;
        ffv1) encoded=video/x-ffv encoder=(avenc_ffv1 ! video/x-ffv,ffversion=1) ;; # the encoder says ffvversion, muxers ask for ffversion
        *) die "--codec $codec: there are h264, h265, vp9, prores and ffv1" ;;
    esac
    encoder=(videoconvert ! "video/x-raw,format=$format" ! queue ! "${encoder[@]}")
    # Half of what plays these files fails at odd sizes, and so does the encoder.
    edge=()
    [ $((video[width] % 2)) = 0 ] || edge+=(right=1)
    [ $((video[height] % 2)) = 0 ] || edge+=(bottom=1)
    case $codec in h264 | h265 | prores) [ ${#edge[@]} = 0 ] || encoder=(videocrop "${edge[@]}" ! "${encoder[@]}") ;; esac
    keep_size
}

# Before the encoder: the size that the video begins with, for a recorded call may go over to others, and a file has one.
keep_size() {
    encoder=(videoscale ! "video/x-raw,width=${video[width]},height=${video[height]}" ! "${encoder[@]}")
}

# number VALUE DEFAULT MOST, which VALUE must not exceed.
number() {
    [ "$1" != auto ] || { echo "$2"; return; }
    [[ $1 =~ ^[0-9]+$ ]] && [ "$1" -le "$3" ] || die "--quality $1: a number from 0 to $3 for this codec"
    echo "$1"
}

# Frames a second that go through LINE on this machine: measure NAME LINE...
measure() {
    local frames seconds

    run 0 "$@" ! fakesink sync=false
    read -r frames seconds <"$work/said"
    awk -v n="$frames" -v s="$seconds" 'BEGIN { printf "%.1f", n / (s + 0.001) }'
}
