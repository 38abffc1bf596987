#!/usr/bin/env python3
"""Compute the report numbers of two windows of diary.jsonl; write expected_report.json.

    python3 tests/data/expected_report.py

This is a second, independent computation of the formulas (clinical.md, Time, F1 to F8, and
F10 to F12), kept plain so that it can be read beside them. It shares no
code with the server. It first checks itself against the worked examples printed there. Numbers are
rounded to six decimals only when they are written.

Where the rules can be read in two ways, either the diary is such that both readings give the same
numbers (check_readings makes sure), or a remark that starts with "Reading:" says which was taken.
"""

import json
import math
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import mean, median, variance

HERE = Path(__file__).parent
DAY = timedelta(days=1)
DAY_START = timedelta(hours=4)
# When the patient of the tests was enrolled, and their today.
ENROLLED, TODAY = date(2025, 5, 1), date(2026, 11, 15)
WINDOWS = [("A", date(2025, 9, 1), date(2025, 12, 31)),
           ("B", date(2026, 5, 1), date(2026, 8, 31))]


def span(first, last):
    return [first + n * DAY for n in range((last - first).days + 1)]


# --- Student's t --------------------------------------------------------------------------------

def beta_fraction(a, b, x):
    """The continued fraction of the incomplete beta function (modified Lentz)."""
    tiny = 1e-300

    def away_from_zero(value):
        return value if abs(value) > tiny else tiny

    c, d = 1.0, 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    result = d
    for m in range(1, 1000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / away_from_zero(1.0 + term * d)
            c = away_from_zero(1.0 + term / c)
            result *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return result


def incomplete_beta(a, b, x):
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0.0 or x >= 1.0:
        return min(max(x, 0.0), 1.0)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
                     + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * beta_fraction(a, b, x) / a
    return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b


def t_quantile(p, df):
    """The value below which t with df degrees of freedom stays with probability p > 0.5."""
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        if 1.0 - incomplete_beta(df / 2, 0.5, df / (df + middle * middle)) / 2 < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# --- Days ---------------------------------------------------------------------------------------

def instant(text):
    return datetime.fromisoformat(text)


def journal_date(moment):
    """The date on the writer's clock four hours earlier; an RFC 3339 text carries that clock."""
    return (moment.replace(tzinfo=None) - DAY_START).date()


def entry_date(entry):
    if "journal_date" in entry:
        return date.fromisoformat(entry["journal_date"])
    return journal_date(instant(entry["effective_at"]))


def in_order(entry):
    return instant(entry["effective_at"]), instant(entry["recorded_at"]), entry["id"]


def rated_by(entries, ratings=("momentary",)):
    """The entries of one day that its score rests on, and the score (4.2).

    Reading: a daily entry without an average is no daily score, so the moments count; a `now`
    rating of a daily entry is not a momentary rating.
    """
    daily = [e for e in entries if e["kind"] == "daily" and "pain_average" in e]
    if daily:
        last = max(daily, key=in_order)
        return [last], float(last["pain_average"])
    moments = [e for e in entries if e["kind"] in ratings and "pain_now" in e]
    return moments, (mean([float(e["pain_now"]) for e in moments]) if moments else None)


def is_timely(entry):
    """Recorded at most 24 h after the journal day ended, by the clock offset of the entry."""
    offset = instant(entry["effective_at"]).tzinfo
    day_end = datetime.combine(entry_date(entry) + DAY, time(4), offset)
    return instant(entry["recorded_at"]) <= day_end + timedelta(hours=24)


def check_readings(day, entries):
    """Other readings of the rules of a day must not change it. See the docstring of the file."""
    used, score = rated_by(entries)
    around_sessions = ("pre_session", "post_session", "post_24h")
    assert rated_by(entries, ("momentary", *around_sessions))[1] == score, day
    daily = sorted((e for e in entries if e["kind"] == "daily"), key=in_order)
    assert len(daily) < 2 or "pain_average" in daily[-1], day
    valued = [e for e in entries if "pain_average" in e or "pain_now" in e]
    assert any(map(is_timely, used)) == any(map(is_timely, valued)), day
    assert bool(used) == bool(valued), day


# --- Formulas -----------------------------------------------------------------------------------

def composite(scores, first, last):
    """F1: the mean of the rated days; withheld below three."""
    rated = [scores[d] for d in span(first, last) if scores.get(d) is not None]
    return {"value": mean(rated) if len(rated) >= 3 else None, "n": len(rated)}, rated


def mdc95(k, sd=2.0, icc=0.65):
    reliability = k * icc / (1 + (k - 1) * icc)
    return 1.96 * math.sqrt(2) * sd * math.sqrt(1 - reliability)


def change(baseline, follow_up):
    """F3 over the rated days of both windows."""
    b, f = mean(baseline), mean(follow_up)
    delta, pct = f - b, (100 * (b - f) / b if b >= 1 else None)
    vb, vf = variance(baseline) / len(baseline), variance(follow_up) / len(follow_up)
    df = (vb + vf) ** 2 / (vb ** 2 / (len(baseline) - 1) + vf ** 2 / (len(follow_up) - 1))
    half = t_quantile(0.975, df) * math.sqrt(vb + vf)
    limit = mdc95(min(len(baseline), len(follow_up)))
    band = None
    if pct is not None and min(len(baseline), len(follow_up)) >= 5:
        band = ("worse" if pct <= -10 else "none" if pct < 10 else "minimal" if pct < 30 else
                "moderate" if pct < 50 else "substantial")
    return {"delta": delta, "pct": pct, "band": band, "ci_low": delta - half,
            "ci_high": delta + half, "mdc95": limit,
            "beyond_error": not (delta - half <= 0 <= delta + half) and abs(delta) >= limit}


def trend(points):
    """F7 (Theil-Sen) over (day number, score); gate: 10 rated days over 14 days."""
    points = sorted(points)
    n = len(points)
    if n < 10 or points[-1][0] - points[0][0] + 1 < 14:
        return None
    slopes = sorted((yj - yi) / (tj - ti)
                    for i, (ti, yi) in enumerate(points) for tj, yj in points[i + 1:])
    slope = median(slopes)
    values = [y for _, y in points]
    ties = [values.count(y) for y in set(values)]
    var_s = (n * (n - 1) * (2 * n + 5) - sum(k * (k - 1) * (2 * k + 5) for k in ties)) / 18
    c, total = 1.96 * math.sqrt(var_s), len(slopes)
    low = slopes[max(round((total - c) / 2) - 1, 0)]
    high = slopes[min(round((total + c) / 2), total - 1)]
    return {"slope_per_week": 7 * slope, "over_all": (points[-1][0] - points[0][0]) * slope, "ci_low": 7 * low, "ci_high": 7 * high, "n": n,
            "intercept": median(values) - slope * median([t for t, _ in points])}


def immediate_summary(differences):
    """F4: the median always, the mean and its interval from five pairs on."""
    n = len(differences)
    result = {"n": n, "median": median(differences) if n else None, "mean": None, "ci_low": None,
              "ci_high": None, "lower_count": sum(d < 0 for d in differences)}
    if n >= 5:
        half = t_quantile(0.975, n - 1) * math.sqrt(variance(differences) / n)
        middle = mean(differences)
        result |= {"mean": middle, "ci_low": middle - half, "ci_high": middle + half}
    return result


def session_effects(first, last, sessions, entries, scores):
    """F4 for each of these attended treatments whose journal day is in the window.

    Reading: `sustained` may use no day of another attended session nor any day beyond it, and both
    sides need two rated days. A `now` rating of a daily entry is not a momentary rating here either:
    such an entry is about a day, and is often typed at some other time.
    """
    attended = sorted((s for s in sessions if s["status"] == "attended"),
                      key=lambda s: instant(s["starts_at"]))
    held = [journal_date(instant(s["starts_at"])) for s in attended]
    ratings = sorted((e for e in entries if "pain_now" in e and e["kind"] != "daily"), key=in_order)

    def rating(start, end, which):
        found = [e["pain_now"] for e in ratings if start <= instant(e["effective_at"]) <= end]
        return float(found[which]) if found else None

    effects = []
    for n, (session, day) in enumerate(zip(attended, held)):
        if not first <= day <= last:
            continue
        start, end = instant(session["starts_at"]), instant(session["ends_at"])
        pre = rating(start - timedelta(minutes=180), start, -1)
        post = rating(end, end + timedelta(minutes=120), 0)
        post24 = rating(end + timedelta(hours=18), end + timedelta(hours=30), 0)
        previous = held[n - 1] if n > 0 else date.min
        following = held[n + 1] if n + 1 < len(held) else date.max
        before = [d for d in span(day - 3 * DAY, day - DAY) if d > previous]
        after = [d for d in span(day + DAY, day + 3 * DAY) if d < following]
        before, after = ([scores[d] for d in side if scores.get(d) is not None]
                         for side in (before, after))
        effects.append({
            "session_id": session["id"], "journal_date": day.isoformat(),
            "pre": pre, "post": post, "post24": post24,
            "immediate": post - pre if None not in (pre, post) else None,
            "sustained": mean(after) - mean(before) if min(len(before), len(after)) >= 2 else None,
        })
    return effects


# --- Spikes, plateau, states, sleep ---------------------------------------------------------------

def spikes(first, last, scores):
    """F6 (b): the days of the window that can be judged, and whether they are spikes.

    Reading: the 28 days before a day may lie before the window.
    """
    judged = {}
    for day in span(first, last):
        before = [scores[d] for d in span(day - 28 * DAY, day - DAY) if scores.get(d) is not None]
        if scores.get(day) is not None and len(before) >= 7:
            judged[day] = scores[day] >= median(before) + 2 and scores[day] >= 4
    return judged


def episodes(days):
    """Spikes with at most one other day between them are one episode."""
    found = []
    for day in sorted(days):
        if found and (day - found[-1][-1]).days <= 2:
            found[-1].append(day)
        else:
            found.append([day])
    return found


def plateau(last, scores):
    """F8 over the 28 days up to the last; None below its gate."""
    days = [d for d in span(last - 27 * DAY, last) if scores.get(d) is not None]
    if len(days) < 10:
        return None
    line = trend([((d - last).days, scores[d]) for d in days])
    previous = mean(scores[d] for d in days if d <= last - 14 * DAY)
    latest = mean(scores[d] for d in days if d > last - 14 * DAY)
    level = (line["ci_low"] <= 0 <= line["ci_high"] and abs(line["slope_per_week"]) < 0.25
             and abs(latest - previous) < 1 and latest > 2)
    return {"previous_mean": previous, "last_mean": latest, "n": len(days),
            "slope_per_week": line["slope_per_week"], "ci_low": line["ci_low"],
            "ci_high": line["ci_high"], "is_plateau": level}


def states(scores, worst):
    """F12 over rated days: each share is of the days that have its rating."""
    def share(values, condition):
        values = list(values)
        days = sum(condition(value) for value in values)
        return {"days": days, "n": len(values), "value": 100 * days / len(values)}

    return {"worst_mean": {"value": mean(worst), "n": len(worst)},
            "worst_high": share(worst, lambda w: w >= 7),
            "worst_low": share(worst, lambda w: w <= 3),
            "score_high": share(scores, lambda d: d >= 7),
            "no_pain": share(scores, lambda d: d == 0)}


def worst_change(by_day, timely, before, now):
    """F12 before and now: means of the worst pain; of the days before only those typed in time."""
    def told(days):
        worst = [worst_of(by_day.get(d, [])) for d in days]
        worst = [w for w in worst if w is not None]
        return {"value": mean(worst) if len(worst) >= 3 else None, "n": len(worst)}, worst

    (first, first_worst), (last, last_worst) = told(d for d in before if d in timely), told(now)
    return {"baseline": first, "follow_up": last, "difference": mean(last_worst) - mean(first_worst)}


def worst_of(entries):
    """The worst pain of a day, of the entry its score is from.

    Reading: where no daily entry has an average, of the last one that has a worst or least pain.
    """
    daily = sorted((e for e in entries if e["kind"] == "daily"), key=in_order)
    scored = [e for e in daily if "pain_average" in e]
    told = scored or [e for e in daily if "pain_worst" in e or "pain_least" in e]
    return told[-1].get("pain_worst") if told else None


def joined(spans, belong):
    """Groups of spans of which each belongs to another of its group."""
    groups = []
    for one in spans:
        near = [group for group in groups if any(belong(one, other) for other in group)]
        groups = [group for group in groups if group not in near] + [sum(near, [one])]
    return groups


def nights(records):
    """F10: minutes asleep and in bed by calendar date of the last waking, from instants.

    Parts less than three hours apart are one night; minutes that several records tell of count
    once, and the longest of those records says what was awake.
    """
    parts, found = [], {}
    for record in records:
        if "bed_at" in record:
            parts.append((int(instant(record["bed_at"]).timestamp()),
                          int(instant(record["rise_at"]).timestamp()), record))
        elif "reported_sleep_minutes" in record:
            day = date.fromisoformat(record["journal_date"])
            found.setdefault(day, []).append((record["reported_sleep_minutes"], None))
    for night in joined(parts, lambda a, b: a[0] < b[1] + 10800 and b[0] < a[1] + 10800):
        last = max(night, key=lambda part: part[1])[2]
        in_bed, awake, known = 0, 0, True
        for same in joined(night, lambda a, b: a[0] < b[1] and b[0] < a[1]):
            in_bed += len({second for bed, rise, _ in same for second in range(bed, rise)}) // 60
            longest = max(same, key=lambda part: part[1] - part[0])[2]
            said = [longest.get(name) for name in ("sleep_onset_latency_minutes",
                    "wake_after_sleep_onset_minutes", "terminal_wake_minutes")]
            awake, known = awake + sum(part or 0 for part in said), known and None not in said
        day = instant(last["rise_at"]).replace(tzinfo=None).date()
        found.setdefault(day, []).append((in_bed - awake, in_bed if known else None))
    return {day: max(of_day, key=lambda night: night[0]) for day, of_day in found.items()}


def ranks(values):
    """Average ranks."""
    return [sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2
            for value in values]


def spearman(pairs):
    """F11 over pairs in the order of time. Reading: lag 1 is the next pair, not the next day."""
    n = len(pairs)
    sides = [ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    sides = [[rank - mean(side) for rank in side] for side in sides]

    def product(a, b):
        return sum(x * y for x, y in zip(a, b))

    rho = product(*sides) / math.sqrt(product(sides[0], sides[0]) * product(sides[1], sides[1]))
    a1, a2 = (product(side[:-1], side[1:]) / product(side, side) for side in sides)
    n_eff = min(n, n * (1 - a1 * a2) / (1 + a1 * a2))
    se = math.sqrt((1 + rho ** 2 / 2) / (n_eff - 3))
    z = math.atanh(rho)
    return {"rho": rho, "n": n, "n_eff": n_eff,
            "ci_low": math.tanh(z - 1.96 * se), "ci_high": math.tanh(z + 1.96 * se)}


# --- The report ---------------------------------------------------------------------------------

def treatments(sessions):
    """Attended sessions in which something was treated."""
    return [s for s in sessions if (s["status"], s["kind"]) == ("attended", "treatment")]


def course_begin(sessions, last):
    """The first day of the last chain of treatments with no more than 90 days between two."""
    days = [journal_date(instant(s["starts_at"])) for s in treatments(sessions)]
    days = sorted(day for day in days if day <= last)
    begin = days.pop()
    while days and begin - days[-1] <= 90 * DAY:
        begin = days.pop()
    return begin


def expected_days(first, last, logged, enrolled, today, pauses=()):
    """The days on which an entry was due. Counted day by day: one is due from the first of any three
    logged days that seven days hold, or from the enrolment, but on no paused day, and today only if
    it is logged."""
    begins = [enrolled] + [day for day in logged
                           if sum(day + n * DAY in logged for n in range(7)) >= 3]
    days = [min(begins) + n * DAY for n in range((today - min(begins)).days + 1)]
    return [day for day in days if first <= day <= last
            and not any(begin <= day <= end for begin, end in pauses)
            and (day != today or day in logged)]


def report(first, last, lines):
    entries = [line for line in lines if line["collection"] == "journal_entries"]
    sessions = [line for line in lines if line["collection"] == "treatment_sessions"]
    by_day = {}
    for entry in entries:
        by_day.setdefault(entry_date(entry), []).append(entry)

    window = span(first, last)
    scores, timely = {}, set()
    for day in by_day:
        used, score = rated_by(by_day[day])
        scores[day] = score
        if any(map(is_timely, used)):
            timely.add(day)
    for day in window:
        check_readings(day, by_day.get(day, []))
    rated = [d for d in window if scores.get(d) is not None]

    in_window = [s for s in sessions if first <= journal_date(instant(s["starts_at"])) <= last]
    count = {status: sum(s["status"] == status for s in in_window)
             for status in ("attended", "missed", "cancelled_patient")}
    begin = course_begin(sessions, last)
    b_from, b_to = begin - 14 * DAY, begin - DAY
    baseline, b_scores = composite({d: scores[d] for d in timely}, b_from, b_to)
    follow_up, f_scores = composite(scores, max(last - 13 * DAY, begin + 15 * DAY), last)
    effects = session_effects(first, last, treatments(sessions), entries, scores)
    judged = spikes(first, last, scores)
    worst = {d: worst_of(by_day.get(d, [])) for d in window}
    slept = nights([line for line in lines if line["collection"] == "sleep_records"])
    slept = {d: night for d, night in slept.items() if first <= d <= last}
    efficiencies = [100 * asleep / in_bed for asleep, in_bed in slept.values() if in_bed]
    return {
        "from": first.isoformat(), "to": last.isoformat(),
        "daily": {d.isoformat(): scores.get(d) for d in window},
        "rated_days": len(rated),
        "expected_days": len(expected_days(first, last, set(by_day), ENROLLED, TODAY)),
        "timely_days": sum(d in timely for d in rated),
        "backfilled_days": sum(d not in timely for d in rated),
        "window_mean": composite(scores, first, last)[0],
        "baseline": baseline | {"from": b_from.isoformat(), "to": b_to.isoformat()},
        "follow_up": follow_up,
        "change": change(b_scores, f_scores),
        "trend": trend([((d - first).days, scores[d]) for d in rated]),
        "session_effects": effects,
        "immediate": immediate_summary([e["immediate"] for e in effects
                                        if e["immediate"] is not None]),
        "judged_days": len(judged),
        "spike_episodes": [{"from": days[0].isoformat(), "to": days[-1].isoformat(),
                            "spike_days": len(days)}
                           for days in episodes(d for d in judged if judged[d])],
        "spike_days_per_28": 28 * sum(judged.values()) / len(judged),
        "plateau": plateau(last, scores),
        "time_in_state": states([scores[d] for d in rated],
                                [w for w in worst.values() if w is not None]),
        "worst": worst_change(by_day, timely, span(b_from, b_to),
                              span(max(last - 13 * DAY, begin + 15 * DAY), last)),
        "sleep": {"nights": len(slept),
                  "total_sleep": mean(float(asleep) for asleep, _ in slept.values()),
                  "efficiency": mean(efficiencies), "measured": len(efficiencies)},
        "sleep_link": spearman([(slept[d][0], scores[d]) for d in sorted(slept)
                                if scores.get(d) is not None]),
        "attendance": {"value": count["attended"] / sum(count.values()), **count},
    }


def self_check():
    """The worked examples of docs/clinical.md."""
    def near(found, *wanted, within=0.005):
        for value, want in zip(found, wanted, strict=True):
            assert abs(value - want) <= within, (value, want)

    near([t_quantile(0.975, 5), t_quantile(0.975, 10)], 2.5706, 2.2281, within=5e-5)
    near([mdc95(k) for k in (1, 3, 5, 6, 7, 14)], 3.28, 2.16, 1.73, 1.59, 1.48, 1.07)
    example = change([7, 6, 8, 7, 6, 7], [4, 5, 3, 4, 4, 3])
    near([example[k] for k in ("delta", "ci_low", "ci_high", "mdc95")], -3.00, -3.97, -2.03, 1.59)
    near([example["pct"]], 43.9, within=0.05)
    assert example["band"] == "moderate" and example["beyond_error"]
    example = immediate_summary([-2, -2, -1, -2, -2, -1])
    near([example[k] for k in ("median", "mean", "ci_low", "ci_high", "lower_count")],
         -2, -1.67, -2.21, -1.12, 6)
    series = [7, 6, 7, 8, None, 6, 7, 6, 6, None, 5, 6, 5, 9, 5, 4, 5, None, 4, 5, 4]
    example = trend([(t, y) for t, y in enumerate(series) if y is not None])
    near([example[k] for k in ("slope_per_week", "ci_low", "ci_high", "n", "intercept", "over_all")],
         -1.00, -1.40, -0.54, 18, 7.5, -2.86)
    rated = [y for y in series if y is not None]
    near([states(rated, rated)["score_high"][k] for k in ("days", "n")], 5, 18)
    near([states(rated, rated)["score_high"]["value"]], 27.8, within=0.05)

    start = date(2026, 3, 1)
    series = [4, 5, 4, 4, 5, 4, 4, 5, 7, 8, 5, 7, 4, None, 4, 4, 3, 4, 4, 6, 4, 4]
    judged = spikes(start, start + 21 * DAY, {start + n * DAY: y for n, y in enumerate(series)})
    days = [(d - start).days for d in judged if judged[d]]
    assert days == [8, 9, 11, 19], days
    assert [len(run) for run in episodes(d for d in judged if judged[d])] == [3, 1]
    series = zip(range(0, 28, 3), [5, 4, 5, 5, 4, 4, 5, 4, 5, 4])
    example = plateau(start + 27 * DAY, {start + n * DAY: y for n, y in series})
    near([example[k] for k in ("previous_mean", "last_mean", "slope_per_week", "ci_low", "ci_high")],
         4.6, 4.4, 0, -0.39, 0)
    assert example["is_plateau"]
    night = {"bed_at": "2026-03-28T23:00:00+01:00", "rise_at": "2026-03-29T07:00:00+02:00",
             "sleep_onset_latency_minutes": 25, "wake_after_sleep_onset_minutes": 40,
             "terminal_wake_minutes": 15}
    assert nights([night]) == {date(2026, 3, 29): (340, 420)}
    for times, asleep in [(("01T22:00", "02T02:00", "02T02:45", "02T06:45"), 480),
                          (("01T22:00", "02T04:10", "02T04:40", "02T07:40"), 550),
                          (("01T22:00", "01T23:50", "02T00:30", "02T06:30"), 470)]:
        a, b, c, d = (f"2026-05-{time}:00+02:00" for time in times)
        parts = [{"bed_at": c, "rise_at": d}, {"bed_at": a, "rise_at": b}]
        assert nights(parts) == {date(2026, 5, 2): (asleep, None)}, nights(parts)
    first, today = date(2026, 9, 1), date(2026, 11, 27)
    history = {first + n * DAY for n in range(88) if n % 11 != 5}
    assert len(history) == 80
    assert len(expected_days(date(2026, 8, 1), today, history, today, today)) == 88
    assert len(expected_days(date(2026, 8, 1), today, history - {today}, today, today)) == 87
    lone = {first, first + 3 * DAY, first + 7 * DAY}
    assert len(expected_days(first, today, lone, today, today)) == 0
    assert len(expected_days(first, today, lone | {first + 9 * DAY}, today, today)) == 84
    away = [(date(2026, 11, 12), date(2026, 11, 21)), (date(2026, 11, 1), date(2026, 11, 2))]
    assert len(expected_days(first, today, {today}, date(2026, 10, 29), today, away)) == 18
    sleep = [7, 6, 5.5, 7.5, 8, 6.5, 5, 6, 7, 7.5, 4.5, 6, 8, 7, 6.5, 5.5, 7, 7.5, 6, 5, 8, 7.5, 6.5, 7]
    pain = [5, 5, 6, 6, 3, 5, 6, 7, 4, 5, 6, 4, 5, 3, 6, 5, 6, 3, 4, 5, 4, 6, 3, 4]
    example = spearman(list(zip(sleep, pain)))
    near([example[k] for k in ("ci_low", "ci_high", "n_eff")], -0.67, 0.08, 24)
    near([example["rho"]], -0.348, within=0.0005)
    near([spearman(list(zip(sleep[1:], pain)))["rho"]], 0.03)


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 6) + 0.0 if isinstance(value, float) else value


if __name__ == "__main__":
    self_check()
    with open(HERE / "diary.jsonl", encoding="utf-8") as diary:
        diary_lines = [json.loads(line) for line in diary]
    result = {name: rounded(report(first, last, diary_lines)) for name, first, last in WINDOWS}
    (HERE / "expected_report.json").write_text(json.dumps(result, indent=1) + "\n",
                                               encoding="utf-8", newline="\n")
