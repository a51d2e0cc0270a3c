#!/usr/bin/python3
"""What stands around a network in a pipeline of GStreamer's own elements, in turns (see turns.py): gstreamer.py blur|color WIDTH HEIGHT

A user who does without this element scales and converts for the network, and lays the cut-out over the background with compositor,
which blends in AYUV: a colour, or the frame through gaussianblur, which takes AYUV alone. Counted is processor time of a frame, all
threads together, above that of a pipeline which makes the frames alone; setting up is left out."""
import os
import shutil
import subprocess
import sys

import turns

background, width, height = sys.argv[1:]
FRAMES = {'blur': 6, 'color': 48}[background]
SIGMA = min(20, 0.03 * int(height))  # what our blur-radius says by default, as far as gaussianblur goes
SOURCE = f'videotestsrc num-buffers=%d pattern=smpte ! video/x-raw,format=I420,width={width},height={height}'
BLURRED = f't. ! queue ! videoconvert ! video/x-raw,format=AYUV ! gaussianblur sigma={SIGMA:g} ! mix.'
CHAIN = f'''{SOURCE} ! tee name=t
  compositor name=mix background=white ! video/x-raw,format=AYUV ! videoconvert ! video/x-raw,format=I420 ! fakesink
  t. ! queue ! videoconvertscale ! video/x-raw,format=RGB,width=320,height=180 ! fakesink
  {BLURRED if background == 'blur' else ''} t. ! queue ! videoconvert ! video/x-raw,format=AYUV ! mix.'''


def cpu_ms(pipeline, frames):
    child = subprocess.Popen(['gst-launch-1.0', '-q', *(pipeline % frames).split()], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        sys.exit('gstreamer.py: the pipeline failed')
    return (usage.ru_utime + usage.ru_stime) * 1e3


def frame_ms(pipeline):
    return (cpu_ms(pipeline, FRAMES + 1) - cpu_ms(pipeline, 1)) / FRAMES


if not shutil.which('gst-launch-1.0') or subprocess.run(['gst-inspect-1.0', '--exists', 'gaussianblur']).returncode:
    sys.exit(turns.NOT_THERE)
turns.serve(lambda: frame_ms(CHAIN) - frame_ms(f'{SOURCE} ! fakesink'))
