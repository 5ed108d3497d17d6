"""Fills an empty store of SQLite with as many jobs as told; which ones, fill-postgres.sql says.

    fill-sqlite.py FILE JOBS
"""
import hashlib, json, sqlite3, sys, time, uuid

path, jobs = sys.argv[1], int(sys.argv[2])
now = time.time_ns() // 1000
day = 86_400_000_000


def made():
    for i in range(1, jobs + 1):
        at = now - int(5 * day * (1 - i / jobs))
        digest = hashlib.md5(str(i).encode()).hexdigest()
        if i <= 10_000: kind = "pending"
        elif i <= 10_120 and i % 10 == 0: kind = "failed"
        elif i <= 10_120 and i % 10 == 1: kind = "cancelled"
        elif i > jobs - 10_000: kind = "held"
        elif i > jobs * 0.9 and i % 1000 == 0: kind = "failed"
        else: kind = "executed"
        queue = "rare" if jobs // 2 < i <= jobs // 2 + 5 else ("default", "mail", "images")[i % 3]
        yield i, bytes.fromhex(f"{at // 1000:012x}7{digest[:19]}"), at, kind, queue


def job(row):
    i, name, at, kind, queue = row
    ended = kind in ("executed", "failed", "cancelled")
    error = f"The server answered 503: {i % 7}" if kind == "failed" else None
    return (
        name, 1, "publish_post", "Away.PublishPost" if kind == "held" else "Pages.PublishPost", "post",
        hashlib.md5(str(i // 3).encode()).digest(), json.dumps({"n": i, "to": f"reader{i % 1000}"}), 1,
        queue, 0, at, now + 30 * day if kind == "pending" else at,
        "unresolved" if kind == "held" else None, at if kind == "held" else None,
        "pending" if kind == "held" else kind, int(kind in ("executed", "failed")), 3,
        int(kind == "failed"), 0, 0, at if kind == "executed" else None, at if ended else None, error,
        "not wanted" if kind == "cancelled" else None, at, at, 1, i)


columns = """uuid, run, job_type, handler_module, resource_type, resource_uuid, args, args_version, queue,
  priority, scheduled_at, run_at, hold, held_at, status, attempts, max_attempts, failures, snoozes,
  crashes, executed_at, finished_at, last_error, reason, inserted_at, updated_at, claim, content"""
store = sqlite3.connect(path)
with store:
    marks = ", ".join("?" * len(columns.split(",")))
    store.executemany(f"INSERT INTO carillon_jobs ({columns}) VALUES ({marks})", map(job, made()))
    store.executemany(
        """INSERT INTO carillon_attempts (uuid, claim, number, node, started_at, ended_at, outcome,
          error, fingerprint) VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?)""",
        ((name, uuid.UUID(int=1).bytes, at - 1_000_000, at, *(
            ("ok", None, None) if kind == "executed" else
            ("error", f"The server answered 503: {i % 7}", f"f{i % 7}")))
         for i, name, at, kind, _ in made() if kind in ("executed", "failed")))
    store.execute(
        """INSERT INTO carillon_totals SELECT status, queue, handler_module, resource_type, count(*)
          FROM carillon_jobs GROUP BY 1, 2, 3, 4""")
    store.execute(
        """INSERT INTO carillon_minute_counts SELECT finished_at / 60000000, queue, handler_module,
          'ok', count(*), '0 0 0 0 ' || count(*), '0 0 0 ' || count(*) FROM carillon_jobs
          WHERE status = 'executed' GROUP BY 1, 2""")
    store.executemany(
        """INSERT INTO carillon_audit (uuid, at, source, action, target_kind, target, detail, actor)
          VALUES (?, ?, 'http', 'cancel', 'job', ?, '{}', 'ada')""",
        ((name, at, str(uuid.UUID(bytes=name))) for i, name, at, _, _ in made() if i % 250 == 0))
