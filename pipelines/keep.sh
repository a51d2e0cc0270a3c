# Writing a video so that a run that was stopped goes on. Needs media.sh.
#
# The encoded frames are kept in the folder OUT.part as they come: `video` holds them in GStreamer's Data Protocol, the packets with their
# times; `notes` says where a run can go on, and `job` what was to be done. A second pass puts them and the sound into the container.

# encode OUT INPUT [OTHER]: what `read_file`, `humanseg`, `choose_encoder`, `choose_muxer` and `audio_branch` left, from one to the other;
# `mixed`, if set, is what happens to humanseg's frames before they are encoded, and OTHER a file that takes part in it.
mixed=()
encode() {
    local out=$1 in=$2 other=${3-} bytes=0 from=0 count seconds
    local line=("${frames[@]}" ! "${humanseg[@]}" ! "${mixed[@]}" "${encoder[@]}")

    tell "${source[@]}" "${line[@]}" ! mux. "${muxer[@]}" ! filesink location="$(quote "$out")" "${audio[@]}"
    open_part "$out" "${before[@]}" "${line[@]}"
    if [ ! -e "$part/whole" ]; then
        find_end
        [ "$from" = 0 ] || account "going on at $(clock "$from")"
        decode "$in" "$video_type"
        run "${video[duration]}" "$in" --keep "$part/notes" "$bytes" "$from" "${source[@]}" "${line[@]}" ! gdppay name=kept ! \
            filesink append=true location="$(quote "$part/video")"
        read -r count seconds <"$work/said"
        touch "$part/whole"
    fi
    source=() before=()
    [ ${#audio[@]} = 0 ] || decode "$in" "${audio_types[@]}"
    run 0 "$in" filesrc location="$(quote "$part/video")" ! gdpdepay ! queue ! "$encoded" ! mux. "${muxer[@]}" ! \
        filesink location="$(quote "$part/out")" "${source[@]}" "${audio[@]}"
    mv -f -- "$part/out" "$out"
    rm -rf -- "$part"
    part=''
    exec 9>&-
    account "written: $out$(awk -v n="${count-}" -v s="${seconds-}" 'BEGIN { if (n) printf ", %d frames, %.1f frames/s", n, n / (s + 0.001) }')"
}

account() {
    [ "${option[quiet]}" = yes ] || echo "$1"
}

# Nanoseconds as minutes and seconds.
clock() {
    printf '%d:%02d' $(($1 / 60000000000)) $(($1 / 1000000000 % 60))
}

# open_part OUT LINE...: the folder, as `part`; empty, unless it is left from the same job, with the same files.
open_part() {
    local out=$1 file setting
    shift

    mkdir -p -- "$out.part" 2>/dev/null || die "$out.part: cannot be made"
    exec 9>>"$out.part/lock" || die "$out.part: cannot be written"
    flock -n 9 || die "$out: another run is writing it"
    part=$out.part
    {
        show "$@"
        for setting in "$in" "$other" "${settings[@]}"; do
            file=${setting#*=}
            [ ! -f "$file" ] || stat -c '%n %s %Y' -- "$file"
        done
    } >"$work/job"
    if ! cmp -s "$work/job" "$part/job"; then
        rm -f -- "$part"/{video,notes,whole,out}
        cp -- "$work/job" "$part/job" || die "$part: cannot be written"
    fi
}

# Cuts what is kept behind its last whole group of pictures: `bytes`, up to the time `from`.
find_end() {
    local size

    [ -e "$part/notes" ] || { rm -f -- "$part/video"; return; }
    size=$(stat -c %s -- "$part/video" 2>/dev/null) || size=0
    awk -v size="$size" '$1 <= size && NF == 2' "$part/notes" >"$work/notes"
    cp -- "$work/notes" "$part/notes"
    read -r bytes from < <(tail -n 1 "$work/notes"; echo 0 0)
    [ "$size" = 0 ] || truncate -s "$bytes" -- "$part/video"
}
