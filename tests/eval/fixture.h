/* Folders of small pictures, and networks whose answer is known. */
#pragma once

#include "model/model.h"

typedef struct {
    char *dir; /* a temporary folder */
} Fixture;

void fixture_set_up(Fixture *f, gconstpointer unused);
void fixture_tear_down(Fixture *f, gconstpointer unused);

/* A network of 64 x 36 whose answer is @logit everywhere. */
HsegModel *fixture_constant_model(float logit);

/* A grey picture, ROOT/SET/images/NAME.png, with a mask whose upper @person_rows rows are person. */
void fixture_add_pair(const char *root, const char *set, const char *name, int width, int height,
                      int person_rows);

/* A black picture, ROOT/SET/NAME. */
void fixture_add_picture(const char *root, const char *set, const char *name, int width, int height);
