# Live video in and out, for the scripts that show or send it: parts of a gst-launch-1.0 line, each in an array of its own. Needs media.sh.

# Options that they share, to which a script adds its own.
live_options() {
    option+=([camera]=/dev/video0 [size]=1280x720 [rate]=30 [quiet]=no)
}

# The camera, or a video file in its place, as `source`: up to raw frames, as the element takes them. Needs `prepare` first.
read_camera() {
    local camera=${option[camera]} rate=${option[rate]} limits

    [[ ${option[size]} =~ ^([0-9]+)x([0-9]+)$ ]] || die "--size ${option[size]}: WIDTHxHEIGHT, such as 1280x720"
    limits="width=(int)[16,${BASH_REMATCH[1]}],height=(int)[16,${BASH_REMATCH[2]}],framerate=(fraction)[1/1,$rate/1]"
    [[ $rate =~ ^[1-9][0-9]{0,2}$ ]] || die "--rate $rate: frames a second, 1 to 999"
    [ -e "$camera" ] || die "$camera: no such camera; --camera names another one, or a video file"
    if [ -f "$camera" ]; then
        camera=$(input "$camera")
        look "$camera"
        read_file "$camera"
        source+=("${frames[@]}")
    else
        [ -r "$camera" ] || die "$camera: not readable; is its user in the group video?"
        # Of what the limits leave, the source takes the largest. A frame that is late gives way to the next one.
        source=(v4l2src device="$(quote "$camera")" ! "image/jpeg,$limits;video/x-raw,$limits" ! decodebin ! videoconvert !
            queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream)
    fi
}

# A window; autovideosink would take nothing at all for one.
need_screen() {
    [ -n "${DISPLAY-}${WAYLAND_DISPLAY-}" ] || die "no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set"
}

# live LINE...: runs LINE until it ends or is interrupted.
live() {
    tell "$@"
    run 0 "${option[camera]}" "$@"
}
