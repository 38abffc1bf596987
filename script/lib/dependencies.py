#!/usr/bin/env python3
"""Checks the dependencies that Cargo.lock names.

Usage: dependencies.py

 1. Every crate can be used under a licence of the list below.
 2. Every crate but our own comes from the registry: no Git repository, no directory.
 3. The crates that are built in more than one version are those of duplicate-crates.txt, which may
    only get shorter: a line that is no longer true has to go, a new one needs a very good reason.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
DUPLICATES = Path(__file__).resolve().with_name("duplicate-crates.txt")

# The packages that are no dependencies.
OURS = {"pain-journal", "private-postgres"}

# One platform for all who run this, so that all get the same answer.
PLATFORM = "x86_64-unknown-linux-gnu"

LICENCES = {
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
}
EXCEPTIONS = {"LLVM-exception"}


def is_allowed(expression):
    """Whether the list satisfies an SPDX expression; the old form `MIT/Apache-2.0` means OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either():
        allowed = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            allowed = both() or allowed
        return allowed

    def both():
        allowed = single()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            allowed = single() and allowed
        return allowed

    def single():
        token = tokens.pop(0)
        if token == "(":
            allowed = either()
            tokens.pop(0)
            return allowed
        allowed = token in LICENCES
        if tokens and tokens[0] == "WITH":
            allowed = allowed and tokens[1] in EXCEPTIONS
            del tokens[:2]
        return allowed

    try:
        return either() and not tokens
    except IndexError:  # the expression ends too early
        return False


def built_packages():
    """The packages that one platform builds, as a dict from (name, version) to the licence."""
    command = ["cargo", "tree", "--locked", "--workspace", "--target", PLATFORM]
    command += ["--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}\t{l}"]
    result = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, check=False)
    if result.returncode != 0:
        sys.exit("error: cargo tree failed")
    packages = {}
    for line in result.stdout.decode("utf-8").splitlines():
        if line.strip():
            package, licence = line.split("\t")
            name, version = package.split()[:2]
            packages[name, version] = licence.replace("(*)", "").strip()
    return packages


def check_licences(packages):
    """Yields the faults by rule 1."""
    for (name, version), licence in packages.items():
        if not licence:
            yield f"{name} {version}: it names no licence"
        elif not is_allowed(licence):
            yield f"{name} {version}: licence {licence} is not allowed"


def check_sources(lock):
    """Yields the faults by rule 2. The lock file has the crates of all platforms."""
    for block in lock.split("[[package]]")[1:]:
        fields = dict(re.findall(r'^(\w+) = "(.*)"$', block, re.MULTILINE))
        source = fields.get("source", "a directory")
        if fields["name"] not in OURS and not source.startswith(("registry+", "sparse+")):
            yield f"{fields['name']}: it comes from {source}, not from the registry"


def check_duplicates(packages):
    """Yields the faults by rule 3, and prints the duplicates."""
    versions = defaultdict(set)
    for name, version in packages:
        versions[name].add(version)
    built = {name: sorted(found) for name, found in versions.items() if len(found) > 1}
    lines = (line.split("#")[0].split() for line in DUPLICATES.read_text("utf-8").splitlines())
    known = {line[0]: int(line[1]) for line in lines if line}
    for name, found in sorted(built.items()):
        print(f"in {len(found)} versions: {name} {', '.join(found)}")
        if len(found) > known.get(name, 1):
            yield (
                f"{name} is built in {len(found)} versions ({', '.join(found)}); "
                f"`cargo tree --invert {name}@{found[-1].lstrip('v')}` tells for whom"
            )
    for name, count in sorted(known.items()):
        if len(built.get(name, ["one"])) < count:
            yield f"{name} is built in fewer than {count} versions now: update {DUPLICATES.name}"


def main():
    if sys.argv[1:]:
        print(__doc__.strip())
        return 0 if sys.argv[1] in ("-h", "--help") else 1
    packages = built_packages()
    faults = list(check_licences(packages))
    faults += check_sources((TOP / "Cargo.lock").read_text("utf-8"))
    faults += check_duplicates(packages)
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    print(f"{len(packages)} packages, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
