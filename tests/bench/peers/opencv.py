#!/usr/bin/python3
"""OpenCV in turns (see turns.py); Debian's python3-opencv.

    opencv.py network THREADS FILE.onnx
    opencv.py guided THREADS WIDTH HEIGHT RADIUS EPSILON DIR     DIR/guide and DIR/p, float32; leaves DIR/opencv
"""
import sys

import turns

try:
    import cv2
    import numpy as np
except ImportError:
    sys.exit(turns.NOT_THERE)


def network(file):
    net = cv2.dnn.readNetFromONNX(file)
    shape = (1, 3, 180, 320)
    picture = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)

    def run():
        net.setInput(picture)
        net.forward()
    return run


def guided(width, height, radius, epsilon, folder):
    shape = int(height), int(width)
    guide = np.fromfile(folder + '/guide', np.float32).reshape(shape)
    p = np.fromfile(folder + '/p', np.float32).reshape(shape)
    result = np.empty_like(p)

    def run():
        cv2.ximgproc.guidedFilter(guide, p, int(radius), float(epsilon), result)
    run()
    result.tofile(folder + '/opencv')
    return run


kind, threads, *arguments = sys.argv[1:]
cv2.setNumThreads(int(threads))
turns.serve({'network': network, 'guided': guided}[kind](*arguments))
