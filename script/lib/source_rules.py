#!/usr/bin/env python3
"""Checks rules for sources that no compiler knows.

Usage: source_rules.py [DIRECTORY]     the top directory of the project is the default

In src and in crates/*/src:

 1. A file has at most 500 lines of code; blank lines and comments do not count.
 2. No todo!, unimplemented! or dbg! is left.
 3. No file is named after what it is instead of what it is about: utils.rs, models.rs.
 4. Every file starts with a module comment (//!).
 5. Every migration can be undone: it has an up.sql and a down.sql.
 6. No run of 12 or more lines of code occurs twice; imports do not count.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

LONGEST_FILE = 500
SHORTEST_REPEAT = 12
UNFINISHED = re.compile(r"\b(todo|unimplemented|dbg)!\s*[(\[{]")
EMPTY_NAMES = {"util", "utils", "helpers", "misc", "models"}
IMPORT = re.compile(r"(pub(\([^)]*\))?\s+)?use\s")


def code_lines(text):
    """Yields (number, stripped line) of all lines that are neither blank nor only a comment."""
    in_comment = False
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if in_comment:
            in_comment = "*/" not in line
        elif line.startswith("/*"):
            in_comment = "*/" not in line
        elif line and not line.startswith("//"):
            yield number, line


def without_imports(lines):
    """Leaves out `use` declarations, which may span several lines."""
    in_import = False
    for number, line in lines:
        if in_import or IMPORT.match(line):
            in_import = not line.endswith(";")
        else:
            yield number, line


def check_file(name, text):
    """Yields the faults of one source file by rules 1 to 4."""
    lines = list(code_lines(text))
    if len(lines) > LONGEST_FILE:
        yield f"{name}: {len(lines)} lines of code, at most {LONGEST_FILE} are allowed"
    for number, line in lines:
        for found in UNFINISHED.finditer(line):
            yield f"{name}:{number}: {found.group(1)}! is left"
    if Path(name).stem in EMPTY_NAMES or EMPTY_NAMES & set(Path(name).parts):
        yield f"{name}: a name that says what the file is about is needed"
    if not text.startswith("//!"):
        yield f"{name}: the module comment (//!) at the top is missing"


def check_migrations(folder):
    """Yields the migrations that cannot be done or undone."""
    for migration in sorted(path for path in folder.iterdir() if path.is_dir()):
        for part in ("up.sql", "down.sql"):
            file = migration / part
            if not file.is_file() or not file.read_text(encoding="utf-8").strip():
                yield f"{folder.name}/{migration.name}: {part} is missing or empty"


def check_repeats(sources):
    """Yields every run of code that occurs twice in `sources`, a dict of names and texts."""
    code = {name: list(without_imports(code_lines(text))) for name, text in sources.items()}
    places = defaultdict(list)
    for name, lines in code.items():
        for start in range(len(lines) - SHORTEST_REPEAT + 1):
            run = tuple(line for _, line in lines[start : start + SHORTEST_REPEAT])
            places[run].append((name, start))

    reported = set()  # pairs of places that belong to a run reported already
    for run, found in places.items():
        for index, (one, first) in enumerate(found):
            for other, second in found[index + 1 :]:
                if one == other and second - first < SHORTEST_REPEAT:
                    continue  # a run cannot repeat itself half-way
                if (one, first, other, second) in reported:
                    continue
                length = 0
                while (
                    first + length < len(code[one])
                    and second + length < len(code[other])
                    and code[one][first + length][1] == code[other][second + length][1]
                    and not (one == other and first + length >= second)
                ):
                    reported.add((one, first + length, other, second + length))
                    length += 1
                yield (
                    f"{one}:{code[one][first][0]} and {other}:{code[other][second][0]}: "
                    f"the same {length} lines of code"
                )


def check(top):
    """Returns all faults of the project in `top`."""
    folders = [top / "src", *top.glob("crates/*/src")]
    files = sorted(path for folder in folders for path in folder.rglob("*.rs"))
    sources = {str(path.relative_to(top)): path.read_text(encoding="utf-8") for path in files}
    faults = [fault for name, text in sources.items() for fault in check_file(name, text)]
    faults += check_migrations(top / "migrations")
    faults += check_repeats(sources)
    return len(sources), faults


def main():
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    top = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    count, faults = check(top)
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    print(f"{count} source files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
