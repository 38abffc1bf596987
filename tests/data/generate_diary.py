#!/usr/bin/env python3
"""Write the sample data of the tests: diary.jsonl, daily.csv, broken.jsonl, broken.expected.json.

    python3 tests/data/generate_diary.py

The diary is eighteen months of one fictional patient with low back and neck pain who lives in
Berlin. Every value comes from a seeded generator, so a second run writes the same bytes. Each day
has its own seed: changing one day leaves all others alone. Only the standard library is used.

The calendar below is the plot; what a day holds beyond it is drawn by chance. Days named in the
plot are never backfilled, missed or typed late by chance, so each shows exactly what it is for.
"""

import csv
import json
import math
import random
import uuid
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/pain-journal/sample-diary")
HOME, NEW_YORK = "Europe/Berlin", "America/New_York"
TOKYO, HONOLULU = "Asia/Tokyo", "Pacific/Honolulu"
DAY = timedelta(days=1)


def days(first, last):
    return [first + n * DAY for n in range((last - first).days + 1)]


# --- The plot -----------------------------------------------------------------------------------

DIARY = days(date(2025, 5, 1), date(2026, 10, 31))
# The usual pain at some dates; straight lines between them.
USUAL_PAIN = [
    (date(2025, 5, 1), 6.6), (date(2025, 9, 20), 6.4), (date(2025, 11, 20), 4.8),
    (date(2026, 1, 31), 4.4), (date(2026, 2, 8), 4.6), (date(2026, 2, 19), 6.4),
    (date(2026, 3, 10), 5.4), (date(2026, 6, 15), 5.0), (date(2026, 7, 20), 3.8),
    (date(2026, 10, 31), 3.4),
]
FLARE = days(date(2026, 2, 9), date(2026, 2, 18))
PAIN_FREE = days(date(2026, 8, 8), date(2026, 8, 14))
HOLIDAY = days(date(2026, 5, 14), date(2026, 5, 22))
SILENT = days(date(2026, 1, 5), date(2026, 1, 25))
GAPS = set(HOLIDAY + SILENT)
# Where the phone is on a day, when not at home. The way home from Tokyo crosses the date line:
# 1 August begins in Tokyo and ends in Honolulu, nineteen hours of clock time earlier.
AWAY = {
    **dict.fromkeys(days(date(2025, 10, 28), date(2025, 11, 4)), NEW_YORK),
    **dict.fromkeys(days(date(2026, 7, 27), date(2026, 8, 1)), TOKYO),
    date(2026, 8, 2): HONOLULU,
}
DATE_LINE = date(2026, 8, 1)
TWO_DEVICES = date(2025, 11, 26)        # two daily entries, the later one counts
TWO_BACKFILLED = date(2026, 5, 29)      # same effective_at, the later recorded_at counts
MOOD_ONLY = date(2025, 12, 9)           # a daily entry without any pain value: not a rated day
MOOD_AND_MOMENTS = date(2025, 12, 3)    # the same with two momentary ratings: rated by them
LAST_TIMELY = date(2025, 12, 12)        # recorded 24 h 0 s after the journal day ended
FIRST_LATE = date(2025, 12, 15)         # recorded 24 h 1 s after it
LATE_MOMENT = date(2026, 7, 21)         # one momentary rating, itself recorded three days later
ZERO_AVERAGE = date(2026, 8, 15)        # average 0 and worst 2: not a pain-free day
FREE_NO_NUMBERS = date(2026, 9, 23)     # said to be pain-free, no rating given
LATE_DAILY_WITH_MOMENT = date(2026, 10, 6)  # daily entry backfilled, momentary rating timely

