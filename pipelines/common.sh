# What the scripts here share; each sources this file. A script's --help is the comment on its top.
#
# SETUP=no leaves out installing and building; BUILD names the build folder, from the repository's root.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(cd "$root" && realpath -m "${BUILD:-build}")
me=pipelines/$(basename "$0")
work=$(mktemp -d)
part='' # the file that is being written, under a name of its own, or the folder of keep.sh
child=''

die() {
    echo "$me: $*" >&2
    exit 1
}

clean() {
    rm -rf "$work"
    if [ -n "$part" ] && [ -s "$part/notes" ]; then
        echo "$me: the same command goes on where this one stopped; $part holds what is done" >&2
    elif [ -n "$part" ]; then
        rm -rf "$part"
    fi
}

# On a signal: nothing half-written stays, nothing goes on.
interrupt() {
    trap '' INT TERM
    [ -z "$child" ] || { kill -TERM "$child" && wait "$child"; } 2>/dev/null || true
    exit "$1"
}
trap clean EXIT
trap 'interrupt 130' INT
trap 'interrupt 143' TERM HUP

usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

# A command line as one would type it.
show() {
    local word

    for word in "$@"; do
        case $word in
            '' | *[!A-Za-z0-9_./:=,!-]*) word=${word@Q} ;;
        esac
        printf '%s ' "$word"
    done
    echo
}

# A property's value as gst-launch-1.0 reads it, which takes quotes and backslashes for its own.
quote() {
    local value=${1//\\/\\\\}

    echo "\"${value//\"/\\\"}\""
}

# read_options ARGUMENT...: what the script declared in the array `option` is its own, with yes or no for an option that takes no
# value; any other is one of the element, and checked once it is there. Leaves the rest in `names`.
declare -A option=()
names=() settings=()
read_options() {
    local name value

    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help) usage; exit 0 ;;
            --) shift; names+=("$@"); return ;;
            --?*) ;;
            -?*) die "no option $1; see --help" ;;
            *) names+=("$1"); shift; continue ;;
        esac
        name=${1#--}
        case ${option[${name%%=*}]-} in
            yes | no)
                [ "$name" = "${name%%=*}" ] || die "--${name%%=*} takes no value"
                option[$name]=yes
                shift
                continue
                ;;
        esac
        case $name in
            *=*) value=${name#*=} name=${name%%=*} ;;
            *)
                [ $# -gt 1 ] || die "--$name needs a value, if there is such an option; see --help"
                value=$2
                shift
                ;;
        esac
        shift
        if [ -n "${option[$name]+set}" ]; then
            option[$name]=$value
        else
            settings+=("$name=$value")
        fi
    done
}

# fixed NAME WHY: the element's property NAME is not the user's to set here.
fixed() {
    local setting

    for setting in "${settings[@]}"; do
        [ "${setting%%=*}" != "$1" ] || die "--$1: $2"
    done
}

