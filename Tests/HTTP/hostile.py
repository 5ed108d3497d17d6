"""Sends a server what no client should, and looks whether it still serves and what it still holds.

    carillon serve --store sqlite:x.db --http 127.0.0.1:7555 &
    python3 Tests/HTTP/hostile.py --pid $! --port 7555

10 000 malformed requests, then 500 listeners to events that are cut off without a goodbye. Exits with 1
if an answer is a 5xx, if the server is gone, or if descriptors or memory don't return to what they were.
"""

import argparse
import random
import socket
import struct
import sys
import threading
import time

options = argparse.ArgumentParser()
options.add_argument("--pid", type=int, required=True)
options.add_argument("--port", type=int, default=7117)
options.add_argument("--requests", type=int, default=10_000)
options.add_argument("--listeners", type=int, default=500)
options.add_argument("--seed", type=int, default=1)
options = options.parse_args()
chance = random.Random(options.seed)

PATHS = ["/", "/jobs", "/job", "/api/v1/jobs", "/api/v1/jobs/bulk", "/api/v1/operations", "/schedules",
         "/api/v1/schedules", "/api/v1/blackouts", "/api/v1/queues/q/pause", "/sign-in", "/livez"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW", "get", ""]


def noise(most):
    return bytes(chance.randrange(256) for _ in range(chance.randrange(most)))


def malformed():
    """One request, wrong in one of many ways."""
    path, method = chance.choice(PATHS), chance.choice(METHODS)
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n".encode()
    body = b'{"handler_module":"a.B","resource_uuid":"00000000-0000-0000-0000-000000000000"}'
    json = b"Content-Type: application/json\r\n"
    return chance.choice([
        lambda: noise(400),
        lambda: head,
        lambda: head + noise(200) + b"\r\n\r\n",
        lambda: head + b"Content-Length: -1\r\n\r\n" + body,
        lambda: head + b"Content-Length: 99999999999999999999\r\n\r\n" + body,
        lambda: head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + body,
        lambda: head + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + body,
        lambda: head + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + body,
        lambda: head + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        lambda: head + json + f"Content-Length: {len(body) * 2}\r\n\r\n".encode() + body,
        lambda: head + json + b"Content-Length: 4\r\n\r\n" + noise(5).ljust(4, b"{"),
        lambda: head + json + b"Content-Length: 20000\r\n\r\n" + b"[" * 20_000,
        lambda: head + b"X: " + b"a" * chance.choice([10_000, 70_000, 200_000]) + b"\r\n\r\n",
        lambda: head + b"\r\n".join(b"X%d: y" % n for n in range(3_000)) + b"\r\n\r\n",
        lambda: f"GET {path}?{'a' * 40_000} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
        lambda: f"GET {path}?filter=%FF%00%zz&limit=-1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
        lambda: f"GET {path}/..%2f..%2f%00 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
        lambda: f"GET {path} HTTP/9.9\r\nHost: localhost\r\n\r\n".encode(),
        lambda: f"GET {path} HTTP/1.1\r\n\r\n".encode(),
        lambda: f"GET {path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".encode(),
        lambda: head + b"Cookie: carillon=" + noise(100).replace(b"\r", b"") + b"\r\n\r\n",
        lambda: head + b"Authorization: Bearer " + b"x" * 5_000 + b"\r\n\r\n",
        lambda: head + b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
        lambda: head + b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        lambda: b"\x16\x03\x01\x02\x00" + noise(300),
    ])()


def connect():
    line = socket.create_connection(("127.0.0.1", options.port), timeout=5)
    line.settimeout(5)
    return line


def cut(line):
    """Ends a connection with a reset."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def held():
    """Open descriptors, and resident memory in MiB."""
    import os
    with open(f"/proc/{options.pid}/status") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return len(os.listdir(f"/proc/{options.pid}/fd")), memory / 1024


def is_alive():
    with connect() as line:
        line.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return line.recv(100).startswith(b"HTTP/1.1 200")


def send(count, statuses):
    for _ in range(count):
        try:
            line = connect()
            line.sendall(malformed())
            if chance.random() < 0.2:
                cut(line)
                continue
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(4_096)
            code = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/") else "none"
            statuses[code] = statuses.get(code, 0) + 1
            line.close()
        except OSError as error:
            name = type(error).__name__
            statuses[name] = statuses.get(name, 0) + 1


def listen(count):
    lines = []
    for _ in range(count):
        line = connect()
        line.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        lines.append(line)
        if len(lines) == 50:
            time.sleep(0.2)
            for line in lines:
                cut(line)
            lines = []


# Once beforehand, so that what is made once isn't taken for a leak.
send(options.requests // 10, {})
listen(50)
time.sleep(3)
before = held()
statuses = {}
threads = [threading.Thread(target=send, args=(options.requests // 8, statuses)) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("answers:", dict(sorted(statuses.items())))
listen(options.listeners)
after = held()
deadline = time.monotonic() + 90
while time.monotonic() < deadline and held()[0] > before[0] + 3:
    time.sleep(1)
after = held()
print(f"descriptors {before[0]} -> {after[0]}, memory {before[1]:.0f} -> {after[1]:.0f} MiB")
faults = [code for code in statuses if code.startswith("5")]
if not is_alive():
    faults.append("it doesn't answer any more")
if after[0] > before[0] + 3:
    faults.append("descriptors were kept")
if after[1] > before[1] * 1.5 + 30:
    faults.append("memory was kept")
print("faults:", faults or "none")
sys.exit(1 if faults else 0)
