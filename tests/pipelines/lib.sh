# What the tests of pipelines/ share: test-NAME BUILD, speaking TAP, in a folder of their own. The output of what is tested is in `log`.
set -u
pipelines=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../pipelines" && pwd)
export BUILD=$1 SETUP=no

# need ELEMENT...: skips all where one is missing.
need() {
    local element

    for element in "$@"; do
        if ! gst-inspect-1.0 --exists "$element"; then
            echo "1..0 # SKIP no $element here"
            exit 0
        fi
    done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# check DESCRIPTION COMMAND...: one test, passed where the command succeeds.
number=0
check() {
    local description=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $description"
    else
        echo "not ok $number - $description"
        sed 's/^/# /' log
    fi
}

skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

runs() {
    timeout 300 "$@" >log 2>&1 </dev/null
}

# run_printed FILE: the line that the last run printed makes it once more, run as it is, elsewhere.
run_printed() {
    local line

    line=$(grep -m 1 'gst-launch-1.0' log)
    rm "$1"
    mkdir -p elsewhere
    (cd elsewhere && timeout 120 bash -c "$line" >/dev/null 2>../log)
}

# refuses WHAT COMMAND...: it fails with status 1 and one line that says WHAT.
refuses() {
    local what=$1
    shift
    timeout 300 "$@" >log 2>&1 </dev/null
    [ $? = 1 ] && [ "$(wc -l <log)" = 1 ] && grep -qF -e "$what" log
}

# decoded OPTION FILE LINE...: gst-launch-1.0 with what the frames of the file go through. An audio track that decodebin decodes for nobody
# makes some runs wait for ever.
decoded() {
    timeout 120 gst-launch-1.0 "$1" filesrc location="$2" ! decodebin expose-all-streams=false caps="video/x-raw(ANY)" ! "${@:3}"
}

# The format of the video in a file, as gst-launch-1.0 -v tells it of the sink.
caps() {
    decoded -v "$1" video/x-raw ! fakesink 2>/dev/null | sed -n '/GstFakeSink/s/.*sink: caps = //p' | head -n 1
}

# The time of each frame in milliseconds since the first one: a file's edit list may move them all. decodebin as above has no decoder for
# alpha in WebM, so there the packets' own times serve.
times() {
    case $1 in
        *.webm) timeout 120 gst-launch-1.0 -v filesrc location="$1" ! matroskademux ! video/x-vp9 ! fakesink silent=false ;;
        *) decoded -v "$1" video/x-raw ! fakesink silent=false ;;
    esac 2>/dev/null |
        sed -n 's/.*chain.* pts: 0:00:\([0-9]*\)\.\([0-9]\{3\}\).*/\1\2/p' | awk 'NR == 1 { first = $1 } { print $1 - first }'
}

# same_times FILE FILE, to a millisecond.
same_times() {
    paste <(times "$1") <(times "$2") | awk '{ if (NF != 2 || ($1 - $2) ^ 2 > 1) bad = 1 } END { exit bad || NR < 2 }'
}

# The audio packets of a file, decoded by nobody.
packets() {
    timeout 120 gst-launch-1.0 -q filesrc location="$1" ! parsebin ! audio/mpeg ! fdsink
}

# The mean colour of a file's first frame, as R G B.
colour() {
    decoded -q "$1" videoconvert ! videoscale add-borders=false ! \
        video/x-raw,format=RGB,width=16,height=16 ! identity eos-after=2 ! fdsink 2>/dev/null | head -c 768 |
        od -An -v -tu1 -w3 | awk '{ r += $1; g += $2; b += $3 } END { printf "%d %d %d\n", r / NR, g / NR, b / NR }'
}

# near R G B R G B
near() {
    local d

    for d in $(($1 - $4)) $(($2 - $5)) $(($3 - $6)); do
        [ "${d#-}" -le 12 ] || return 1
    done
}

# holds FILE NAME=VALUE...: what pipelines/probe says of it.
holds() {
    local file=$1 fact
    shift
    "$BUILD/pipelines/probe" "$file" >log 2>&1 || return 1
    for fact in "$@"; do
        grep -qxF -e "$fact" log || return 1
    done
}

# Whether a clip is as long as another, to 50 ms.
same_length() {
    awk -F= '/^duration/ { d[++n] = $2 } END { exit !(n == 2 && (d[1] - d[2]) ^ 2 < 0.05 ^ 2) }' \
        <("$BUILD/pipelines/probe" "$1") <("$BUILD/pipelines/probe" "$2")
}

# launched LINE...: makes something for a test.
launched() {
    timeout 120 gst-launch-1.0 -q "$@"
}

# muxer FILE: of a transport stream, where the name ends in .ts, or Matroska.
muxer() {
    case $1 in *.ts) echo mpegtsmux ;; *) echo matroskamux ;; esac
}

# clip FILE FRAMES [WIDTH HEIGHT [FORMAT [ENCODER [PATTERN [SOUND]]]]]: a test picture of 25 frames a second, with a tone of the same length.
clip() {
    launched videotestsrc num-buffers="$2" pattern="${7-ball}" ! \
        "video/x-raw,format=${5-I420},width=${3-160},height=${4-120},framerate=25/1" ! ${6-x264enc speed-preset=ultrafast key-int-max=10} ! \
        "$(muxer "$1")" name=mux ! filesink location="$1" \
        audiotestsrc samplesperbuffer=1764 num-buffers="$2" ! audio/x-raw,rate=44100,channels=2 ! ${8-avenc_aac ! aacparse} ! mux.
}

# silent FILE FRAMES: the same without a tone.
silent() {
    launched videotestsrc num-buffers="$2" ! video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! \
        x264enc speed-preset=ultrafast ! "$(muxer "$1")" ! filesink location="$1"
}

# interlaced FILE FRAMES [FORMAT]: one field is white, the other black.
interlaced() {
    local i

    {
        for ((i = 0; i < 60; i++)); do
            head -c 160 /dev/zero | tr '\0' '\353'
            head -c 160 /dev/zero | tr '\0' '\020'
        done
        head -c 9600 /dev/zero | tr '\0' '\200'
    } >frame
    for ((i = 0; i < $2; i++)); do cat frame; done |
        launched fdsrc ! rawvideoparse format=i420 width=160 height=120 framerate=25/1 interlaced=true top-field-first=true ! \
            videoconvert ! video/x-raw,format="${3-I420}" ! x264enc interlaced=true speed-preset=ultrafast ! "$(muxer "$1")" ! \
            filesink location="$1"
}

# within SECONDS COMMAND...: tries until it succeeds.
within() {
    local until=$((SECONDS + $1))
    shift

    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.1
    done
}

gone() {
    ! kill -0 "$1" 2>/dev/null
}

keeps_or_gone() {
    [ -s "$1.part/notes" ] || gone "$2"
}

# stopped SIGNAL OUT COMMAND...: a run that is sent a signal when it has kept something. Its exit status.
stopped() {
    local status=0 pid

    env --default-signal=INT "${@:3}" >log 2>&1 &
    pid=$!
    within 120 keeps_or_gone "$2" $pid
    kill "-$1" $pid
    within 60 gone $pid || kill -KILL $pid
    wait $pid 2>/dev/null || status=$?
    echo $status
}

# The frames of a video, decoded.
frames() {
    decoded -q "$1" video/x-raw ! fdsink
}
