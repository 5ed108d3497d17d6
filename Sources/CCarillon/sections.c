#include "sections.h"

#if defined(__APPLE__)

#include <mach-o/getsect.h>
#include <mach-o/ldsyms.h>

// Mach-O has no symbols for the ends of a section, but the loader's library can look one up by the
// header of its image. `__dso_handle` is the header of the image this file is linked into.
extern const struct mach_header_64 __dso_handle;

CarillonSectionBounds carillon_conformance_records(void) {
  unsigned long size = 0;
  const unsigned char *start = getsectiondata(&__dso_handle, "__TEXT", "__swift5_proto", &size);
  CarillonSectionBounds bounds = {start, start ? start + size : start};
  return bounds;
}

#else

// A linker for ELF defines these two for every section whose name is a C identifier. Weak: an image
// without conformances has no such section, and both are then null rather than an error at link
// time. Hidden: another image's section of the same name is never meant.
extern const char __start_swift5_protocol_conformances[]
    __attribute__((weak, visibility("hidden")));
extern const char __stop_swift5_protocol_conformances[]
    __attribute__((weak, visibility("hidden")));

CarillonSectionBounds carillon_conformance_records(void) {
  CarillonSectionBounds bounds = {
      __start_swift5_protocol_conformances,
      __stop_swift5_protocol_conformances,
  };
  return bounds;
}

#endif
