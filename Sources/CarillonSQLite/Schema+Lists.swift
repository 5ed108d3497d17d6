extension Schema {
  /// Version 7: the jobs that failed or were cancelled, in the order of lists: few among many that
  /// were executed, which pay nothing for it. And a resource is found by its UUID alone.
  static let lists = """
    CREATE INDEX carillon_jobs_unsuccessful ON carillon_jobs (status)
      WHERE status = 'failed' OR status = 'cancelled';

    DROP INDEX carillon_jobs_resource;
    CREATE INDEX carillon_jobs_resource ON carillon_jobs (resource_uuid, resource_type);
    """
}
