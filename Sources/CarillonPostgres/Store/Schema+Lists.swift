extension Schema {
  /// The jobs that failed or were cancelled, in the order of lists: few among many that were executed.
  /// Jobs that are executed pay nothing for it.
  static let lists = """
    CREATE INDEX jobs_unsuccessful ON $schema.jobs (status, seq)
      WHERE status IN ('failed', 'cancelled');
    """
}
