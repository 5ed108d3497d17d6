import Foundation

/// CLOCK_REALTIME in whole microseconds since the epoch, rounded down.
///
/// `Date()` goes through a `Double` of seconds since 2001, which can be off by a microsecond either
/// way: enough to call a job due before its time.
func wallClockMicroseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
