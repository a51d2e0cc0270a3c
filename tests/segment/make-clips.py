#!/usr/bin/python3
"""Makes clips with ground truth, for settings that are to be chosen by measuring: pictures that were held back for
measuring are not for that.

    tests/segment/make-clips.py DATA/train OUT

Writes OUT/NN-MOTION/{images,masks}: people from vikram290 (their masks are soft) before backgrounds, who sit still,
breathe, sway, turn, walk, start up or leave, as a webcam sees them: noise, a flickering lamp, JPEG. Needs numpy and
PIL (python3-numpy, python3-pil).
"""
import io
import pathlib
import sys

import numpy as np
from PIL import Image

WIDTH, HEIGHT, FRAMES = 480, 270, 48

# How far to the right and down (pixels), how much larger, how many degrees round, at time t in 0 .. 1.
MOTIONS = {
    'still': lambda t: (0, 0, 1, 0),
    'breathes': lambda t: (0, 1.5 * np.sin(20 * t), 1 + 0.01 * np.sin(20 * t), 0),
    'sways': lambda t: (12 * np.sin(14 * t), 0, 1, 2 * np.sin(14 * t)),
    'turns': lambda t: (4 * np.sin(25 * t), 2 * np.sin(31 * t), 1 + 0.03 * np.sin(17 * t), 4 * np.sin(25 * t)),
    'walks': lambda t: (200 * t - 100, 2 * np.sin(40 * t), 1, 0),
    'starts': lambda t: (0 if t < 0.5 else 160 * (t - 0.5), 0, 1, 0),
}
NOISE = {'still': 3, 'breathes': 2, 'sways': 2, 'turns': 4, 'walks': 2, 'starts': 3}  # grey levels


def load_person(path):
    """[h][w][4] floats 0 .. 1 of the person alone, cut to its bounds."""
    mask = path.parent.parent / 'masks' / (path.stem + '.png')
    alpha = np.asarray(Image.open(mask).convert('L')) / 255
    rgba = np.dstack([np.asarray(Image.open(path).convert('RGB')) / 255, alpha])
    rows, columns = np.where(alpha.max(1) > 0.5)[0], np.where(alpha.max(0) > 0.5)[0]
    return rgba[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def place(rgba, motion):
    """The person on an empty frame, its feet (or chest) at the lower edge in the middle."""
    right, down, scale, degrees = motion
    scale *= 0.9 * HEIGHT / rgba.shape[0]
    c, s = np.cos(np.radians(degrees)) / scale, np.sin(np.radians(degrees)) / scale
    x, y = WIDTH / 2 + right, HEIGHT + 2 + down
    px, py = rgba.shape[1] / 2, rgba.shape[0]
    transform = (c, s, px - c * x - s * y, -s, c, py + s * x - c * y)
    premultiplied = np.dstack([rgba[..., :3] * rgba[..., 3:], rgba[..., 3:]])
    planes = [np.asarray(Image.fromarray(np.float32(premultiplied[..., i])).transform(
        (WIDTH, HEIGHT), Image.Transform.AFFINE, transform, Image.Resampling.BICUBIC)) for i in range(4)]
    return np.clip(np.dstack(planes), 0, 1)


def load_background(path):
    picture = Image.open(path).convert('RGB')
    scale = max(WIDTH / picture.width, HEIGHT / picture.height)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BICUBIC)
    return np.asarray(picture.crop((0, 0, WIDTH, HEIGHT))) / 255


def through_camera(rgb, noise, rng):
    rgb = 255 * rgb * rng.normal(1, 0.004) + rng.normal(0, noise, rgb.shape)
    jpeg = io.BytesIO()
    Image.fromarray(np.uint8(np.clip(rgb + 0.5, 0, 255))).save(jpeg, 'jpeg', quality=80)
    return Image.open(jpeg)


def make_clip(folder, motion, person, background, rng):
    for kind in 'images', 'masks':
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for i in range(FRAMES):
        layer = place(person, MOTIONS[motion](i / FRAMES))
        rgb = layer[..., :3] + (1 - layer[..., 3:]) * background
        through_camera(rgb, NOISE[motion], rng).save(folder / 'images' / f'{i:05}.png')
        Image.fromarray(np.uint8(255 * layer[..., 3] + 0.5)).save(folder / 'masks' / f'{i:05}.png')


def main(data, out):
    rng = np.random.default_rng(5)
    people = sorted((data / 'vikram290' / 'images').iterdir())
    backgrounds = sorted((data / 'backgrounds' / 'images').glob('bg_[dh]*'))  # rooms and streets
    for number in range(2 * len(MOTIONS)):
        motion = list(MOTIONS)[number % len(MOTIONS)]
        make_clip(out / f'{number:02}-{motion}', motion, load_person(people[rng.integers(len(people))]),
                  load_background(backgrounds[rng.integers(len(backgrounds))]), rng)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
