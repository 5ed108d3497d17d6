"""Compares rules of RFC 5545 with python-dateutil, on random ones.

    pip install python-dateutil
    swift build -c release --product carillon
    python3 Tests/Oracles/rrule.py --cases 20000

Intended differences, which it recognises and counts, are told in README.md beside it.
"""

import argparse
import collections
import datetime as dt
import random
import signal
import sys

from dateutil import rrule

from bulk import ask, command_of

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
STAMP = "%Y%m%dT%H%M%S"


def some(rng, values, most):
    return sorted(rng.sample(values, min(len(values), rng.randint(1, most))))


def signed(rng, limit, most, small=None):
    values = [v for v in range(-limit, limit + 1) if v]
    if small:
        values = [v for v in values if abs(v) <= small] * 3 + values
    return sorted(set(rng.choice(values) for _ in range(rng.randint(1, most))))


def numbers(values):
    return ",".join(str(v) for v in values)


def random_rule(rng, freq):
    parts = {"FREQ": freq}
    if rng.random() < 0.4:
        parts["INTERVAL"] = str(rng.choice([2, 2, 3, 4, 5, 6, 7, 10, 12, 13, 15, 24, 30, 45, 90]))
    if rng.random() < 0.25:
        parts["BYMONTH"] = numbers(some(rng, list(range(1, 13)), 4))
    if freq == "YEARLY" and rng.random() < 0.2:
        parts["BYWEEKNO"] = numbers(signed(rng, 53, 4))
    if freq in ("YEARLY", "HOURLY", "MINUTELY", "SECONDLY") and rng.random() < 0.15:
        parts["BYYEARDAY"] = numbers(signed(rng, 366, 6))
    if freq != "WEEKLY" and rng.random() < 0.25:
        parts["BYMONTHDAY"] = numbers(signed(rng, 31, 4))
    if rng.random() < 0.35:
        days = rng.sample(DAYS, rng.randint(1, 4))
        if freq in ("YEARLY", "MONTHLY") and "BYWEEKNO" not in parts and rng.random() < 0.6:
            within_year = freq == "YEARLY" and "BYMONTH" not in parts
            limit = 53 if within_year else 5
            if rng.random() < 0.15:
                days = [
                    (str(rng.choice(signed(rng, limit, 1))) if rng.random() < 0.5 else "") + d
                    for d in days
                ]
            else:
                days = [str(rng.choice(signed(rng, limit, 1, 5))) + d for d in days]
        parts["BYDAY"] = ",".join(days)
    if rng.random() < 0.25:
        parts["BYHOUR"] = numbers(some(rng, list(range(24)), 4))
    if rng.random() < 0.2:
        parts["BYMINUTE"] = numbers(some(rng, list(range(60)), 4))
    if rng.random() < 0.15:
        parts["BYSECOND"] = numbers(some(rng, list(range(60)), 3))
    if any(name.startswith("BY") for name in parts) and rng.random() < 0.2:
        parts["BYSETPOS"] = numbers(signed(rng, 366, 3, 4))
    if rng.random() < 0.2:
        parts["WKST"] = rng.choice(DAYS)
    return parts


def case(rng):
    freq = rng.choices(FREQUENCIES, [5, 6, 5, 5, 2, 1, 1])[0]
    parts = random_rule(rng, freq)
    start = dt.datetime(1995, 1, 1) + dt.timedelta(seconds=rng.randrange(35 * 365 * 86400))
    if rng.random() < 0.5:
        start = start.replace(second=0)
    # How far `after` lies from the start, so that dateutil, which walks, comes there.
    reach = {"HOURLY": 100, "MINUTELY": 5, "SECONDLY": 2}.get(freq, 6000)
    after = start + dt.timedelta(seconds=rng.randrange(-86400, reach * 86400))
    kind = rng.random()
    if kind < 0.2:
        parts["COUNT"] = str(rng.choice([1, 2, 3, 5, 10, 30, 100]))
        if rng.random() < 0.7:
            after = start + (after - start) / 50
    elif kind < 0.4:
        parts["UNTIL"] = (start + (after - start) * rng.uniform(0.2, 2)).strftime(STAMP)
        if parts["UNTIL"] < start.strftime(STAMP):
            del parts["UNTIL"]
    lines = ["DTSTART:" + start.strftime(STAMP)]
    lines.append("RRULE:" + ";".join(f"{k}={v}" for k, v in parts.items()))
    return lines, parts, start, after


