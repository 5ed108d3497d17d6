extension Schema {
  /// Version 7: jobs by status in the order of lists, where there may be few among millions that were
  /// executed. A job pays for it when it is stored, once more if it doesn't succeed, and not when it is
  /// claimed or executed; running jobs are few, and have an index of their own.
  static let lists = """
    CREATE INDEX jobs_by_status ON $schema.jobs (status, seq)
      WHERE status IN ('pending', 'failed', 'cancelled');

    """
}
