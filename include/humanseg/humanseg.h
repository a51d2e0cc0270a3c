/** SECTION: humanseg
 * All of the library: load a model, make a segmenter and a compositor for a frame's size and format, run
 * both. */
#pragma once

#include <humanseg/backdrop.h>
#include <humanseg/compositor.h>
#include <humanseg/error.h>
#include <humanseg/image.h>
#include <humanseg/model.h>
#include <humanseg/segmenter.h>
#include <humanseg/version.h>
