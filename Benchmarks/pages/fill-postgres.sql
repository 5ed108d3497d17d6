-- :jobs jobs in the schema carillon, which is empty: all executed within five days, but for some.
-- Among the oldest tenth: 10 000 that are due in a month, 12 that failed and 12 that were cancelled.
-- In the middle: 5 of the queue `rare`. Among the newest: every thousandth failed, and 10 000 that
-- nobody has a handler for.
SET synchronous_commit = off;
CREATE TEMP TABLE made AS SELECT i,
  (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(i::text), 1, 19))::uuid AS uuid,
  at,
  CASE
    WHEN i <= 10000 THEN 'pending'
    WHEN i % 10 = 0 AND i <= 10120 THEN 'failed'
    WHEN i % 10 = 1 AND i <= 10120 THEN 'cancelled'
    WHEN i > :jobs - 10000 THEN 'held'
    WHEN i > :jobs * 0.9 AND i % 1000 = 0 THEN 'failed'
    ELSE 'executed'
  END AS kind,
  CASE
    WHEN i > :jobs / 2 AND i <= :jobs / 2 + 5 THEN 'rare'
    ELSE (ARRAY['default', 'mail', 'images'])[1 + i % 3]
  END AS queue
FROM (
  SELECT i, now() - interval '5 days' * (1 - i / :jobs::float8) AS at
  FROM generate_series(1, :jobs) i
) made;

INSERT INTO carillon.jobs (uuid, run, job_type, handler_module, resource_type, resource_uuid, args,
  args_version, queue, priority, scheduled_at, run_at, hold, held_at, status, attempts, max_attempts,
  failures, snoozes, crashes, executed_at, finished_at, last_error, reason, inserted_at, updated_at,
  claim, content)
SELECT uuid, 1, 'publish_post',
  CASE WHEN kind = 'held' THEN 'Away.PublishPost' ELSE 'Pages.PublishPost' END, 'post',
  md5((i / 3)::text)::uuid, json_build_object('n', i, 'to', 'reader' || i % 1000), 1, queue, 0, at,
  CASE WHEN kind = 'pending' THEN now() + interval '30 days' ELSE at END,
  CASE WHEN kind = 'held' THEN 'unresolved' END, CASE WHEN kind = 'held' THEN at END,
  CASE kind WHEN 'held' THEN 'pending' ELSE kind END,
  CASE WHEN kind IN ('executed', 'failed') THEN 1 ELSE 0 END, 3,
  CASE WHEN kind = 'failed' THEN 1 ELSE 0 END, 0, 0,
  CASE WHEN kind = 'executed' THEN at END,
  CASE WHEN kind IN ('executed', 'failed', 'cancelled') THEN at END,
  CASE WHEN kind = 'failed' THEN 'The server answered 503: ' || i % 7 END,
  CASE WHEN kind = 'cancelled' THEN 'not wanted' END, at, at, 1, i
FROM made ORDER BY i;

INSERT INTO carillon.attempts (uuid, claim, number, node, started_at, ended_at, outcome, error,
  fingerprint)
SELECT uuid, 1, 1, '00000000-0000-7000-8000-000000000001', at - interval '1 s', at,
  CASE kind WHEN 'executed' THEN 'ok' ELSE 'error' END,
  CASE WHEN kind = 'failed' THEN 'The server answered 503: ' || i % 7 END,
  CASE WHEN kind = 'failed' THEN 'f' || i % 7 END
FROM made WHERE kind IN ('executed', 'failed');

INSERT INTO carillon.totals (status, queue, handler_module, resource_type, jobs)
SELECT status, queue, handler_module, resource_type, count(*) FROM carillon.jobs GROUP BY 1, 2, 3, 4;

INSERT INTO carillon.minute_counts (minute, queue, handler_module, outcome, attempts, wait_buckets,
  run_buckets)
SELECT (extract(epoch FROM at) / 60)::bigint, queue, 'Pages.PublishPost', 'ok', count(*), '0 0 0 0 ' || count(*), '0 0 0 ' || count(*)
FROM made WHERE kind = 'executed' GROUP BY 1, 2;

INSERT INTO carillon.audit (uuid, at, source, action, target_kind, target, detail, actor)
SELECT uuid, at, 'http', 'cancel', 'job', uuid::text, '{}', 'ada' FROM made WHERE i % 250 = 0;
VACUUM ANALYZE carillon.jobs, carillon.attempts, carillon.totals, carillon.audit,
  carillon.minute_counts;
CHECKPOINT;
