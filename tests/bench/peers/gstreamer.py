#!/usr/bin/python3
"""What stands around a network in a pipeline of GStreamer's own elements, in turns (see turns.py): gstreamer.py WIDTH HEIGHT

A user who blurs a background without this element scales and converts for the network, blurs (gaussianblur takes AYUV alone), and
lays the cut-out over that with compositor. Counted is processor time of a frame, all threads together, above that of a pipeline
which makes the frames alone."""
import os
import shutil
import subprocess
import sys

import turns

FRAMES = 24
width, height = sys.argv[1:]
SIGMA = 0.03 * int(height)  # what our blur-radius says by default
SOURCE = f'videotestsrc num-buffers={FRAMES} pattern=smpte ! video/x-raw,format=I420,width={width},height={height}'
CHAIN = f'''{SOURCE} ! tee name=t  compositor name=mix background=black ! video/x-raw,format=I420 ! fakesink
  t. ! queue ! videoconvertscale ! video/x-raw,format=RGB,width=320,height=180 ! fakesink
  t. ! queue ! videoconvert ! video/x-raw,format=AYUV ! gaussianblur sigma={SIGMA:g} ! mix.
  t. ! queue ! videoconvert ! video/x-raw,format=A420 ! mix.'''


def cpu_ms(pipeline):
    child = subprocess.Popen(['gst-launch-1.0', '-q', *pipeline.split()], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit('gstreamer.py: the pipeline failed')
    return (usage.ru_utime + usage.ru_stime) * 1e3


if not shutil.which('gst-launch-1.0') or subprocess.run(['gst-inspect-1.0', '--exists', 'gaussianblur']).returncode:
    sys.exit(turns.NOT_THERE)
turns.serve(lambda: (cpu_ms(CHAIN) - cpu_ms(f'{SOURCE} ! fakesink')) / FRAMES)
