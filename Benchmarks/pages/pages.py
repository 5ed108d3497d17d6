"""Times the dashboard's pages, or keeps dashboards open.

    pages.py times ADDRESS ROUNDS     p50 and p95 of every page, in ms
    pages.py watch ADDRESS COUNT      keeps so many Overviews and Jobs pages open, until it is ended:
                                      each listens for events and looks again as the script does
"""
import http.client, json, sys, threading, time, urllib.parse

mode, address, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def get(connection, path):
    start = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "*/*"})
    answer = connection.getresponse()
    body = answer.read()
    return answer.status, body, (time.perf_counter() - start) * 1000


def times():
    connection = http.client.HTTPConnection(address)
    job = json.loads(get(connection, "/api/v1/jobs?limit=1&filter=status:executed")[1])["jobs"][0]
    resource = f"resource:{job['resource_type']}/{job['resource_uuid']}"
    filters = [
        "", "status:executed", "status:pending", "status:failed", "status:cancelled",
        "status:processing", "hold:unresolved", "queue:mail", "queue:rare", "queue:none",
        "error:503", "error:nothing", "args.to:reader17", "args.n:17", "args.none:1", "-queue:*",
        job["uuid"], job["resource_uuid"], "-hold:unresolved status:pending", resource, "status:failed after:1h", "before:4d", "handler:Nobody",
        "status:failed,cancelled before:4d",
    ]
    paths = ["/", "/failures", "/queues", "/handlers", "/schedules", "/nodes", "/audit",
             "/operations", f"/jobs/{job['uuid']}",
             f"/resource?type={job['resource_type']}&uuid={job['resource_uuid']}",
             "/audit?actor=ada", "/audit?target=nobody"]
    pages = [(p, p) for p in paths] + [
        (f"jobs {text or '(all)'}", "/jobs?" + urllib.parse.urlencode({"filter": text}))
        for text in filters]
    for name, path in pages:
        taken, sizes = [], set()
        for _ in range(count):
            status, body, time_taken = get(connection, path)
            taken.append(time_taken)
            sizes.add(status)
        more = b"Look further back" in body
        taken.sort()
        print(f"{name:44.44} {sizes} p50 {taken[len(taken) // 2]:6.1f}"
              f"  p95 {taken[int(len(taken) * 0.95)]:6.1f}{'  goes on' if more else ''}", flush=True)


looks = [0]


def watch(path):
    listener = http.client.HTTPConnection(address)
    listener.request("GET", "/api/v1/events", headers={"Accept": "text/event-stream"})
    stream = listener.getresponse()
    connection = http.client.HTTPConnection(address)
    happened = threading.Event()

    def look():
        taken = 0
        while True:
            happened.wait(10)
            time.sleep(max(1.5, taken * 5 / 1000))
            happened.clear()
            taken = get(connection, path)[2]
            looks[0] += 1

    threading.Thread(target=look, daemon=True).start()
    while True:
        if stream.readline().startswith(b"event:"): happened.set()


if mode == "times":
    times()
else:
    for number in range(count):
        path = "/" if number % 2 == 0 else "/jobs?filter=status%3Aexecuted"
        threading.Thread(target=watch, args=(path,), daemon=True).start()
    try:
        while True:
            time.sleep(5)
            print(f"{looks[0]} looks", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        pass
