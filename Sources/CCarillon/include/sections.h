#ifndef C_CARILLON_SECTIONS_H
#define C_CARILLON_SECTIONS_H

/// The bounds of one section of the running image: `start` is its first byte, `stop` the byte after
/// its last. Both are null where the image has no such section.
typedef struct {
  const void *_Nullable start;
  const void *_Nullable stop;
} CarillonSectionBounds;

/// The Swift conformance records of the image that this library is linked into. The memory is
/// read-only and lives as long as the process.
CarillonSectionBounds carillon_conformance_records(void);

#endif