# Installs what is missing, builds, and lets GStreamer find the element: prepare [PACKAGE...]
prepare() {
    if [ "${SETUP:-yes}" != no ]; then
        "$root/tests/setup" gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav "$@" >&2
    fi
    [ -x "$build/pipelines/launch" ] || die "$build: gst-humanseg is not built there"
    export GST_PLUGIN_PATH=$build/gst${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
    element_options
}

# From --NAME VALUE to the element's NAME=VALUE, in `humanseg`, where NAME is one of its properties. --background takes a picture's
# path and a colour as #RRGGBB, too.
element_options() {
    local setting name value known

    humanseg=(humanseg)
    [ ${#settings[@]} -gt 0 ] || return 0
    known=$(gst-inspect-1.0 humanseg | sed -n '/^Element Properties/,$s/^  \([a-z-]*\) *: .*/\1/p' | grep -vx 'name\|parent\|stats') ||
        die "there is no element humanseg in $build/gst"
    for setting in "${settings[@]}"; do
        name=${setting%%=*} value=${setting#*=}
        grep -qx -e "$name" <<<"$known" || die "no option --$name; see --help"
        case $name:$value in
            background:'#'*)
                [[ $value =~ ^#[0-9A-Fa-f]{6}$ ]] || die "--background $value: a colour is #RRGGBB"
                humanseg+=(background=color background-color="0xff${value#?}")
                ;;
            background:*/* | background:*.*) humanseg+=(background=image background-image="$(picture "$value")") ;;
            output:cutout) die "--output cutout: its transparency would be lost here, and the room be seen; pipelines/mask --alpha keeps it" ;;
            background-image:*) humanseg+=(background-image="$(picture "$value")") ;;
            model:*/* | model:*.safetensors)
                [ -r "$value" ] || die "$value: no such model"
                humanseg+=(model="$(quote "$(realpath -s -- "$value")")")
                ;;
            *) humanseg+=("$name=$(quote "$value")") ;;
        esac
    done
    # What is wrong with them shows now, and not when there is a video to blame.
    run 0 humanseg fakesrc num-buffers=0 ! fakesink "${humanseg[@]}"
}

picture() {
    [ -f "$1" ] && [ -r "$1" ] || die "$1: no such picture"
    quote "$(realpath -s -- "$1")"
}

# A file to read, as an absolute path.
input() {
    [ -e "$1" ] || die "$1: no such file"
    [ -f "$1" ] && [ -r "$1" ] || die "$1: not a file, or not readable"
    realpath -s -- "$1"
}

# A file to write, as an absolute path: output NAME INPUT...
output() {
    local folder out=$1 other

    folder=$(dirname -- "$out")
    [ -d "$folder" ] || die "$out: there is no folder $folder"
    [ -w "$folder" ] || die "$out: the folder is not writable"
    [ ! -d "$out" ] || die "$out: is a folder"
    shift
    for other in "$@"; do
        [ ! "$out" -ef "$other" ] || die "$out: is the input, too"
    done
    [ ! -e "$out" ] || [ "${option[force]}" = yes ] || die "$out: exists; --force replaces it"
    realpath -s -- "$out"
}

# What is in a video, in the array `video`; see probe.c.
declare -A video=()
look() {
    local name value

    "$build/pipelines/probe" "$1" >"$work/probe" 2>/dev/null || die "$1: $(cat "$work/probe")"
    while IFS='=' read -r name value; do
        video[$name]=$value
    done <"$work/probe"
    [ "${video[width]}" -ge 16 ] && [ "${video[height]}" -ge 16 ] && [ "${video[width]}" -le 8192 ] && [ "${video[height]}" -le 8192 ] ||
        die "$1: has ${video[width]}x${video[height]} pixels; 16 to 8192 either way can be worked on"
}

# run SECONDS NAME LINE...: what `gst-launch-1.0 LINE` does, with a progress bar; fails with one line that names NAME. Where they are set,
# the command `before` is run again and again into the line's fdsrc, and `after` reads what the line's fdsink writes.
before=() after=()
run() {
    local seconds=$1 name=$2 status=0 reader=''
    shift 2

    [ "${option[quiet]-no}" = no ] || seconds=0
    exec 7<&0 8>&1
    [ ${#before[@]} = 0 ] || exec 7< <(while "${before[@]}" 2>/dev/null; do :; done)
    if [ ${#after[@]} -gt 0 ]; then
        exec 8> >("${after[@]}" 7<&- 2>"$work/after")
        reader=$!
    fi
    "$build/pipelines/launch" "$work/said" "$(basename -- "$name")" "$seconds" "$@" <&7 >&8 7<&- 8>&- &
    child=$!
    exec 7<&- 8>&-
    wait "$child" || status=$?
    child=''
    [ "$status" -lt 1 ] || [ "$status" -ge 128 ] || die "$name: $(cat "$work/said")"
    [ "$status" = 0 ] || exit "$status"
    [ -z "$reader" ] || wait "$reader" || die "$name: ${after[0]}: $(tail -n 1 "$work/after")"
}

# tell LINE...: prints the command that does it without this script.
tell() {
    local launch=(gst-launch-1.0)

    [ "${option[quiet]-no}" = no ] || return 0
    [ ${#before[@]} = 0 ] || printf 'while %s2>/dev/null; do :; done | ' "$(show "${before[@]}")"
    [ ${#after[@]} = 0 ] || launch+=(-q) # its own words would go into the pipe
    show GST_PLUGIN_PATH="$build/gst" "${launch[@]}" "$@" | tr -d '\n'
    [ ${#after[@]} = 0 ] || printf '| %s' "$(show "${after[@]}")"
    echo
}

# write OUT INPUT LINE...: runs LINE, in which @OUT stands for the file's place. The file gets its name once it is whole; two runs do
# not write one.
write() {
    local out=$1 in=$2 frames seconds filter=("${after[@]}")
    shift 2

    after=("${filter[@]/#@OUT/"$out"}")
    tell "${@/#@OUT/location="$(quote "$out")"}"
    exec 9>>"$out.part" || die "$out.part: cannot be written"
    flock -n 9 || die "$out: another run is writing it"
    part=$out.part
    after=("${filter[@]/#@OUT/"$part"}")
    run "${video[duration]}" "$in" "${@/#@OUT/location="$(quote "$part")"}"
    mv -f -- "$part" "$out"
    part=''
    exec 9>&-
    [ "${option[quiet]-no}" = no ] || return 0
    read -r frames seconds <"$work/said"
    awk -v n="$frames" -v s="$seconds" -v out="$out" \
        'BEGIN { printf "written: %s, %d frames, %.1f frames/s\n", out, n, n / (s + 0.001) }'
}

# A photograph that anybody may use, as `photo`: NASA's portrait of Eileen Collins (1999, public domain), from the Debian package
# python3-skimage, which is unpacked and not installed.
fetch_photo() {
    local from

    photo=/usr/lib/python3/dist-packages/skimage/data/astronaut.png
    [ ! -f "$photo" ] || return 0
    echo "fetching a photograph: astronaut.png of the Debian package python3-skimage"
    from=$work/photo
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download python3-skimage && dpkg-deb -x python3-skimage_*.deb "$from") ||
        die "cannot fetch the package python3-skimage"
    photo=$from$photo
}
