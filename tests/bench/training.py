#!/usr/bin/python3
"""Training throughput beside PyTorch's: the same networks, the same machine, in turns; medians and their ratio.

    tests/bench/training.py [build/src/cli/humanseg]

Needs Debian's python3-torch, and libopenblas0-pthread for its sake: without it PyTorch is slower still.
"""
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
HUMANSEG = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, '../../build/src/cli/humanseg')
THREADS = 2
ROUNDS = 5

CASES = [
    ('v3 0.3', 4, dict(block='v3', alpha='0.3')),
    ('v1 0.5, decoder 0.25, pointwise, stem stride 2', 12,
     dict(block='v1', alpha='0.5', decoder_alpha='0.25', upsample='pointwise', stem_stride='2')),
    ('v1 0.75, decoder 0.375, pointwise, stem stride 2', 12,
     dict(block='v1', alpha='0.75', decoder_alpha='0.375', upsample='pointwise', stem_stride='2')),
]


def golden():
    spec = importlib.util.spec_from_file_location('golden', os.path.join(HERE, '../model/golden/make-golden.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def torch_stepper(nets, case, batch):
    net = nets.Net(case).train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
    x = torch.rand(batch, 3, 180, 320) * 2 - 1
    g = (torch.rand(batch, 1, 180, 320) < 0.3).float()

    def step():
        start = time.monotonic()
        optimiser.zero_grad()
        nets.loss_of(net(x), g).backward()
        optimiser.step()
        return batch / (time.monotonic() - start)
    step()
    return step


def ours(case, batch):
    options = sum((['--' + {'block': 'arch'}.get(k, k).replace('_', '-'), v] for k, v in case.items()), [])
    with tempfile.NamedTemporaryFile(suffix='.json') as f:
        subprocess.run([HUMANSEG, 'bench', '--train', '--threads', str(THREADS), '--batch', str(batch),
                        '--json', f.name] + options, check=True, stdout=subprocess.DEVNULL)
        return json.load(open(f.name))['images_per_second']


def main():
    nets = golden()
    torch.set_num_threads(THREADS)
    print('%-50s %6s %12s %12s %8s' % ('network, images/s in training', 'batch', 'humanseg', 'PyTorch', 'ratio'))
    for name, batch, case in CASES:
        step = torch_stepper(nets, case, batch)
        pairs = [(ours(case, batch), step()) for _ in range(ROUNDS)]
        a, b = (statistics.median(column) for column in zip(*pairs))
        ratio = statistics.median(x / y for x, y in pairs)
        print('%-50s %6d %12.1f %12.1f %8.1f' % (name, batch, a, b, ratio), flush=True)


if __name__ == '__main__':
    main()
