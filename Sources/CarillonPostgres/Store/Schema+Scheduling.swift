extension Schema {
  /// The functions with which an application schedules in its own transaction.
  ///
  /// `schedule` is for people who write SQL: it fills in what the handler's published entry says, and
  /// checks what `JobRequest` checks. `store` is what it and `PostgresStore.schedulingStatement` come
  /// down to.
  ///
  /// Made in version 1, and again in version 7, which compares more of a repeated request: it stands in
  /// the last migration that changed it, and replaces what an earlier one has made.
  ///
  /// Each looks up names in `pg_catalog` alone: a function of another schema that fits a call better
  /// than PostgreSQL's own would run with the caller's rights.
  static let scheduling = #"""
    CREATE OR REPLACE FUNCTION $schema.store(
      uuid uuid, job_type text, handler_module text, resource_type text, resource_uuid uuid,
      args json, args_version bigint, queue text, priority bigint, max_attempts bigint,
      scheduled_at timestamptz, delay interval, created_by_uuid uuid, trace_context text,
      content bigint
    ) RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
    #variable_conflict use_column
    DECLARE
      instant timestamptz := clock_timestamp();
      due timestamptz := coalesce(store.scheduled_at, instant + coalesce(store.delay, '0'));
      known record;
      is_same boolean;
    BEGIN
      INSERT INTO $schema.jobs (
        uuid, run, job_type, handler_module, resource_type, resource_uuid, args, args_version,
        queue, priority, scheduled_at, run_at, status, attempts, max_attempts, failures, snoozes,
        crashes, created_by_uuid, inserted_at, updated_at, claim, trace_context, content
      ) VALUES (
        store.uuid, 1, store.job_type, store.handler_module, store.resource_type,
        store.resource_uuid, store.args, store.args_version, store.queue, store.priority, due, due,
        'pending', 0, store.max_attempts, 0, 0, 0, store.created_by_uuid, instant, instant, 0,
        store.trace_context, store.content
      ) ON CONFLICT ON CONSTRAINT jobs_uuid DO NOTHING;
      IF FOUND THEN
        INSERT INTO $schema.totals_changes (status, queue, handler_module, resource_type, jobs)
        VALUES ('pending', store.queue, store.handler_module, store.resource_type, 1);
        RETURN store.uuid;
      END IF;
      -- The same request again answers with the job that there is.
      SELECT * INTO known FROM $schema.jobs j WHERE j.uuid = store.uuid;
      is_same := CASE
        WHEN known.content IS NOT NULL AND store.content IS NOT NULL
        THEN known.content = store.content
        ELSE (known.job_type, known.handler_module, known.resource_type, known.resource_uuid)
          = (store.job_type, store.handler_module, store.resource_type, store.resource_uuid)
          AND (known.args::text = store.args::text OR known.args::jsonb = store.args::jsonb)
          -- Without its content the request comes from `schedule`, which knows what was said in it.
          AND (store.content IS NULL
            OR (known.queue, known.priority, known.max_attempts)
              = (store.queue, store.priority, store.max_attempts)
            AND known.scheduled_at = coalesce(store.scheduled_at, known.scheduled_at))
        END;
      IF is_same IS NOT TRUE THEN
        RAISE unique_violation USING
          MESSAGE = format('a job %s exists already, with other content', store.uuid),
          HINT = 'Use a new uuid, or repeat the request exactly as it was.';
      END IF;
      RETURN store.uuid;
    END $body$;

    CREATE OR REPLACE FUNCTION $schema.schedule(
      handler text, resource_uuid uuid, scheduled_at timestamptz DEFAULT NULL,
      args json DEFAULT '{}', queue text DEFAULT NULL, priority integer DEFAULT NULL,
      max_attempts integer DEFAULT NULL, uuid uuid DEFAULT NULL, job_type text DEFAULT NULL,
      resource_type text DEFAULT NULL
    ) RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
    #variable_conflict use_column
    DECLARE
      found_handler record;
      candidates bigint;
      name text;
      value text;
      new_uuid uuid;
    BEGIN
      IF schedule.handler IS NULL OR schedule.resource_uuid IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'handler and resource_uuid must be given';
      END IF;
      -- By name first, then by an older name, then by job type: the newest that was published.
      SELECT h.*, CASE WHEN h.handler_module = schedule.handler THEN 0
        WHEN schedule.handler = ANY (h.aliases) THEN 1 ELSE 2 END AS rank
      INTO found_handler
      FROM $schema.handlers h
      WHERE (h.handler_module = schedule.handler OR schedule.handler = ANY (h.aliases)
          OR h.job_type = schedule.handler)
        AND (schedule.resource_type IS NULL OR h.resource_type = schedule.resource_type)
        AND (schedule.job_type IS NULL OR h.job_type = schedule.job_type)
      ORDER BY rank, h.published_at DESC, h.handler_module, h.resource_type LIMIT 1;
      IF found_handler.handler_module IS NULL
        AND (schedule.job_type IS NULL OR schedule.resource_type IS NULL)
      THEN
        RAISE invalid_parameter_value USING
          MESSAGE = format('no node has ever published a handler %L', schedule.handler),
          HINT = 'Give its qualified name or job type, start a node that has it, or give both '
            'job_type and resource_type.';
      END IF;
      FOR name, value IN VALUES
        ('job_type', coalesce(schedule.job_type, found_handler.job_type)),
        ('handler', schedule.handler),
        ('resource_type', coalesce(schedule.resource_type, found_handler.resource_type)),
        ('queue', coalesce(schedule.queue, found_handler.queue, 'default'))
      LOOP
        IF value = '' THEN
          RAISE invalid_parameter_value USING MESSAGE = format('%s is empty; a job needs one', name);
        ELSIF octet_length(value) > 512 THEN
          RAISE invalid_parameter_value USING
            MESSAGE = format('%s has %s bytes; the limit is 512', name, octet_length(value));
        ELSIF value ~ '[\x01-\x1f\x7f]' THEN
          RAISE invalid_parameter_value USING
            MESSAGE = format('%s holds a control character; use printable text', name);
        END IF;
      END LOOP;
      IF schedule.priority < 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = format(
          'priority %s is out of range; it goes from 0 (default) to 2147483647, higher first',
          schedule.priority);
      END IF;
      IF schedule.max_attempts NOT BETWEEN 1 AND 1000000 THEN
        RAISE invalid_parameter_value USING MESSAGE = format(
          'max_attempts %s is out of range; it goes from 1 to 1000000', schedule.max_attempts);
      END IF;
      IF schedule.scheduled_at NOT BETWEEN '0001-01-01T00:00:00Z'
        AND '9999-12-31T23:59:59.999999Z'
      THEN
        RAISE invalid_parameter_value USING
          MESSAGE = 'scheduled_at lies outside the years 0001 to 9999';
      END IF;
      IF octet_length(schedule.args::text) > 1048576 THEN
        RAISE invalid_parameter_value USING MESSAGE = format(
          'args has %s bytes; the limit is 1048576', octet_length(schedule.args::text)),
          HINT = 'Store the data elsewhere and give its identity.';
      END IF;
      BEGIN
        IF schedule.args IS NULL OR jsonb_typeof(schedule.args::jsonb) <> 'object' THEN
          RAISE invalid_parameter_value USING
            MESSAGE = 'args must be a JSON object, such as {"notify":true}';
        ELSIF jsonb_path_exists(schedule.args::jsonb, '$.**{129}') THEN
          RAISE invalid_parameter_value USING MESSAGE = 'args is nested more than 128 levels deep';
        ELSIF EXISTS (
          WITH RECURSIVE part (json) AS (
            SELECT schedule.args
            UNION ALL
            SELECT child.json FROM part CROSS JOIN LATERAL (
              SELECT m.value AS json FROM json_each(
                CASE json_typeof(part.json) WHEN 'object' THEN part.json END) m
              UNION ALL
              SELECT e.value FROM json_array_elements(
                CASE json_typeof(part.json) WHEN 'array' THEN part.json END) e
            ) child WHERE json_typeof(child.json) IN ('object', 'array')
          )
          SELECT FROM part CROSS JOIN LATERAL (
            SELECT FROM json_object_keys(
              CASE json_typeof(part.json) WHEN 'object' THEN part.json END) k
            GROUP BY k HAVING count(*) > 1
          ) twice
        ) THEN
          RAISE invalid_parameter_value USING
            MESSAGE = 'args has an object with two members of one name';
        END IF;
      EXCEPTION WHEN untranslatable_character OR invalid_text_representation THEN
        RAISE invalid_parameter_value USING
          MESSAGE = format('args holds text that can''t be stored: %s', SQLERRM);
      END;
      -- A UUID of version 7: milliseconds first, the rest random.
      new_uuid := coalesce(schedule.uuid, encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid()) PLACING
        substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid);
      PERFORM $schema.store(
        new_uuid, coalesce(schedule.job_type, found_handler.job_type),
        -- A name, or an older one, stays as it was given; a job type becomes the name.
        CASE WHEN found_handler.rank = 2 THEN found_handler.handler_module
        ELSE schedule.handler END,
        coalesce(schedule.resource_type, found_handler.resource_type), schedule.resource_uuid,
        schedule.args, 1, coalesce(schedule.queue, found_handler.queue, 'default'),
        coalesce(schedule.priority, found_handler.priority, 0),
        coalesce(schedule.max_attempts, found_handler.max_attempts, 3), schedule.scheduled_at,
        NULL, NULL, NULL, NULL);
      -- What was said is compared with a job that there was already; what wasn't said comes from the
      -- handler, and may be another now.
      IF schedule.uuid IS NOT NULL AND EXISTS (
        SELECT FROM $schema.jobs j WHERE j.uuid = schedule.uuid
          AND (j.scheduled_at <> schedule.scheduled_at OR j.queue <> schedule.queue
            OR j.priority <> schedule.priority OR j.max_attempts <> schedule.max_attempts))
      THEN
        RAISE unique_violation USING
          MESSAGE = format('a job %s exists already, with other content', schedule.uuid),
          HINT = 'It has another time, queue, priority or max_attempts. Use a new uuid, or repeat '
            'the request exactly as it was.';
      END IF;
      RETURN new_uuid;
    END $body$;

    """#
}