# Wall-clock nights around clock changes: (day, hour, minute, zone, fold).
NIGHT_MOMENTS = [
    (date(2025, 10, 26), 2, 30, HOME, 0), (date(2025, 10, 26), 2, 30, HOME, 1),
    (date(2025, 10, 26), 3, 30, HOME, 0), (date(2025, 11, 2), 1, 30, NEW_YORK, 0),
    (date(2025, 11, 2), 1, 30, NEW_YORK, 1), (date(2026, 3, 29), 1, 45, HOME, 0),
    (date(2026, 3, 29), 3, 30, HOME, 0),
]
CLOCK_NIGHTS = {date(2025, 10, 26): (35, 110, 20), date(2025, 11, 2): (20, 75, 10),
                date(2026, 3, 29): (25, 40, 15)}  # onset, awake, lying awake at the end: minutes
NO_SLEEP_RECORD = {date(2025, 11, 5), date(2026, 7, 27), date(2026, 8, 3)}  # nights on a plane
REPORTED_SLEEP = {date(2025, 6, 3): 390, date(2025, 8, 19): 420, date(2025, 12, 2): 345,
                  date(2026, 2, 14): 240, date(2026, 6, 9): 405, date(2026, 10, 13): 450}

# Treatment sessions: day, start, minutes, status, kind, techniques, note, and the entries around
# it: minutes from pre to start, minutes from end to post, hours from end to the 24 h entry.
SESSIONS = [
    ("2025-09-23", "17:00", 60, "attended", "consultation",
     ["manual_needling", "exercise_advice"], "First visit, long history taken.", 25, 20, 23),
    ("2025-09-26", "17:30", 45, "attended", "treatment",
     ["manual_needling", "trigger_point", "heat"], None, 40, 35, 24),
    ("2025-09-30", "17:30", 45, "attended", "treatment",
     ["dry_needling", "electroacupuncture"], None, 180, 120, 18),  # all on the edge, all inside
    ("2025-10-02", "08:15", 45, "attended", "treatment",
     ["distal", "indirect"], "Back in spasm, distal points only.", 200, 10, 25),  # pre too early
    ("2025-10-07", "17:00", 50, "attended", "treatment",
     ["manual_needling", "cupping"], None, 20, 15, None),
    ("2025-10-14", "17:00", 50, "cancelled_clinic", "treatment", [], "Practitioner ill.",
     None, None, None),
    ("2025-10-17", "12:00", 50, "attended", "treatment",
     ["periosteal", "moxibustion"], None, 60, None, 24),
    ("2025-10-24", "17:00", 50, "attended", "treatment",
     ["manual_needling", "auricular", "scalp"], None, 30, 45, 23),
    ("2025-11-07", "16:30", 50, "attended", "treatment",
     ["micro_needling", "gua_sha", "tuina_massage"], None, None, 30, 24),
    ("2025-11-14", "17:00", 50, "attended", "review",
     ["manual_needling", "movement_therapy"], "Course reviewed: goes on with exercises.",
     35, 25, 22),
    ("2026-06-16", "17:00", 50, "cancelled_patient", "treatment", [], "Rang: child ill.",
     None, None, None),
    ("2026-06-19", "17:00", 50, "attended", "treatment",
     ["manual_needling", "heat"], None, 30, 20, 24),
    ("2026-06-26", "17:00", 50, "attended", "treatment",
     ["manual_needling", "trigger_point"], None, 45, 60, 23),
    ("2026-06-29", "17:00", 50, "missed", "treatment", [], None, 30, None, None),
    ("2026-07-03", "11:30", 50, "attended", "treatment",
     ["electroacupuncture", "distal"], None, 20, 121, 24),  # post one minute too late
    ("2026-07-14", "17:00", 50, "attended", "review",
     ["manual_needling", "exercise_advice", "other"], "Last of the second course.", 50, 30, 26),
]
SESSION_DAYS = {date.fromisoformat(row[0]) for row in SESSIONS}
NOTES = [
    "Long day at the desk.", "Walked to the market and back, no trouble.", "Stiff until ten.",
    "Better after the stretches.", "Carried shopping up four flights.", "Slept badly again.",
    "Rain all day, hardly moved.", "Gardening for an hour; paid for it later.",
    "Could sit through the whole meeting.", "Neck tight after the video calls.",
    "Physio exercises done twice.", "Left leg tingled on the stairs.", "Good day, swam 20 minutes.",
]
FIXED_NOTES = {
    date(2025, 5, 3): "Heute früh sehr steif, nach dem Duschen besser. Rücken „wie ein Brett“.",
    date(2025, 6, 21): "الألم في أسفل الظهر أقل اليوم، مشيت نصف ساعة.",
    date(2025, 7, 9): "Swam again 🏊‍♀️ and it's fine 🙂",
    date(2025, 8, 30): "=SUM(A1:A9) is what my head feels like, said the colleague",
    date(2025, 11, 20): 'Doctor said "keep moving", so I did: bus, stairs, park.',
    date(2025, 12, 18): "Can't, won't, didn't lift; the kids' sledge stayed where it was.",
    date(2026, 2, 12): "Could not get up without help.\nTwo tablets, heat, waited.",
    date(2026, 4, 21): "Straßenbahn verpasst, gerannt – ging erstaunlich gut!",
    date(2026, 8, 10): "صفر ألم! Null Schmerzen! 0/10 🎉",
    date(2026, 8, 25): "commas, \"quotes\", 'apostrophes'; and a\ttab",
}

