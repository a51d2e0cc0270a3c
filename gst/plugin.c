/* The plugin: registers its one element. */
#include <gst/gst.h>

#include "gsthumanseg.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return GST_ELEMENT_REGISTER (humanseg, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, humanseg,
    "Cuts people out of video on an ordinary CPU", plugin_init, VERSION,
    "MIT/X11", "gst-humanseg", GST_PACKAGE_ORIGIN)
