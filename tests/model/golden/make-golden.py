#!/usr/bin/python3
"""Writes networks.json: what PyTorch computes for members of the family, for tests/model/test-golden.c.

Run by hand when a case is added (Debian's python3-torch): tests/model/golden/make-golden.py > tests/model/golden/networks.json

Weights, inputs and targets come from a counter-based hash that the C test computes too, so that only results are stored:
sampled logits, and for the training cases the loss and two numbers per gradient.
"""
import json
import sys
import zlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


SALT = ''


def noise(name, count):
    """Uniform in -1 .. 1, a function of the name and the index (murmur3's finaliser)."""
    name += SALT
    with np.errstate(over='ignore'):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(zlib.crc32(name.encode()))
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)


CELL = 16  # pixels: noise in squares of this size survives the way down to the smallest maps


def picture(batch, h, w):
    """[batch][3][h][w] of squares of one colour each, and a little noise on top."""
    rows, columns = -(-h // CELL), -(-w // CELL)
    cells = noise('input', batch * rows * columns * 3).reshape(batch, rows, columns, 3)
    cells = cells.repeat(CELL, 1).repeat(CELL, 2)[:, :h, :w]
    x = cells + np.float32(0.25) * noise('grain', batch * h * w * 3).reshape(batch, h, w, 3)
    return torch.from_numpy(np.ascontiguousarray(x)).permute(0, 3, 1, 2)


class ConvNorm(nn.Module):
    def __init__(self, i, o, kernel, stride, groups, act, pad):
        super().__init__()
        mode = 'reflect' if stride == 1 and pad == 'reflect' else 'zeros'
        self.conv = nn.Conv2d(i, o, kernel, stride, (kernel - 1) // 2, groups=groups, padding_mode=mode)
        self.bn = nn.BatchNorm2d(o)
        self.act = act

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


def linear(x):
    return x


class Squeeze(nn.Sequential):
    def __init__(self, m):
        q = max(1, m // 4)
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Conv2d(m, q, 1), nn.ReLU(), nn.Conv2d(q, m, 1), nn.Hardsigmoid())

    def forward(self, x):
        return x * super().forward(x)


class Block(nn.Module):
    def __init__(self, case, i, o, stride):
        super().__init__()
        kind, pad = case['block'], case.get('padding', 'reflect')
        self.residual = kind != 'v1' and stride == 1 and i == o
        act = F.hardswish if kind == 'v3' else F.relu6
        m = i if kind == 'v1' else int(i * float(case.get('expansion', 2)))
        if kind != 'v1':
            self.expand = ConvNorm(i, m, 1, 1, 1, act, pad)
        self.depthwise = ConvNorm(m, m, 3, stride, m, act, pad)
        if kind == 'v3':
            self.se = Squeeze(m)
        self.pointwise = ConvNorm(m, o, 1, 1, 1, F.relu6 if kind == 'v1' else linear, pad)

    def forward(self, x):
        y = self.expand(x) if hasattr(self, 'expand') else x
        y = self.depthwise(y)
        y = self.se(y) if hasattr(self, 'se') else y
        y = self.pointwise(y)
        return x + y if self.residual else y


class Up(nn.Module):
    def __init__(self, case, i, o, skip):
        super().__init__()
        pad = case.get('padding', 'reflect')
        form = case.get('upsample', 'transpose')
        if form == 'transpose':
            self.up = nn.ConvTranspose2d(i, o, 3, 2, 1, 1)
        elif form == 'bilinear':
            self.up = nn.Sequential(nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False),
                                    nn.Conv2d(i, o, 3, 1, 1))
        else:
            self.up = nn.Sequential(ConvNorm(i, o, 1, 1, 1, F.relu6, pad),
                                    nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False))
        self.conv_block = Block(case, o + skip, o, 1)
        if int(case.get('decoder_blocks', 2)) == 2:
            self.final_block = Block(case, o, o, 1)

    def forward(self, x, size, skip):
        x = self.up(x)[:, :, :size[0], :size[1]]
        x = self.conv_block(x if skip is None else torch.cat([x, skip], 1))
        return self.final_block(x) if hasattr(self, 'final_block') else x