# Nothing happens to these days by chance.
PLOT_DAYS = (
    SESSION_DAYS | {d + DAY for d in SESSION_DAYS} | set(AWAY) | set(PAIN_FREE) | set(CLOCK_NIGHTS)
    | {d - DAY for d in CLOCK_NIGHTS} | NO_SLEEP_RECORD | set(FIXED_NOTES)
    | {TWO_DEVICES, TWO_BACKFILLED, MOOD_ONLY, MOOD_AND_MOMENTS, LAST_TIMELY, FIRST_LATE,
       LATE_MOMENT, ZERO_AVERAGE, FREE_NO_NUMBERS, LATE_DAILY_WITH_MOMENT}
)

REGIONS = ("neck upper_back mid_back low_back sacrum buttock hip groin thigh knee lower_leg foot "
           "shoulder upper_arm elbow forearm hand head jaw chest abdomen pelvis widespread other"
           ).split()
QUALITIES = ("dull_ache sharp stabbing burning throbbing shooting tingling numbness cramping spasm "
             "tightness stiffness pressure electric other").split()
TRIGGERS = ("prolonged_sitting prolonged_standing lifting bending awkward_sleep posture "
            "screen_neck inactivity overuse_exercise stress anxiety diet weather travel "
            "menstrual injury no_idea other").split()
RELIEF = ("rest movement stretching heat cold massage acupuncture physio otc_medication "
          "prescription_medication topical tens breathing_meditation other").split()
SENSATIONS = "warmth pressure dull_ache tingling heaviness sharp none".split()


# --- Chance, time and identity ------------------------------------------------------------------

class Dice:
    """Draws built on random() alone, the one method whose sequence Python promises to keep."""

    def __init__(self, *key):
        self.next = random.Random("sample diary/" + "/".join(map(str, key))).random

    def chance(self, share):
        return self.next() < share

    def between(self, low, high):
        return low + int(self.next() * (high - low + 1))

    def pick(self, items):
        return items[int(self.next() * len(items))]

    def some(self, items, at_most):
        chosen = {self.pick(items) for _ in range(self.between(1, at_most))}
        return [item for item in items if item in chosen]

    def noise(self, spread):
        return (math.fsum(self.next() for _ in range(12)) - 6) * spread

    def near(self, value, spread, low=0, high=10):
        return max(low, min(high, round(value + self.noise(spread))))


def at(day, hour, minute, zone, second=0, fold=0):
    return datetime.combine(day, time(hour, minute, second, fold=fold), ZoneInfo(zone))


def later(moment, **span):
    """Elapsed time, not clock time: 24 hours later may show another hour on the clock."""
    return (moment.astimezone(timezone.utc) + timedelta(**span)).astimezone(moment.tzinfo)


def stamp(moment):
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def offset(moment):
    return int(moment.utcoffset().total_seconds()) // 60


