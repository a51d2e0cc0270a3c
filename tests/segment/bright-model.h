/* A network that was not trained but set by hand: what is bright is a person. Its masks can be foretold, so
 * tests of what stands around a network need no weights. */
#pragma once

#include <glib.h>

/* Writes the model to @path as a .safetensors file. Its logit is 20 * (mean of R, G and B, -1 .. 1), at half
 * the size of its input, which is 160 x 90. */
void bright_model_write(const char *path);