class Net(nn.Module):
    def __init__(self, case):
        super().__init__()
        alpha, pad = float(case['alpha']), case.get('padding', 'reflect')
        dalpha = float(case.get('decoder_alpha', alpha))
        stride = int(case.get('stem_stride', 1))

        def c(n):
            return int(n * alpha)

        def d(n):
            return int(n * dalpha)

        def down(i, o):
            return nn.Sequential(Block(case, c(i), c(o), 2), Block(case, c(o), c(o), 1))
        middle = [Block(case, c(512), c(512), 1) for _ in range(int(case.get('middle_blocks', 5)))]
        model = nn.Module()
        model.layer1 = nn.Sequential(ConvNorm(3, c(32), 3, stride, 1, F.relu6, pad), Block(case, c(32), c(64), 1),
                                     down(64, 128))
        model.layer2 = nn.Sequential(down(128, 256))
        model.layer3 = nn.Sequential(down(256, 512), *middle)
        model.layer4 = nn.Sequential(down(512, 1024))
        self.backbone = nn.Module()
        self.backbone.model = model
        self.up1 = Up(case, c(1024), d(512), c(512))
        self.up2 = Up(case, d(512), d(256), c(256))
        self.up3 = Up(case, d(256), d(128), c(128))
        self.up4 = Up(case, d(128), d(64), c(64) if case.get('stem_skip') == '1' else 0)
        self.stem_skip = case.get('stem_skip') == '1'
        self.out = nn.Conv2d(d(64), 1, 1)

    def forward(self, x):
        m = self.backbone.model
        stem = m.layer1[0](x)
        s0 = m.layer1[1](stem)
        s1 = m.layer1[2](s0)
        s2 = m.layer2(s1)
        s3 = m.layer3(s2)
        y = m.layer4(s3)
        y = self.up1(y, s3.shape[2:], s3)
        y = self.up2(y, s2.shape[2:], s2)
        y = self.up3(y, s1.shape[2:], s1)
        y = self.out(self.up4(y, stem.shape[2:], s0 if self.stem_skip else None))
        if y.shape[2:] != x.shape[2:]:
            y = F.interpolate(y, scale_factor=2, mode='bilinear', align_corners=False)
            y = y[:, :, :x.shape[2], :x.shape[3]]
        return y


def fill(net):
    with torch.no_grad():
        for name, t in net.state_dict().items():
            if t.dtype != torch.float32:
                continue
            u = torch.from_numpy(noise(name, t.numel())).reshape(t.shape)
            if t.dim() == 4:
                t.copy_(u * float(np.sqrt(3.0 / (t.shape[1] * t.shape[2] * t.shape[3]))))
            elif name.endswith('running_var'):
                t.copy_(1 + 0.5 * u)
            elif name.endswith('bn.weight'):
                t.copy_(0.6 + 0.3 * u)
            elif name.endswith('bn.bias'):
                t.copy_(1.5 + 0.5 * u)  # most of ReLU6's inputs lie between its kinks: see train_case
            else:
                t.copy_(0.1 * u)


def loss_of(z, g):
    p = torch.sigmoid(z)
    tp, fp, fn = (p * g).sum((1, 2, 3)), (p * (1 - g)).sum((1, 2, 3)), ((1 - p) * g).sum((1, 2, 3))
    tversky = (1 - (tp + 1) / (tp + 0.3 * fp + 0.7 * fn + 1)).mean()
    return 0.6 * F.binary_cross_entropy_with_logits(z, g) + 0.4 * tversky


SAMPLES = 97

