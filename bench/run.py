#!/usr/bin/env python3
"""Measures the server against pgbench running the same statements in the same run.

Usage: run.py SERVER_BINARY SETUP_BINARY PG_BIN_DIR [--seconds N] [--rounds N] [--patients N] [--only NAMES]
              [--against SERVER_BINARY]

Starts the server with a private database of its own in a temporary directory, seeds it, and then
runs each operation in interleaved rounds: pgbench, then the server under wrk. Prints the medians.
Then it looks at what reports cost and what they do to writes meanwhile (report.py), compares journals
of different lengths, and looks at the memory of first syncs (sync.py) and of long reports.
With --against it runs that build of the server beside this one, and compares what a request costs (against.py).
Everything stays on this machine and ends by itself.
"""
import argparse, os, re, shutil, signal, statistics, subprocess, sys, tempfile, time, urllib.request

import against, report, sync

PORT = 8791
CONNECTIONS = {"W1": 16, "R1": 16, "R3": 16, "R4": 8, "R4_sql": 8, "R4_90": 8, "R4_html": 8, "R4_html_90": 8,
               "R4_pdf": 8, "R4_pdf_90": 8, "R2_0": 16, "R2_20": 16, "R2_1095": 4, "R2_10k": 4,
               "W2": 4, "W2_replay": 16, "health": 16}
OPERATIONS = [name for name in CONNECTIONS if name != "health"]
NO_CEILING = ("R4_html", "R4_html_90", "R4_pdf", "R4_pdf_90", "health")  # pgbench has nothing like it
MORE = {"cost": "what a report costs in the process", "writes": "writes beside reports", "flat": "length of the journal",
        "memory": "memory of first syncs and of reports", "heavy": "pushes of 5,000, histories of 300 edits"}
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / TICKS


def children(pid):
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    return [int(p) for p in out.split()]


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


class Bench:
    def __init__(self, args, server=None, port=PORT, login="pj_server", setup=None):
        self.args, self.binary, self.port, self.login = args, server or args.server, port, login
        self.setup_binary = setup or args.setup
        self.base = f"http://127.0.0.1:{port}"
        self.home = tempfile.mkdtemp(prefix="pain-journal-bench-", dir=args.dir)
        os.chmod(self.home, 0o755)
        self.data = os.path.join(self.home, "server")
        self.log = open(os.path.join(self.home, "server.log"), "w")
        self.first_start = self.start()
        self.idle_mb = resident_mb(self.server.pid)

    def start(self):
        started = time.monotonic()
        self.server = subprocess.Popen(
            [self.binary, "serve", "--data-dir", self.data, "--listen", f"127.0.0.1:{self.port}",
             "--pool-size", "16", "--log", "warn"], stderr=self.log, stdout=self.log)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.base + "/readyz", timeout=1).read()
                break
            except OSError:
                if self.server.poll() is not None:
                    sys.exit(open(self.log.name).read())
                time.sleep(0.05)
        took = time.monotonic() - started
        with open(os.path.join(self.data, "data", "postmaster.pid")) as f:
            lines = f.read().split("\n")
        self.postmaster, self.socket = int(lines[0]), lines[4]
        return took

    def restart(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(30)
        self.start()

    def psql(self, *more):
        command = [os.path.join(self.args.pg_bin, "psql"), "-q", "-h", self.socket, "-U", "pj_admin",
                   "-d", "pain_journal", "-v", "ON_ERROR_STOP=1", *more]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def cursors(self):
        """Where every journal stands: the devices that push have seen everything."""
        heads = self.psql("-A", "-t", "-F", "\t", "-c", f"SELECT rev / {sync.COUNTER}, {sync.EPOCH} + rev FROM pj.patients")
        with open(os.path.join(self.home, "cursors.tsv"), "w") as f:
            f.write(heads)

    def seed(self):
        here = os.path.dirname(os.path.abspath(__file__))
        self.psql("-v", f"patients={self.args.patients}", "-v", "days=1095", "-f", os.path.join(here, "seed.sql"))

    def setup(self):
        host = self.socket.replace("/", "%2F")
        subprocess.run([self.setup_binary, self.data, f"postgres://{self.login}@{host}/pain_journal", self.base,
                        str(self.args.patients), self.home], check=True)

    def postgres_pids(self):
        return [self.postmaster, *children(self.postmaster)]

    def pgbench(self, operation):
        out = subprocess.run(
            [os.path.join(self.args.pg_bin, "pgbench"), "-n", "-M", "prepared", "-h", self.socket, "-U", self.login,
             "-c", str(CONNECTIONS[operation]), "-j", "1", "-T", str(self.args.seconds),
             "-f", os.path.join(self.home, f"{operation}.sql"), "pain_journal"],
            capture_output=True, text=True)
        found = re.search(r"tps = ([\d.]+)", out.stdout)
        if not found or out.returncode:
            sys.exit(f"pgbench {operation}: {out.stdout}{out.stderr}")
        return float(found.group(1))

    def start_wrk(self, operation, connections, seconds, delay=0):
        """Starts a load beside which others may run; end_wrk waits for it."""
        here = os.path.dirname(os.path.abspath(__file__))
        time.sleep(delay)
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "20s",
                   "-s", os.path.join(here, "requests.lua"), self.base, "--", operation,
                   os.path.join(self.home, "tokens.tsv"), str(self.args.patients), self.home]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def end_wrk(self, wrk):
        out, _ = wrk.communicate()
        found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", out)
        if wrk.returncode or not found or "WRONG" in out:
            sys.exit(f"wrk: {out}")
        requests, duration, refused, failed, p50, p99, slowest = (int(g) for g in found.groups())
        return {"requests": requests, "seconds": duration / 1e6, "failed": failed, "refused": refused,
                "rps": requests / (duration / 1e6), "p50": p50 / 1000, "p99": p99 / 1000, "max": slowest / 1000}

    def wrk(self, operation):
        if operation == "W2":
            self.cursors()
        before = cpu_seconds([self.server.pid]), cpu_seconds(self.postgres_pids())
        run = self.end_wrk(self.start_wrk(operation, CONNECTIONS[operation], self.args.seconds))
        after = cpu_seconds([self.server.pid]), cpu_seconds(self.postgres_pids())
        if run["failed"] or run["refused"]:
            sys.exit(f"wrk {operation}: {run}")
        per = [1000 * (a - b) / run["requests"] for a, b in zip(after, before)]
        return {**run, "server": per[0], "database": per[1]}

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)


