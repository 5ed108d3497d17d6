"""Compares cron expressions with croniter and cronsim, on random ones, away from clock changes.

    pip install croniter cronsim tzdata
    swift build -c release --product carillon
    python3 Tests/Oracles/cron.py --cases 100000

Both know only a part of the language; a case counts when at least one of them reads it. Intended
differences, which it recognises and counts, are told in README.md beside it.
"""

import argparse
import collections
import datetime as dt
import random
import re
import sys
import zoneinfo

from croniter import CroniterBadCronError, CroniterBadDateError, croniter
from cronsim import CronSim, CronSimError

from bulk import ask, command_of

ZONES = """Europe/Paris Europe/London Europe/Moscow Europe/Istanbul America/New_York America/Chicago
America/Los_Angeles America/Sao_Paulo America/Santiago America/St_Johns America/Havana Asia/Tokyo
Asia/Kolkata Asia/Kathmandu Asia/Tehran Asia/Jerusalem Australia/Sydney Australia/Lord_Howe
Pacific/Auckland Pacific/Apia Pacific/Kiritimati Africa/Casablanca Africa/Cairo UTC""".split()
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()


def item(rng, low, high, names=None):
    def value(number):
        return names[number - low] if names and rng.random() < 0.3 else str(number)

    kind = rng.random()
    if kind < 0.55:
        return value(rng.randint(low, high))
    first = rng.randint(low, high)
    if names and high == 6 and rng.random() < 0.1:
        first, last = rng.randint(4, 6), rng.randint(0, 2)
    else:
        # croniter takes 5-5 for a star.
        first = min(first, high - 1)
        last = rng.randint(first + 1, high)
    if kind < 0.85:
        return f"{value(first)}-{value(last)}"
    if last > first + 1 and kind < 0.95:
        return f"{value(first)}-{value(last)}/{rng.randint(1, last - first)}"
    return f"*/{rng.randint(1, max(1, (high - low) // 2))}"


def field(rng, low, high, star, names=None):
    if rng.random() < star:
        return "*" if rng.random() < 0.7 else f"*/{rng.randint(2, max(2, (high - low) // 2))}"
    count = rng.choice([1, 1, 1, 2, 3])
    return ",".join(item(rng, low, high, names) for _ in range(count))


def day_of_month(rng):
    if rng.random() < 0.15:
        return rng.choice(["L", "L", "LW", f"{rng.randint(1, 31)}W"])
    return field(rng, 1, 31, 0.55)


def day_of_week(rng):
    if rng.random() < 0.12:
        day = rng.randint(0, 6)
        return rng.choice([f"{day}L", f"{DAYS[day]}#{rng.randint(1, 5)}", f"{day}#{rng.randint(1, 4)}"])
    if rng.random() < 0.05:
        return "7"
    return field(rng, 0, 6, 0.5, DAYS)


def expression(rng):
    fields = [
        field(rng, 0, 59, 0.25),
        field(rng, 0, 23, 0.3),
        day_of_month(rng),
        field(rng, 1, 12, 0.6, MONTHS),
        day_of_week(rng),
    ]
    if rng.random() < 0.2:
        fields.insert(0, field(rng, 0, 59, 0.2))
    return " ".join(fields)


def by_croniter(text, local, count):
    # It writes the last Friday as L5, and knows no last weekday of a month.
    fields = text.split(" ")
    fields[-1] = re.sub(r"\b(\d)L\b", r"L\1", fields[-1])
    try:
        walk = croniter(
            " ".join(fields), local, second_at_beginning=True, implement_cron_bug=True
        )
        return [walk.get_next(dt.datetime) for _ in range(count)]
    except CroniterBadDateError:
        return []
    except (CroniterBadCronError, ValueError, KeyError):
        return None


def by_cronsim(text, local, count):
    try:
        walk = CronSim(text, local)
        return [next(walk) for _ in range(count)]
    except CronSimError:
        return None
    except StopIteration:
        return []


def is_calm(zone, moment):
    """Whether the clocks don't change within a day of a moment."""
    day = dt.timedelta(days=1)
    return (moment - day).astimezone(zone).utcoffset() == (moment + day).astimezone(zone).utcoffset()


def instants(zone, local_times):
    """In UTC; None when the clocks change near one of them."""
    found = []
    for local in local_times:
        moment = local.replace(tzinfo=zone).astimezone(dt.timezone.utc)
        if not is_calm(zone, moment):
            return None
        found.append(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return found


def intended(text, name):
    """The name of the intended difference that a case belongs to; None when it is a fault."""
    if name != "croniter":
        return None
    day, week = text.split(" ")[-3], text.split(" ")[-1]
    if day[0] not in "*?" and week[0] not in "*?":
        if "#" in week or "L" in week or "W" in day:
            return "croniter: of 22W or FRI#2 beside another day field, both must match"
        expanded = croniter.expand(text, second_at_beginning=True)[0]
        if ["*"] in (expanded[2], expanded[4]):
            return "croniter: a list of all days of the week or month is a star"
    if re.match("(29|3.)W", day):
        return "croniter: in a month without a 30th, 30W is its last weekday"
    return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--cases", type=int, default=100000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=2)
    options.add_argument("--command", help="instead of .build/release/carillon schedules next --from -")
    options = options.parse_args()
    rng = random.Random(options.seed)
    zones = [zoneinfo.ZoneInfo(name) for name in ZONES]
    cases = []
    while len(cases) < options.cases:
        zone, text = rng.choice(zones), expression(rng)
        moment = dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(
            seconds=rng.randrange(37 * 365 * 86400)
        )
        if not is_calm(zone, moment):
            continue
        local = moment.astimezone(zone).replace(tzinfo=None)
        theirs = {}
        for name, oracle in (("croniter", by_croniter), ("cronsim", by_cronsim)):
            times = oracle(text, local, options.count)
            if times is not None and (found := instants(zone, times)) is not None:
                theirs[name] = found
        if theirs:
            cases.append((zone.key, text, moment, theirs))
    answers = ask(
        [
            {
                "expr": text,
                "tz": zone,
                "after": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "count": options.count,
            }
            for zone, text, moment, _ in cases
        ],
        command_of(options.command),
    )
    same, differences, faults = collections.Counter(), collections.Counter(), []
    for (zone, text, moment, theirs), answer in zip(cases, answers):
        for name, expected in theirs.items():
            actual = answer.get("next")
            if actual is None and "never fires" in answer["error"]:
                actual = []
            if actual == expected:
                same[name] += 1
            elif reason := intended(text, name):
                differences[reason] += 1
            else:
                faults.append((name, zone, text, moment, expected, answer))
    for name, zone, text, moment, expected, answer in faults[:20]:
        print(f"{text}  in {zone} after {moment:%Y-%m-%dT%H:%M:%SZ (%a)}")
        print(f"  {name}:", *expected)
        print("  carillon:", answer)
    print(f"{len(cases)} cases, {len(faults)} faults")
    for name, count in sorted(same.items()):
        print(f"  {count} the same as {name}")
    for name, count in sorted(differences.items()):
        print(f"  intended: {count} {name}")
    sys.exit(1 if faults else 0)


main()
