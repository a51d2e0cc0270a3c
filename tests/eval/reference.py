#!/usr/bin/env python3
"""Scores of a few made pictures, computed from their definitions and slowly: what test-reference.c holds the library to.

Prints C. Nothing here follows src/eval: AUROC is the Mann-Whitney statistic over mid-ranks (as scikit-learn's
roc_auc_score), the boundary's distances are measured from each edge pixel to every other, ratios of nothing to nothing are 1
(scikit-learn's zero_division=1). The pictures are made by the same few integer steps here and in the test."""
import math

# width, height, half axes of the true ellipse, shift of the predicted one, floor and height of its probability
PICTURES = [(96, 64, 20, 24, 0, 300, 2300), (96, 64, 21, 24, 3, 200, 2500), (96, 64, 25, 22, -4, 600, 1500),
            (61, 83, 0, 0, 0, 40, 0), (50, 40, 0, 0, 0, 900, 0), (40, 40, 90, 90, 0, 100, 2400)]
CLIP = 3  # the first pictures are frames of one clip


class Random:
    """A linear congruential generator, the upper half of its 32 bits."""

    def __init__(self):
        self.state = 12345

    def below(self, n):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 16) % n


def make(random, width, height, a, b, shift, floor, rise):
    """([truth 0..255], [probability]) row by row; probabilities lie in the middle of 4096 bins."""
    truth, probability = [], []
    for y in range(height):
        for x in range(width):
            dx, dy = 2 * x - width + 1, 2 * y - height + 1
            inside = (dx * b)**2 + (dy * a)**2 < (2 * a * b)**2
            near = ((dx - 2 * shift) * b)**2 + (dy * a)**2 < (2 * a * b)**2
            truth.append(128 + random.below(128) if inside else random.below(128))
            probability.append((2 * (floor + rise * near + random.below(1400)) + 1) / 8192)
    return truth, probability


def ratio(part, whole):
    return part / whole if whole else 1.0


def auroc(people, others):
    """The chance that a person's pixel is rated above a background pixel, ties half."""
    if not people or not others:
        return math.nan
    both = sorted([(p, 1) for p in people] + [(p, 0) for p in others])
    rank_sum, start = 0, 0
    while start < len(both):
        end = start
        while end < len(both) and both[end][0] == both[start][0]:
            end += 1
        rank_sum += (start + 1 + end) / 2 * sum(person for _, person in both[start:end])
        start = end
    return (rank_sum - len(people) * (len(people) + 1) / 2) / (len(people) * len(others))


def edges(mask, width, height):
    """Person's pixels with a background pixel beside, above or below them."""
    found = []
    for y in range(height):
        for x in range(width):
            around = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
            if mask[y * width + x] and any(0 <= u < width and 0 <= v < height and not mask[v * width + u] for u, v in around):
                found.append((x, y))
    return found


def near(these, those, width, height):
    reach = 0.0075 * math.hypot(width, height)
    return sum(any(math.hypot(x - u, y - v) <= reach for u, v in those) for x, y in these)


def count(width, height, truth, probability):
    """What can be added up over pictures."""
    person, predicted = [t >= 128 for t in truth], [p > 0.5 for p in probability]
    theirs, ours = edges(person, width, height), edges(predicted, width, height)
    pairs = list(zip(person, predicted))
    return {
        'tp': pairs.count((True, True)), 'fp': pairs.count((False, True)), 'fn': pairs.count((True, False)),
        'tn': pairs.count((False, False)),
        'people': [p for p, t in zip(probability, person) if t], 'others': [p for p, t in zip(probability, person) if not t],
        'ours': len(ours), 'ours_near': near(ours, theirs, width, height),
        'theirs': len(theirs), 'theirs_near': near(theirs, ours, width, height),
        'empty': 0 if any(person) else len(person), 'empty_marked': 0 if any(person) else sum(predicted),
    }


def score(c):
    """The scores in the order of HsegScores."""
    tp, fp, fn, tn = c['tp'], c['fp'], c['fn'], c['tn']
    iou = ratio(tp, tp + fp + fn)
    precision, recall = ratio(c['ours_near'], c['ours']), ratio(c['theirs_near'], c['theirs'])
    if not c['ours'] or not c['theirs']:
        boundary = float(c['ours'] == c['theirs'])
    else:
        boundary = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return [iou, (iou + ratio(tn, tn + fp + fn)) / 2, ratio(2 * tp, 2 * tp + fp + fn), (tp + tn) / (tp + fp + fn + tn),
            ratio(tp, tp + fp), ratio(tp, tp + fn), auroc(c['people'], c['others']), boundary,
            c['empty_marked'] / c['empty'] if c['empty'] else math.nan]


def change(one, two):
    either = sum(a or b for a, b in zip(one, two))
    return 1 - sum(a and b for a, b in zip(one, two)) / either if either else 0.0


def temporal(frames):
    """flicker, change of the prediction, of the truth, dtSSD: means over neighbouring frames."""
    rows = []
    for (truth0, probability0), (truth1, probability1) in zip(frames, frames[1:]):
        ours = change([p > 0.5 for p in probability0], [p > 0.5 for p in probability1])
        theirs = change([t >= 128 for t in truth0], [t >= 128 for t in truth1])
        squares = [(q - p - (t - s) / 255)**2 for s, t, p, q in zip(truth0, truth1, probability0, probability1)]
        rows.append([max(ours - theirs, 0), ours, theirs, math.sqrt(math.fsum(squares) / len(squares))])
    return [math.fsum(column) / len(rows) for column in zip(*rows)]


def c_array(name, values):
    return f'static const double {name}[] = {{{", ".join("NAN" if math.isnan(v) else repr(v) for v in values)}}};'


def main():
    random = Random()
    pictures = [make(random, *p) for p in PICTURES]
    counts = [count(p[0], p[1], *made) for p, made in zip(PICTURES, pictures)]
    pool = {key: sum((c[key] for c in counts), type(counts[0][key])()) for key in counts[0]}
    columns = [[v for v in column if not math.isnan(v)] for column in zip(*map(score, counts))]
    print('static const int pictures[][7] = {')
    for picture in PICTURES:
        print(f'    {{{", ".join(map(str, picture))}}},')
    print('};')
    print(f'enum {{ CLIP = {CLIP} }};')
    print(c_array('pooled', score(pool)))
    print(c_array('mean', [math.fsum(column) / len(column) for column in columns]))
    print(c_array('over_time', temporal(pictures[:CLIP])))


if __name__ == '__main__':
    main()
