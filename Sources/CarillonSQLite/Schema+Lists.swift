extension Schema {
  /// Version 7: jobs by status in the order of lists, where there may be few among a million that were
  /// executed; running jobs are few, and have an index of their own. And a resource is found by its
  /// UUID alone.
  static let lists = """
    CREATE INDEX carillon_jobs_by_status ON carillon_jobs (status)
      WHERE status = 'pending' OR status = 'failed' OR status = 'cancelled';

    DROP INDEX carillon_jobs_resource;
    CREATE INDEX carillon_jobs_resource ON carillon_jobs (resource_uuid, resource_type);
    """
}
