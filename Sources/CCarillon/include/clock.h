#pragma once
#include <stdint.h>

/// CLOCK_REALTIME in whole microseconds since the epoch, rounded down.
int64_t carillon_wall_clock_microseconds(void);
