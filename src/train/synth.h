/* Synthesis: cut-out people put before a background. */
#pragma once

#include "base/rng.h"
#include "train/trainset.h"
#include "train/warp.h"

/* Puts @person before what is on @canvas, at a random place and size after the client's placement:
 * its colours are changed on their own and its alpha a becomes a' = gauss(a) * a, so that no edge is sharper
 * than a camera's; canvas = a' person + (1 - a') canvas, mask = a' + (1 - a') mask. Sides where @person was
 * cut off by its picture's edge come to lie at or beyond the canvas's. @layer: of the same capacity. */
void hseg_synth_add(HsegCanvas *canvas, HsegCanvas *layer, HsegRng *rng, const HsegTrainItem *person,
                    float height);

/* A height for a person, as a part of the canvas's: 0.35 .. 2.2, busts 0.5 .. 1.3. */
float hseg_synth_height(HsegRng *rng, const HsegTrainItem *person);