ROWS = []


def add(collection, instant, name, **fields):
    """Append one line. Absent values and empty lists are left out."""
    row = {"collection": collection, "id": str(uuid.uuid5(NAMESPACE, f"{collection}/{name}"))}
    row.update((key, value) for key, value in fields.items() if value not in (None, []))
    ROWS.append((instant.astimezone(timezone.utc), row["id"], row))
    return row["id"]


def entry(kind, moment, recorded=None, **fields):
    """A journal entry; unless told otherwise it is recorded within a minute and a half."""
    dice = Dice("clock", kind, stamp(moment), recorded or "")
    recorded = recorded or later(moment, seconds=dice.between(2, 90),
                                 milliseconds=dice.between(0, 999))
    add("journal_entries", moment, f"{kind}/{stamp(moment)}/{stamp(recorded)}",
        kind=kind, effective_at=stamp(moment), time_zone=moment.tzinfo.key,
        utc_offset_minutes=offset(moment), recorded_at=stamp(recorded), **fields)


# --- What the patient writes --------------------------------------------------------------------

def usual_pain(day):
    for (d0, p0), (d1, p1) in zip(USUAL_PAIN, USUAL_PAIN[1:]):
        if day <= d1:
            return p0 + (p1 - p0) * (day - d0).days / (d1 - d0).days


def daily_averages():
    """The day's average pain: the usual level plus noise that partly carries over to the next."""
    averages, drift = {}, 0.0
    for day in DIARY:
        drift = 0.45 * drift + Dice("pain", day).noise(0.85)
        averages[day] = max(1, min(9, round(usual_pain(day) + drift)))
        if day in FLARE:
            averages[day] = max(7, min(9, round(8 + drift)))
        elif day in PAIN_FREE or day == ZERO_AVERAGE:
            averages[day] = 0
    return averages


# Regions that are not left or right.
ONE_SIDED = {"widespread": None, "sacrum": "midline"}


def sites(dice, intensity):
    """Mostly the low back and what goes down from it, sometimes the neck, rarely elsewhere."""
    found = [{"region": "low_back", "laterality": dice.pick(["midline", "both", "left"]),
              "intensity": intensity, "qualities": dice.some(QUALITIES[:1] + QUALITIES[9:12], 3),
              "spread": "localized"}]
    if dice.chance(0.25):
        found[0] |= {"laterality": "left", "spread": "radiating",
                     "radiates_to": ["buttock", "thigh", "lower_leg"][:dice.between(1, 3)]}
    if dice.chance(0.35):
        region = dice.pick(REGIONS) if dice.chance(0.45) else dice.pick(["neck", "shoulder"])
        if region != "low_back":
            found.append({"region": region,
                          "laterality": dice.pick(["left", "right", "both", "unknown"]),
                          "intensity": dice.between(1, max(1, intensity - 1)),
                          "qualities": dice.some(QUALITIES, 2),
                          "spread": "widespread" if region == "widespread" else "localized"})
            if region in ONE_SIDED:  # drawn and dropped, so that what follows is not drawn anew
                found[-1]["laterality"] = ONE_SIDED[region]
    return found


