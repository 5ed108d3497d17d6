extension Schema {
  /// Who may ask over HTTP: digests of bearer tokens.
  static let tokens = """
    CREATE TABLE carillon_tokens (
      id TEXT PRIMARY KEY NOT NULL CONSTRAINT token_id_named CHECK (id <> ''),
      name TEXT NOT NULL,
      role TEXT NOT NULL CONSTRAINT role_known
        CHECK (role = 'viewer' OR role = 'operator' OR role = 'admin'),
      digest TEXT NOT NULL CONSTRAINT digest_is_sha256 CHECK (length(digest) = 64),
      created_at INTEGER NOT NULL,
      revoked_at INTEGER
    ) STRICT, WITHOUT ROWID;
    """
}
