import Testing

/// Everything that needs real processes: one after another, for they measure time.
@Suite(.serialized) struct ProcessTests {}
