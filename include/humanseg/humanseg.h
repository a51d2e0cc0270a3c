/**
 * @file
 * All of the library: load a model, make a segmenter and a compositor for a frame's size and format, run
 * both.
 *
 * @mainpage libhumanseg
 * Cuts people out of pictures and video on an ordinary CPU: a frame goes in, the mask of the people in it
 * comes out
 * (@ref segmenter.h), and frame and mask make a picture with another background (@ref compositor.h).
 *
 *     cc picture.c $(pkg-config --cflags --libs humanseg gdk-pixbuf-2.0)
 *
 * @include picture.c
 *
 * What can fail, fails when things are set up, with a GError of the domain #HSEG_ERROR whose message names
 * the file or the number that is wrong. A frame's way allocates nothing and cannot fail. Arguments that the
 * documentation rules out (NULL where it does not say that it may be, a frame of another size than was asked
 * for) are a program's own fault, and not looked for on that way.
 *
 * A segmenter and a compositor belong to one stream and one thread at a time; a model and a backdrop may be
 * shared by any number. Two segmenters have nothing writable in common.
 */
#pragma once

#include <humanseg/backdrop.h>
#include <humanseg/compositor.h>
#include <humanseg/error.h>
#include <humanseg/image.h>
#include <humanseg/model.h>
#include <humanseg/segmenter.h>
#include <humanseg/version.h>
