extension Schema {
  /// Version 5: the newest failed attempts without a look at any other. Attempts that succeed pay
  /// nothing for it.
  static let failures = """
    CREATE INDEX carillon_attempts_failed ON carillon_attempts (ended_at, uuid, claim, fingerprint)
      WHERE fingerprint IS NOT NULL;
    """
}