def daily_fields(day, average, dice):
    """The evening form. Each question is skipped now and then."""
    free = day in PAIN_FREE
    worst = 0 if free else min(10, average + dice.between(1, 2))
    least = 0 if free else max(0, average - dice.between(1, 2))

    def asked(value, share=0.85):
        return value if dice.chance(share) else None

    both = dice.chance(0.93)  # worst and least are skipped together
    working = day.weekday() < 5 and day not in AWAY
    impact = ("missed" if average >= 8 else
              "reduced" if average >= 6 and dice.chance(0.4) else "none")
    impact = asked(impact, 0.8) if working else None
    triggers = dice.some(TRIGGERS, 2) if average and dice.chance(0.45) else []
    tablets = dice.chance(average / 14)
    relief = [{"what": what, "helped": dice.pick(["none", "some", "some", "a_lot"])}
              for what in dice.some(RELIEF, 2)] if average and dice.chance(0.4) else []
    note = FIXED_NOTES.get(day) or (dice.pick(NOTES) if dice.chance(0.22) else None)
    walking = asked(max(5, round(70 - 6 * average + dice.noise(14))))
    return {
        "journal_date": day.isoformat(),
        "pain_now": dice.between(least, worst),
        "pain_average": average,
        "pain_worst": worst if both else None, "pain_least": least if both else None,
        "pain_free_day": True if free else asked(False, 0.5),
        "interference": 0 if free else asked(dice.near(average - 0.5, 0.8)),
        "sites": sites(dice, worst) if average and dice.chance(0.6) else [],
        "triggers": triggers,
        "trigger_note": "moved the bookcase" if "other" in triggers else None,
        "relief": relief,
        "mood": asked(dice.near(8.2 - 0.45 * average, 0.9)),
        "energy": asked(dice.near(7.6 - 0.45 * average, 1.0)),
        "stress": asked(dice.near(2.5 + 0.3 * average, 1.2)),
        "stiffness": asked(dice.near(average, 1.0)),
        "morning_stiffness_minutes": asked(5 * dice.near(average * 1.2, 1.5, 0, 24), 0.7),
        "walking_minutes": walking,
        "steps": walking and asked(walking * 105 + dice.between(300, 1900), 0.8),
        "sitting_tolerance_minutes": asked(5 * dice.near(16 - average, 2, 1, 36), 0.3),
        "standing_tolerance_minutes": asked(5 * dice.near(12 - average, 2, 1, 36), 0.3),
        "work_impact": impact,
        "work_minutes_lost": {"missed": 480, "reduced": 30 * dice.between(1, 6)}.get(impact),
        "medication_taken": asked(tablets),
        "note": note, "note_shared": dice.chance(0.6) if note else None,
    }


def moment_fields(day, average, dice):
    rating = 0 if day in PAIN_FREE else dice.near(average, 1.0)
    return {"pain_now": rating,
            "sites": sites(dice, rating) if rating and dice.chance(0.3) else [],
            "triggers": dice.some(TRIGGERS, 1) if rating and dice.chance(0.3) else [],
            "mood": dice.near(6, 1.5) if dice.chance(0.3) else None,
            "stress": dice.near(4, 1.5) if dice.chance(0.3) else None}


