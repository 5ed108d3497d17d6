extension Schema {
  /// Version 5: the newest failed attempts without a look at any other. Attempts that succeed pay
  /// nothing for it.
  static let failures = """
    CREATE INDEX attempts_failed ON $schema.attempts (ended_at, uuid, claim) INCLUDE (fingerprint)
      WHERE fingerprint IS NOT NULL;

    """
}
