#!/usr/bin/python3
"""PyTorch in turns (see turns.py): pytorch.py THREADS FIELD=VALUE... Debian's python3-torch, with libopenblas0-pthread for its sake.

The network is that of tests/model/golden, traced and frozen: batch norms folded, nothing left of training."""
import importlib.util
import os
import sys

import turns

try:
    import torch
except ImportError:
    sys.exit(turns.NOT_THERE)


def reference():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../model/golden/make-golden.py')
    spec = importlib.util.spec_from_file_location('golden', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


threads, *fields = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.set_flush_denormal(True)
picture = torch.rand(1, 3, 180, 320) * 2 - 1
net = reference().Net(dict(field.split('=') for field in fields)).eval()
with torch.no_grad():
    frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, picture)))
    for _ in range(3):
        frozen(picture)
    turns.serve(lambda: [frozen(picture)].clear())
