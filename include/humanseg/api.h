/** SECTION: api
 * Marks what the shared library exports; everything else in it is hidden. */
#pragma once

#define HSEG_API __attribute__((visibility("default")))
