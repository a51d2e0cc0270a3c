/**
 * @file
 * Marks what the shared library exports; everything else in it is hidden.
 */
#pragma once

/** A function of the library's public interface. */
#define HSEG_API __attribute__((visibility("default")))
