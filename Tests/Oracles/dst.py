"""Compares cron at changes of the clocks with a scan of every minute by Python's zoneinfo.

    pip install tzdata
    swift build -c release --product carillon
    python3 Tests/Oracles/dst.py

Every change from 2010 to 2037 in all of ZONES. The oracle knows no algorithm: it goes over all the
instants of some days, minute by minute, reads the local time from zoneinfo, and fires

- when the local time matches; of two instants with the same local time the first, the second or both,
  as the policy says;
- with the policy "shift" also at the first instant after a gap, if a local time in the gap matches.
"""

import argparse
import datetime as dt
import sys
import zoneinfo

from bulk import ask, command_of

ZONES = """Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Juba Africa/Tripoli Africa/Windhoek
America/Asuncion America/Caracas America/Godthab America/Havana America/Los_Angeles America/Managua
America/Mexico_City America/Miquelon America/New_York America/Port-au-Prince America/Santiago
America/Sao_Paulo America/Scoresbysund America/St_Johns America/Whitehorse Antarctica/Casey
Antarctica/Macquarie Antarctica/Troll Asia/Amman Asia/Beirut Asia/Damascus Asia/Famagusta Asia/Gaza
Asia/Hebron Asia/Hovd Asia/Jerusalem Asia/Pyongyang Asia/Tehran Atlantic/Azores Australia/Adelaide
Australia/Lord_Howe Australia/Sydney Europe/Chisinau Europe/Dublin Europe/Istanbul Europe/Lisbon
Europe/London Europe/Moscow Europe/Paris Europe/Samara Europe/Volgograd Pacific/Apia Pacific/Auckland
Pacific/Bougainville Pacific/Chatham Pacific/Easter Pacific/Fakaofo Pacific/Fiji
Pacific/Norfolk Pacific/Tongatapu""".split()
MINUTE = dt.timedelta(minutes=1)
UTC = dt.timezone.utc
GAPS, OVERLAPS = ["shift", "skip"], ["first", "second", "both"]


def offset_at(zone, moment):
    return moment.astimezone(zone).utcoffset()


def changes(zone):
    """The first instants with a new offset, from 2010 to 2037."""
    moment, end = dt.datetime(2010, 1, 1, tzinfo=UTC), dt.datetime(2038, 1, 1, tzinfo=UTC)
    step = dt.timedelta(hours=12)
    while moment < end:
        after = moment + step
        if offset_at(zone, moment) != offset_at(zone, after):
            low, high = moment, after
            while high - low > MINUTE:
                middle = low + (high - low) // 2
                middle = middle.replace(second=0, microsecond=0)
                if offset_at(zone, middle) == offset_at(zone, moment):
                    low = middle
                else:
                    high = middle
            yield high
        moment = after


def expressions(zone, change):
    """Fixed times around the change, and what recurs within the day; text, minutes of the day."""
    before = (change - MINUTE).astimezone(zone).replace(tzinfo=None)
    after = change.astimezone(zone).replace(tzinfo=None)
    first, last = sorted([before + MINUTE, after])
    middle = first + (last - first) // 2
    middle = middle.replace(second=0)
    for local in {first, middle, last - MINUTE, last, first - MINUTE}:
        yield f"{local.minute} {local.hour} * * *", {local.hour * 60 + local.minute}, False
    hours = sorted({first.hour, last.hour})
    yield (
        f"*/20 {hours[0]}-{hours[-1]} * * *",
        {h * 60 + m for h in range(hours[0], hours[-1] + 1) for m in (0, 20, 40)},
        False,
    )
    yield "*/15 * * * *", {m for m in range(1440) if m % 15 == 0}, True
    yield "7 */2 * * *", {h * 60 + 7 for h in range(0, 24, 2)}, True


def scan(zone, begin, end):
    """Instant, local minute of the day, which of two it is, and the minutes that were left out."""
    found, moment, previous = [], begin, None
    while moment <= end:
        local = moment.astimezone(zone)
        naive = local.replace(tzinfo=None, fold=0)
        other = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
        gap = []
        if previous and naive - previous > MINUTE:
            skipped = previous + MINUTE
            while skipped < naive:
                gap.append(skipped.hour * 60 + skipped.minute)
                skipped += MINUTE
        which = "both" if not other else "second" if local.fold else "first"
        found.append((moment, naive.hour * 60 + naive.minute, which, gap))
        previous, moment = naive, moment + MINUTE
    return found


def fires(minutes, matching, gap, overlap):
    found = []
    for moment, minute, which, skipped in minutes:
        if minute in matching and (overlap == "both" or which in ("both", overlap)):
            found.append(moment)
        elif gap == "shift" and not matching.isdisjoint(skipped):
            found.append(moment)
    return [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in found]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--command", help="instead of .build/release/carillon schedules next --from -")
    options = options.parse_args()
    questions, expected, number = [], [], 0
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        for change in changes(zone):
            number += 1
            begin, end = change - dt.timedelta(hours=30), change + dt.timedelta(hours=30)
            minutes = scan(zone, begin, end)
            for text, matching, is_elapsed in expressions(zone, change):
                standard = ("skip", "both") if is_elapsed else ("shift", "first")
                for gap, overlap in [(None, None)] + [(g, o) for g in GAPS for o in OVERLAPS]:
                    times = fires(minutes[1:], matching, gap or standard[0], overlap or standard[1])
                    question = {
                        "expr": text,
                        "tz": name,
                        "after": begin.strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "count": max(1, len(times)),
                    }
                    if gap:
                        question |= {"gap": gap, "overlap": overlap}
                    questions.append(question)
                    expected.append((times, end.strftime("%Y-%m-%dT%H:%M:%SZ")))
    faults = []
    for question, (times, end), answer in zip(
        questions, expected, ask(questions, command_of(options.command))
    ):
        actual = answer.get("next")
        if actual is None or [time for time in actual if time <= end] != times:
            faults.append((question, times, answer))
    for question, times, answer in faults[:20]:
        print(question)
        print("  zoneinfo:", *times)
        print("  carillon:", answer)
    print(f"{len(ZONES)} zones, {number} changes, {len(questions)} questions, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