FORWARD = [
    dict(block='v1', alpha='1.0', input='320x180'),
    dict(block='v2', alpha='0.45', input='320x180'),
    dict(block='v3', alpha='0.3', input='320x180'),
    dict(block='v3', alpha='0.3', input='131x77'),
    dict(block='v1', alpha='0.5', decoder_alpha='0.25', stem_stride='2', upsample='pointwise', input='320x180'),
    dict(block='v2', alpha='0.3', stem_stride='2', upsample='bilinear', padding='zero', input='256x144'),
    dict(block='v3', alpha='0.25', stem_stride='2', upsample='pointwise', decoder_blocks='1', middle_blocks='2',
         input='131x77'),
    dict(block='v1', alpha='0.75', decoder_alpha='0.375', stem_stride='2', upsample='pointwise', stem_skip='1',
         input='131x77'),
]
TRAIN = [
    dict(block='v1', alpha='0.25', input='64x48'),
    dict(block='v3', alpha='0.3', input='96x80'),
    dict(block='v2', alpha='0.3', stem_stride='2', upsample='bilinear', padding='zero', input='77x67'),
    dict(block='v1', alpha='0.5', decoder_alpha='0.25', stem_stride='2', upsample='pointwise', input='83x67'),
    dict(block='v1', alpha='0.25', stem_stride='2', upsample='pointwise', stem_skip='1', input='83x67'),
]


def forward_case(case):
    w, h = map(int, case['input'].split('x'))
    net = Net(case)
    fill(net)
    net.eval()
    x = picture(1, h, w)
    with torch.no_grad():
        z = net.double()(x.double()).flatten()
    step = z.numel() // SAMPLES
    return dict(arch=case, scale=float(z.abs().max()), step=step, logits=[float('%.9g' % v) for v in z[::step]])


def run_training(case, batch, dtype, disturbed=0):
    w, h = map(int, case['input'].split('x'))
    net = Net(case)
    fill(net)
    net.train().to(dtype)
    x = picture(batch, h, w).to(dtype) * (1 + disturbed)
    g = (torch.from_numpy(noise('target', batch * h * w)).reshape(batch, 1, h, w) > 0.4).to(dtype)
    loss = loss_of(net(x), g)
    loss.backward()
    return net, loss


def conditioning(a, b):
    """The largest relative difference of a gradient between two runs: a ReLU6 flipped by rounding shows here."""
    return max(float((p.grad - q.grad.double()).norm() / max(p.grad.norm(), FLOOR))
               for (n, p), q in zip(a.named_parameters(), b.parameters()) if not n.endswith('.conv.bias'))


FLOOR = 1e-3  # gradients below it count as zero: a bias that a norm cancels


def train_case(case):
    """Looks for numbers on which float32 is well-conditioned: else a comparison within 1e-4 means nothing."""
    global SALT
    batch = 2
    for salt in range(400):
        SALT = str(salt)
        net, loss = run_training(case, batch, torch.float64)
        off = max(conditioning(net, run_training(case, batch, torch.float32)[0]),
                  conditioning(net, run_training(case, batch, torch.float64, 1e-6)[0]),
                  conditioning(net, run_training(case, batch, torch.float64, -1e-6)[0]))
        if off < 3e-5:
            break
    else:
        raise SystemExit('no well-conditioned numbers for %s' % case)
    print(case, 'salt', SALT, 'float32 is off by', off, file=sys.stderr)
    grads = {}
    for name, p in net.named_parameters():
        if name.endswith('.conv.bias'):
            continue  # cancelled by the norm behind it
        flat = p.grad.flatten()
        probe = torch.from_numpy(noise('probe ' + name, flat.numel())).double()
        grads[name] = [float('%.9g' % flat.norm()), float('%.9g' % (flat * probe).sum())]
    stats = {n: float('%.9g' % t.norm()) for n, t in net.state_dict().items() if 'running_' in n}
    return dict(arch=case, salt=SALT, batch=batch, loss=float('%.12g' % loss), gradients=grads, statistics=stats)


if __name__ == '__main__':
    torch.set_num_threads(1)
    print(json.dumps(dict(forward=[forward_case(c) for c in FORWARD], train=[train_case(c) for c in TRAIN]), indent=0))
