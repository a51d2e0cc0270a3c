#!/usr/bin/python3
"""Writes losses.json: what PyTorch computes for the losses, for tests/train/test-loss.c.

Run by hand when a case is added (Debian's python3-torch and python3-scipy):
tests/train/golden/make-losses.py > tests/train/golden/losses.json

Three images of 12 x 9 pixels: nobody, a hard mask, a soft one. The distance map is SciPy's, in the form of Kervadec's
reference code, over its largest magnitude.
"""
import json

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import distance_transform_edt

IMAGES, H, W = 3, 9, 12


def rounded(t):
    return [float('%.9g' % v) for v in t.flatten().tolist()]


def targets():
    g = np.zeros((IMAGES, H, W))
    y, x = np.mgrid[:H, :W]
    g[1] = (x - 4) ** 2 + (y - 4) ** 2 <= 10
    g[2] = np.clip(3.3 - np.hypot(x - 7.2, 1.4 * (y - 5)), 0, 1)
    return torch.from_numpy(np.round(g * 255) / 255)


def distance_map(g):
    phi = np.zeros(g.shape)
    for i, mask in enumerate(g.numpy() >= 0.5):
        if mask.any() and not mask.all():
            phi[i] = distance_transform_edt(~mask) * ~mask - (distance_transform_edt(mask) - 1) * mask
            phi[i] /= np.abs(phi[i]).max()
    return torch.from_numpy(phi)


def bce(z, g, phi):
    return F.binary_cross_entropy_with_logits(z, g)


def tversky(z, g, phi):
    p = torch.sigmoid(z)
    tp, fp, fn = (p * g).sum((1, 2)), (p * (1 - g)).sum((1, 2)), ((1 - p) * g).sum((1, 2))
    return torch.where(g.sum((1, 2)) > 0, 1 - (tp + 1) / (tp + 0.3 * fp + 0.7 * fn + 1), 0 * tp).mean()


def empty(z, g, phi):
    pixels = F.binary_cross_entropy_with_logits(z, g, reduction='none')
    cubic = (pixels ** 3).mean((1, 2)) ** (1 / 3)
    return tversky(z, g, phi) + torch.where(g.sum((1, 2)) > 0, 0 * cubic, 0.5 * cubic).mean()


def generalised_dice(z, g, phi):
    p = torch.stack([1 - torch.sigmoid(z), torch.sigmoid(z)], 1).flatten(2)
    t = torch.stack([1 - g, g], 1).flatten(2)
    size = t.sum(2)
    weight = 1 / size.clamp(min=1e-30) ** 2
    weight = torch.where(size > 0, weight, weight.flip(1))
    return (1 - 2 * (weight * (p * t).sum(2)).sum(1) / (weight * (p + t).sum(2)).sum(1)).mean()


def boundary(z, g, phi):
    return (phi * torch.sigmoid(z)).mean()


def case(name, loss, z, g, phi):
    z = z.clone().requires_grad_()
    value = loss(z, g, phi)
    value.backward()
    return dict(name=name, value=float('%.12g' % value), gradient=rounded(z.grad))


def main():
    torch.manual_seed(1)
    z = (3 * torch.randn(IMAGES, H, W, dtype=torch.float64)).float().double()
    g = targets().float().double()
    phi = distance_map(g)
    losses = dict(bce=bce, tversky=tversky, empty=empty, gdl=generalised_dice, boundary=boundary,
                  mixed=lambda *a: 0.75 * (0.6 * bce(*a) + 0.4 * generalised_dice(*a)) + 0.25 * boundary(*a))
    print(json.dumps(dict(images=IMAGES, height=H, width=W, z=rounded(z), target=rounded(g), phi=rounded(phi),
                          losses=[case(n, f, z, g, phi) for n, f in losses.items()])))


if __name__ == '__main__':
    main()