def with_dates(rng, lines, answer):
    """EXDATE of what it names and of what it doesn't, RDATE of anything."""
    if answer and rng.random() < 0.15:
        picked = rng.sample(answer, rng.randint(1, min(3, len(answer))))
        if rng.random() < 0.3:
            picked.append(picked[0] + dt.timedelta(seconds=1))
        lines = lines + ["EXDATE:" + ",".join(d.strftime(STAMP) for d in picked)]
    if answer and rng.random() < 0.1:
        added = [d + dt.timedelta(hours=rng.randint(-50, 50)) for d in answer[:2]]
        lines = lines + ["RDATE:" + ",".join(d.strftime(STAMP) for d in added)]
    return lines


class Slow(Exception):
    pass


def alarm(*_):
    raise Slow()


def walk(lines, after, count):
    try:
        rules = rrule.rrulestr("\n".join(lines), forceset=True)
        return list(rules.xafter(after, count=count))
    except ValueError as error:
        # Its words for a rule that can never happen.
        if "empty" in str(error):
            return []
        # The alarm, which its parser takes for an error of the text.
        raise Slow() from error


def intended(parts, start, ours, theirs):
    """The name of the intended difference that a case belongs to; None when it is a fault."""
    days = parts.get("BYDAY", "").split(",")
    numbered = [d for d in days if len(d) > 2]
    if numbered and len(numbered) < len(days):
        return "plain and numbered weekdays"
    if "BYSETPOS" in parts and parts["FREQ"] == "WEEKLY":
        return "BYSETPOS in the week of DTSTART"
    weeks = [int(w) for w in parts.get("BYWEEKNO", "").split(",") if w]
    if any(abs(w) >= 51 for w in weeks):
        return "the week at the turn of the year"
    return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--cases", type=int, default=20000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=5)
    options.add_argument("--command", help="instead of .build/release/carillon schedules next --from -")
    options.add_argument("--table", help="writes the cases that agree, for a test's fixture")
    options = options.parse_args()
    rng = random.Random(options.seed)
    signal.signal(signal.SIGALRM, alarm)
    cases, slow = [], 0
    while len(cases) < options.cases:
        lines, parts, start, after = case(rng)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.15)
            theirs = walk(lines, after, options.count)
            more = with_dates(rng, lines, theirs)
            if more != lines:
                lines, theirs = more, walk(more, after, options.count)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Slow:
            slow += 1
            continue
        cases.append((lines, parts, start, after, theirs))
    questions = [
        {
            "expr": " ".join(lines),
            "tz": "UTC",
            "after": after.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "count": options.count,
        }
        for lines, _, _, after, _ in cases
    ]
    answers = ask(questions, command_of(options.command))
    same, differences, faults, table = 0, collections.Counter(), [], []
    for (lines, parts, start, after, theirs), question, answer in zip(cases, questions, answers):
        expected = [d.strftime("%Y-%m-%dT%H:%M:%SZ") for d in theirs]
        actual = answer.get("next")
        never = actual is None and "never happens" in answer["error"]
        if actual == expected or (never and not expected):
            same += 1
            if not never:
                table.append("\t".join([question["expr"], question["after"], " ".join(expected)]))
        elif actual is None and "can't be counted out" in answer["error"]:
            differences["a COUNT that takes too long to count out is refused"] += 1
        elif name := intended(parts, start, actual, expected):
            differences[name] += 1
        else:
            faults.append((question, expected, answer))
    for question, expected, answer in faults[:20]:
        print(question["expr"], "after", question["after"])
        print("  dateutil:", *expected)
        print("  carillon:", answer)
    if options.table:
        with open(options.table, "w") as file:
            file.write("\n".join(table) + "\n")
    empty = sum(1 for *_, theirs in cases if not theirs)
    print(f"{len(cases)} rules ({empty} of them over): {same} the same, {len(faults)} faults", end="")
    print(f", {slow} too slow for dateutil")
    for name, count in sorted(differences.items()):
        print(f"  intended: {count} {name}")
    sys.exit(1 if faults else 0)


main()