def medians(runs):
    found = [run for run in runs if run]
    return {key: statistics.median(run[key] for run in found) for key in found[0]} if found else None


def table(args, load, operations, rows):
    print(f"\nload before {load:.1f}, {os.cpu_count()} cores, {args.patients} patients × 1095 entries, "
          f"{args.rounds} rounds of {args.seconds} s, medians\n")
    print("| op | pgbench tps | server req/s | ratio | p50 ms | p99 ms | CPU ms server | CPU ms database |")
    print("|---|---|---|---|---|---|---|---|")
    served = {}
    for operation in operations:
        limits, runs = zip(*rows[operation])
        limit = statistics.median(limits) if limits[0] else None
        served[operation] = run = medians(runs)
        ratio = statistics.median(r["rps"] / l for l, r in zip(limits, runs)) if limit and run else None
        show = lambda value, form: "-" if value is None else format(value, form)
        rest = [show(run and run[key], form) for key, form in
                (("p50", ".1f"), ("p99", ".1f"), ("server", ".3f"), ("database", ".3f"))]
        print(f"| {operation} | {show(limit, ',.0f')} | {show(run and run['rps'], ',.0f')} | {show(ratio, '.2f')} | "
              + " | ".join(rest) + " |")
    if "R4" in operations and "R4_sql" in operations:
        ratio = statistics.median(r["rps"] / l for (l, _), (_, r) in zip(rows["R4_sql"], rows["R4"]))
        print(f"\nR4 is served {ratio:.2f} times as often as R4_sql runs")
    for file, read in (("R4_html", "R4"), ("R4_pdf", "R4"), ("R4_html_90", "R4_90"), ("R4_pdf_90", "R4_90")):
        if served.get(file) and served.get(read):
            print(f"{file} takes {served[file]['server'] - served[read]['server']:.1f} ms of the server more than {read}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server"), parser.add_argument("setup"), parser.add_argument("pg_bin")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--dir", default=tempfile.gettempdir())
    parser.add_argument("--only", default=",".join([*OPERATIONS, *MORE]))
    parser.add_argument("--write-seconds", type=int, default=8)
    parser.add_argument("--against")
    # Of an older build, where these are others:
    parser.add_argument("--against-login", default="pj_server")
    parser.add_argument("--against-setup")
    args = parser.parse_args()
    chosen = args.only.split(",")
    unknown = [name for name in chosen if name not in [*CONNECTIONS, *MORE]]
    if unknown or args.patients < 40:
        parser.error(f"unknown: {unknown}" if unknown else "at least 40 patients")
    load = os.getloadavg()[0]
    if args.against:
        return against.compare(args, load, [name for name in chosen if name in CONNECTIONS and name != "R4_sql"], Bench, PORT)
    bench = Bench(args)
    try:
        print(f"first start {bench.first_start:.2f} s, idle {bench.idle_mb:.1f} MB resident; seeding …", flush=True)
        bench.seed()
        rows = {}
        operations = [name for name in chosen if name in CONNECTIONS]
        bench.setup()
        sync.check(bench, PORT)
        for round_ in range(args.rounds):
            bench.setup()  # tokens live ten minutes
            first = round_ % max(len(operations), 1)
            for operation in operations[first:] + operations[:first]:
                limit = None if operation in NO_CEILING else bench.pgbench(operation)
                measured = None if operation == "R4_sql" else bench.wrk(operation)
                rows.setdefault(operation, []).append((limit, measured))
        if operations:
            table(args, load, operations, rows)
            print(f"\nafter the load {resident_mb(bench.server.pid):.1f} MB resident", flush=True)
        if "cost" in chosen:
            print(flush=True)
            subprocess.run([args.setup, "cost"], check=True)
        bench.setup()
        if "writes" in chosen:
            report.writes(bench)
        if "flat" in chosen:
            sync.flat(bench, PORT)
        if "memory" in chosen:
            sync.memory(bench, PORT)
            report.memory(bench, PORT)
        if "heavy" in chosen:
            bench.setup()
            sync.heavy(bench, PORT)
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
