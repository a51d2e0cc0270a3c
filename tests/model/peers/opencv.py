#!/usr/bin/python3
"""Runs each DIR/NAME.onnx on DIR/NAME.input through OpenCV's dnn and leaves DIR/NAME.opencv: all of it float32, in memory's order.

Exit status 77: OpenCV (Debian's python3-opencv) is not there."""
import glob
import re
import sys

try:
    import cv2
    import numpy as np
except ImportError:
    sys.exit(77)

cv2.setNumThreads(1)
for file in glob.glob(sys.argv[1] + '/*.onnx'):
    base = file[:-len('.onnx')]
    width, height = map(int, re.search(r'(\d+)x(\d+)$', base).groups())
    net = cv2.dnn.readNetFromONNX(file)
    net.setInput(np.fromfile(base + '.input', np.float32).reshape(1, 3, height, width))
    net.forward().astype(np.float32).tofile(base + '.opencv')
