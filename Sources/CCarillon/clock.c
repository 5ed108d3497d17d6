#include "clock.h"

#include <time.h>

// In C because Swift's import of `timespec` differs between platforms and build modes, and because
// Foundation's `Date` goes through a `double` of seconds, which can be off by a microsecond either
// way: enough to call a job due before its time.
int64_t carillon_wall_clock_microseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec * 1000000 + (int64_t)time.tv_nsec / 1000;
}
