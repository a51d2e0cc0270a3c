/* A training set of small made-up pictures, in memory or in a folder. */
#pragma once

#include "train/trainset.h"

/* A picture of @w x @h pixels whose red channel equals its mask, an ellipse with a soft rim about its middle;
 * green and blue are a pattern. */
HsegPicture *fixture_picture(int w, int h);

/* An item of a picture of four channels, which it takes; its people found. */
HsegTrainItem *fixture_item(HsegPicture *rgbm);
void fixture_item_free(HsegTrainItem *item);

/* Saves the image, or the mask, of fixture_picture() at DIR/@path; folders are made on the way. */
void fixture_save_image(const char *dir, const char *path, int w, int h);
void fixture_save_mask(const char *dir, const char *path, int w, int h);
void fixture_save_cutout(const char *dir, const char *path, int w, int h);

/* A new folder with @pairs pairs in DIR/set, three backgrounds and two cut-outs. */
char *fixture_folder(int pairs);

/* Removes a folder and all in it, and frees its name. */
void fixture_folder_free(char *dir);

HsegTrainSet *fixture_load(const char *dir, double val_share, int threads, GError **error);