def write_day(day, average):
    """The daily entry and the momentary ones of one day. Returns when the patient was last up."""
    dice, zone = Dice("day", day), AWAY.get(day, HOME)
    fate = 1.0 if day in PLOT_DAYS else dice.next()  # plot days are never left to chance
    evening = at(day, dice.between(20, 22), dice.between(0, 59), zone, dice.between(0, 59))
    evening += timedelta(milliseconds=dice.pick([0, dice.between(1, 999)]))
    moments = (1 if fate < 0.11 else dice.between(2, 4) if fate < 0.13 else
               dice.between(2, 4) if fate < 0.24 else 0)
    if day in (MOOD_AND_MOMENTS, LATE_DAILY_WITH_MOMENT):
        moments = 2
    if fate >= 0.07:  # below that the day is missed
        hours = sorted(9 + (11 * n) // 4 + dice.between(0, 1) for n in range(moments))
        for hour in hours:
            entry("momentary", at(day, hour, dice.between(0, 59), zone, dice.between(0, 59)),
                  **moment_fields(day, average, dice))
    if fate < 0.13:
        return evening

    nine = at(day, 21, 0, zone)  # what an entry typed on a later day says it is about
    typed_on = day + dice.between(2, 5) * DAY
    backfilled = at(typed_on, dice.between(8, 22), dice.between(0, 59), AWAY.get(typed_on, HOME))
    fields = daily_fields(day, average, dice)
    about_then = fields | {"pain_now": None}
    chance = 1.0 if day in PLOT_DAYS or moments else dice.next()
    if day in (MOOD_ONLY, MOOD_AND_MOMENTS):
        entry("momentary", at(day, 19, 15, zone), mood=4, note="Tired, no number for it.",
              note_shared=False)
        entry("daily", evening, journal_date=day.isoformat(), mood=5, energy=4, stress=6)
    elif day == TWO_DEVICES:
        entry("daily", at(day, 20, 10, zone), **fields)
        evening = at(day, 22, 40, zone)
        entry("daily", evening, **daily_fields(day, average + 2, dice))
    elif day == TWO_BACKFILLED:
        entry("daily", nine, at(day + 2 * DAY, 10, 30, zone), **about_then)
        entry("daily", nine, at(day + 3 * DAY, 19, 45, zone),
              **daily_fields(day, average + 1, dice) | {"pain_now": None})
    elif day in (LAST_TIMELY, FIRST_LATE):
        entry("daily", nine, at(day + 2 * DAY, 4, 0, zone, second=int(day == FIRST_LATE)),
              **about_then)
    elif day == LATE_MOMENT:
        entry("momentary", at(day, 15, 20, zone), at(day + 3 * DAY, 9, 5, zone),
              **moment_fields(day, average, dice))
    elif day == FREE_NO_NUMBERS:
        entry("daily", evening, journal_date=day.isoformat(), pain_free_day=True, mood=9)
    elif day == DATE_LINE:
        entry("momentary", at(day, 9, 0, TOKYO), **moment_fields(day, average, dice))
        entry("daily", at(day, 18, 30, TOKYO), **fields)
        entry("momentary", at(day, 12, 10, HONOLULU), **moment_fields(day, average, dice))
        entry("daily", at(day, 21, 5, HONOLULU), **daily_fields(day, average + 1, dice))
    elif zone == HONOLULU:
        entry("momentary", at(day, 8, 30, HONOLULU), **moment_fields(day, average, dice))
    elif (chance < 0.095 and typed_on not in GAPS) or day == LATE_DAILY_WITH_MOMENT:
        entry("daily", nine, backfilled, **about_then)
    elif 0.97 < chance < 1.0:  # typed the next morning: late, yet timely
        entry("daily", nine, at(day + DAY, 8, dice.between(0, 59), zone), **about_then)
    elif 0.095 <= chance < 0.16:  # typed after midnight, before the journal day ends at 04:00
        evening = at(day + DAY, dice.between(0, 3), dice.between(0, 59), zone)
        entry("daily", evening, **fields)
    else:
        entry("daily", evening, **fields)
    return evening


def write_sleep(day, average, up_until):
    """The night that ends on `day`, dated by waking."""
    dice = Dice("sleep", day)
    zone = AWAY.get(day, HOME) if day != date(2025, 10, 28) else HOME  # flew later that day
    if day in REPORTED_SLEEP:
        told = at(day, 8, dice.between(0, 59), zone)
        add("sleep_records", told, f"reported/{day}", time_zone=zone,
            utc_offset_minutes=offset(told), recorded_at=stamp(told),
            journal_date=day.isoformat(), reported_sleep_minutes=REPORTED_SLEEP[day])
        return
    fixed = CLOCK_NIGHTS.get(day)
    if day == DATE_LINE:  # asleep over the Pacific: the clock at rising is before that at bedtime
        bed, rise, fixed = at(day, 22, 0, TOKYO), at(day, 7, 30, HONOLULU), (45, 40, 5)
    elif fixed:
        bed, rise = at(day - DAY, 23, 0, zone), at(day, 7, 0, zone)
    elif day in NO_SLEEP_RECORD or not dice.chance(0.72):
        return
    else:
        bed = at(day - DAY, 22, 30, zone) + timedelta(minutes=dice.between(0, 100))
        rise = at(day, dice.between(6, 7), dice.between(0, 59), zone)
        if up_until and up_until.tzinfo.key == zone:
            bed = max(bed, (up_until + timedelta(minutes=10)).replace(microsecond=0))
    scale = (rise.astimezone(timezone.utc) - bed.astimezone(timezone.utc)) / timedelta(hours=8)
    onset, awake, end = fixed or (round(dice.between(5, 25 + 3 * average) * scale),
                                  round(dice.between(0, 10 + 6 * average) * scale),
                                  round(dice.between(0, 25) * scale))
    woken = day in CLOCK_NIGHTS or dice.chance(average / 15)
    add("sleep_records", rise, f"night/{day}", bed_at=stamp(bed), rise_at=stamp(rise),
        time_zone=rise.tzinfo.key, utc_offset_minutes=offset(rise),
        recorded_at=stamp(later(rise, minutes=dice.between(1, 50), seconds=dice.between(0, 59))),
        sleep_onset_latency_minutes=onset, wake_after_sleep_onset_minutes=awake,
        terminal_wake_minutes=end if fixed or dice.chance(0.8) else None,
        awakenings=max(dice.between(0, 1 + average // 2), int(woken)),
        quality=dice.near(8 - 0.4 * average - awake / 40, 1.0), woken_by_pain=woken)


def write_session(plan, averages):
    day, start, minutes, status, kind, techniques, note, pre, post, post24 = plan
    day, dice = date.fromisoformat(day), Dice("session", day)
    start = at(day, *map(int, start.split(":")), HOME)
    end = later(start, minutes=minutes)
    recorded = {"cancelled_patient": later(start, hours=-9), "missed": later(start, minutes=40),
                "cancelled_clinic": later(start, hours=-6)}.get(status, later(end, minutes=12))
    attended = status == "attended"
    spasm = attended and day == date(2025, 10, 2)
    session = add("treatment_sessions", start, f"visit/{day}", status=status, kind=kind,
                  starts_at=stamp(start), ends_at=stamp(end), time_zone=HOME,
                  utc_offset_minutes=offset(start), recorded_at=stamp(recorded),
                  techniques=techniques, adaptations=["acute_spasm"] if spasm else [],
                  sensations=dice.some(SENSATIONS[:6], 3) if attended else [], note=note,
                  treatment_plan_id=str(uuid.uuid5(NAMESPACE, f"treatment_plans/{day.year}")))
    before = min(10, averages[day] + dice.between(0, 2))
    if pre is not None:
        entry("pre_session", later(start, minutes=-pre), pain_now=before,
              stiffness=dice.near(before, 1), treatment_session_id=session)
    if post is not None:
        entry("post_session", later(end, minutes=post), treatment_session_id=session,
              pain_now=max(0, before - dice.pick([2, 1, 2, 1, 0, 3])), mood=dice.near(7, 1))
    if post24 is not None:
        entry("post_24h", later(end, hours=post24), treatment_session_id=session,
              pain_now=max(0, before - dice.between(0, 2)))
    if day == date(2025, 10, 7):  # a second rating in the two hours before: not the last one
        entry("momentary", later(start, minutes=-150), pain_now=min(10, before + 2))


def write_diary():
    averages = daily_averages()
    up_until = None
    for day in DIARY:
        if day in GAPS:
            up_until = None
            continue
        write_sleep(day, averages[day], up_until)
        up_until = write_day(day, averages[day])
    for plan in SESSIONS:
        write_session(plan, averages)
    for day, hour, minute, zone, fold in NIGHT_MOMENTS:
        dice = Dice("night", day, hour, minute, fold)
        entry("momentary", at(day, hour, minute, zone, fold=fold),
              pain_now=dice.near(averages[day - DAY] + 1, 0.5), note="Awake again.",
              note_shared=False)
    with open(HERE / "diary.jsonl", "w", encoding="utf-8", newline="\n") as out:
        for _, _, row in sorted(ROWS, key=lambda item: item[:2]):
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


# --- The spreadsheet ----------------------------------------------------------------------------

def write_csv():
    """A month kept in a spreadsheet: empty cells, true zeros, and notes that need quoting."""
    notes = {3: "Long drive, then\nstraight to bed", 9: 'He said "rest", I walked',
             17: "Kein Schmerz", 22: "=not a formula", 28: "Ostern vorbei, wieder am Schreibtisch"}
    with open(HERE / "daily.csv", "w", encoding="utf-8", newline="") as out:
        sheet = csv.writer(out, lineterminator="\n")
        sheet.writerow("journal_date time_zone pain_average pain_worst pain_least pain_free_day "
                       "interference mood energy stress stiffness morning_stiffness_minutes "
                       "walking_minutes steps note".split())
        for day in days(date(2025, 4, 1), date(2025, 4, 30)):
            dice, free = Dice("sheet", day), day.day in (17, 18)
            average = 0 if free else dice.near(5, 1.2, 1, 8)
            cells = [average, 0 if free else average + dice.between(0, 2),
                     0 if free else max(0, average - dice.between(0, 2)),
                     "true" if free else dice.pick(["false", ""]),
                     0 if free else dice.near(average, 1)]
            cells += [dice.near(6, 1.5), dice.near(5, 1.5), dice.near(4, 1.5), average,
                      5 * average, dice.between(0, 70), dice.between(900, 9000)]
            if not free:
                cells = [cell if n < 1 or dice.chance(0.85) else "" for n, cell in enumerate(cells)]
            if day.day == 12:  # stayed in bed with a cold: real zeros
                cells[-2:] = [0, 0]
            if day.day in (6, 20):  # the pain question was skipped, the rest was not
                cells[:5] = [""] * 5
            sheet.writerow([day, HOME, *cells, notes.get(day.day, "")])


# --- Lines an import must refuse ----------------------------------------------------------------

def write_broken():
    """Every line but one has exactly one fault; the line between them is good and must get in."""
    def line(n, **changes):
        row = {"collection": "journal_entries", "id": str(uuid.uuid5(NAMESPACE, f"broken/{n}")),
               "kind": "daily", "effective_at": f"2026-10-{n:02}T21:00:00+02:00",
               "time_zone": HOME, "utc_offset_minutes": 120,
               "recorded_at": f"2026-10-{n:02}T21:00:30+02:00", "journal_date": f"2026-10-{n:02}",
               "pain_average": 4, "pain_worst": 6, "pain_least": 2}
        row.update(changes)
        return json.dumps({k: v for k, v in row.items() if v is not None}, separators=(",", ":"))

    night = {"collection": "sleep_records", "id": str(uuid.uuid5(NAMESPACE, "broken/12")),
             "bed_at": "2026-10-12T07:00:00+02:00", "rise_at": "2026-10-11T23:00:00+02:00",
             "time_zone": HOME, "utc_offset_minutes": 120,
             "recorded_at": "2026-10-12T07:10:00+02:00", "quality": 5}
    lines = [
        (line(1)[:70], "not JSON"),
        (line(2, collection="horoscopes"), "unknown collection"),
        (line(3, pain_median=4), "unknown field pain_median"),
        (line(4, pain_worst=11), "pain_worst is above 10"),
        (line(5, pain_worst=2, pain_average=None, pain_least=6), "pain_worst is below pain_least"),
        (line(6, id=None), "id is missing"),
        (line(7), None),
        (line(8, id="not-a-uuid"), "id is not a UUID"),
        (line(9, time_zone="GMT+4", utc_offset_minutes=-240,
              effective_at="2026-10-09T21:00:00+04:00"), "time_zone is an offset, and utc_offset_minutes another one"),
        (line(10, note="before\0after"), "note contains NUL"),
        (line(11, journal_date="2090-01-01"), "journal_date is in the future"),
        (json.dumps(night, separators=(",", ":")), "rise_at is before bed_at"),
    ]
    text = "".join(line + "\n" for line, _ in lines)
    (HERE / "broken.jsonl").write_text(text, encoding="utf-8", newline="\n")
    expected = {str(n): why for n, (_, why) in enumerate(lines, 1) if why}
    (HERE / "broken.expected.json").write_text(json.dumps(expected, indent=2) + "\n",
                                               encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_diary()
    write_csv()
    write_broken()
