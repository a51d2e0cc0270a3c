#include <humanseg/error.h>

G_DEFINE_QUARK(hseg - error - quark, hseg_error)
