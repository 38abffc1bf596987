"""Tables as other programs write them, and what Python's csv module reads in them: the outside judge of
the import. Prints one JSON object a line: the bytes of a file in hex, and its rows.

Usage: spreadsheets.py SEED COUNT
"""

import csv
import io
import json
import random
import sys
from datetime import date, timedelta

PIECES = ["Rücken", "a", " ", ",", ";", "\t", '"', "\n", "4.0", "=1+1", "😀", "'", "|", "ß", "-"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def note(rng):
    text = "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 8)))
    return text if text.strip() else ""


def written(rng):
    """A table in a random dialect: its text, its delimiter."""
    class Dialect(csv.Dialect):
        delimiter = rng.choice(",;\t")
        quotechar = '"'
        doublequote = True
        quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
        lineterminator = rng.choice(["\n", "\r\n", "\r"])

    out = io.StringIO(newline="")
    writer = csv.writer(out, Dialect)
    writer.writerow(["journal_date", "mood", "note"])
    day = date(2025, 1, 1)
    for _ in range(rng.randint(1, 12)):
        day += timedelta(days=rng.randint(1, 3))
        mood = rng.choice([0, 4, 10, 11, "4,0" if Dialect.delimiter != "," else "4.0", ""])
        # Spreadsheets end lines within a cell by LF whatever ends the rows.
        writer.writerow([day.isoformat(), mood, note(rng)])
    return out.getvalue(), Dialect.delimiter


def rows_of(text, delimiter):
    """The rows below the header as csv reads them strictly, with the line each begins on; None where it
    finds the table broken."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, line = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append({"line": line, "cells": [c.replace("\r\n", "\n").replace("\r", "\n") for c in cells]})
            line = reader.line_num + 1
    except csv.Error:
        return None
    return rows[1:]


def damaged(rng, text):
    """The text with one to three signs of its structure taken out or put in."""
    head, rest = text[:26], text[26:]
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(rest))
        if rng.random() < 0.5:
            rest = rest[:at] + rng.choice('",;\t\n') + rest[at:]
        else:
            found = [i for i, c in enumerate(rest) if c in '",;\t\n\r']
            if found:
                at = rng.choice(found)
                rest = rest[:at] + rest[at + 1 :]
    return head + rest


def main():
    rng = random.Random(int(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        text, delimiter = written(rng)
        is_sound = number % 2 == 0
        if not is_sound:
            text = damaged(rng, text)
        encoding = rng.choice(ENCODINGS)
        data = MARKS.get(encoding, b"") + text.encode(encoding)
        rows = rows_of(text, delimiter)
        print(json.dumps({"hex": data.hex(), "text": text, "is_sound": is_sound, "rows": rows}))


main()
