extension Schema {
  /// Who may ask over HTTP: digests of bearer tokens.
  static let tokens = """
    CREATE TABLE $schema.tokens (
      id text COLLATE "C" PRIMARY KEY CONSTRAINT token_id_named CHECK (id <> ''),
      name text NOT NULL,
      role text COLLATE "C" NOT NULL
        CONSTRAINT role_known CHECK (role IN ('viewer', 'operator', 'admin')),
      digest text COLLATE "C" NOT NULL
        CONSTRAINT digest_is_sha256 CHECK (length(digest) = 64),
      created_at timestamptz NOT NULL,
      revoked_at timestamptz
    );
    """
}
