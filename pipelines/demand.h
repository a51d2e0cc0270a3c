/* A camera that is on only while somebody watches. */
#pragma once

#include <gst/gst.h>

typedef struct Demand Demand;

/* @pipeline: from an appsrc called `frames`, with fixed caps of YUY2, to a sink called `watched`, which takes
 * frames only while somebody watches. @line: (transfer none): of a pipeline to an appsink called `frames`,
 * with the same caps, which is made and played once frames are taken. Its errors and warnings are posted as
 * @pipeline's, and the end of the stream once none are taken any more. To be called before that plays. */
Demand *demand_new(GstElement *pipeline, char **line);

/* Accepts NULL. The pipeline has to be at rest. */
void demand_free(Demand *d);
