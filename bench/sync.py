"""What script/bench measures of sync beside requests a second: flatness and memory."""
import http.client, json, os, re, statistics, threading, time, uuid

EPOCH, COUNTER = 2 ** 40, 1_000_000
OLD, YOUNG = 3650, 50
SEEDED_MORE = 40  # journals that seed.sql puts behind the patients


def seeded(kind, number):
    return f"{kind:08d}-0000-7000-8000-{number:012d}"


class Client:
    """One connection; tells what it asked, and how long the answer took."""

    def __init__(self, port, tokens):
        self.http = http.client.HTTPConnection("127.0.0.1", port)
        self.tokens = tokens
        self.took = 0.0

    def ask(self, patient, method, path, body=None, headers=None):
        headers = {"Authorization": "Bearer " + self.tokens[patient - 1], **(headers or {})}
        started = time.perf_counter()
        self.http.request(method, path, body, headers)
        answer = self.http.getresponse()
        text = answer.read()
        self.took = time.perf_counter() - started
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:500]!r}")
        return text

    def pull(self, patient, cursor, more=""):
        return self.ask(patient, "GET", f"/v1/sync?last_pulled_at={cursor}{more}")

    def push(self, patient, cursor, rows, key):
        body = json.dumps({"changes": {"journal_entries": {"created": [], "updated": rows, "deleted": []}}})
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return body, json.loads(self.ask(patient, "POST", f"/v1/sync?last_pulled_at={cursor}", body, headers))


def tokens(home, whose=0):
    """The tokens of the patients (0), or of each patient's practitioner (1)."""
    with open(os.path.join(home, "tokens.tsv")) as f:
        return [line.split()[whose] for line in f]


def peak_mb(bench):
    with open(f"/proc/{bench.server.pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024


def edits(patient, numbers, mark):
    """Rows of a push: three fields of each entry edited."""
    return [{"id": seeded(5, patient * 10000 + n), "mood": (n + mark) % 11, "steps": (n * 31 + mark) % 30000,
             "note": f"note {mark} of about a hundred characters, as people write them in the evening before they sleep",
             "updated_at": 1793000000000 + mark, "_status": "updated", "_changed": "mood,steps,note"} for n in numbers]


def check(bench, port):
    """One request of each kind, looked at, and the pushes whose keys W2_replay repeats."""
    client, patients = Client(port, tokens(bench.home)), bench.args.patients
    now = EPOCH + COUNTER

    def count(text):
        page = json.loads(text)
        return sum(len(rows) for lists in page["changes"].values() for rows in lists.values()), page

    found = [count(client.pull(1, cursor, more))[0] for cursor, more in
             ((now, ""), (now - 20, ""), (0, "&collections=journal_entries"))]
    first, page = count(client.pull(patients + 1, 0, "&collections=journal_entries"))
    second, last = count(client.pull(patients + 1, page["timestamp"], "&collections=journal_entries"))
    found += [first, page["timestamp"] - EPOCH, second, last["has_more"]]
    if found != [0, 20, 1095, 5000, 5001, 5000, False]:
        raise SystemExit(f"the seeded journals are not as expected: {found}")
    half = patients // 2
    for patient in range(half + 1, half + 17):
        cursor = EPOCH + patient * COUNTER
        rows = edits(patient, range(0, 1050, 21), 7)
        body, answer = client.push(patient, cursor, rows, f"bench-replay-{patient}")
        if answer["accepted"] + answer["unchanged"] != 50 or answer["records"]:
            raise SystemExit(f"a push was answered with {answer}")
        with open(os.path.join(bench.home, f"replay-{patient}.tsv"), "w") as f:
            f.write(f"{cursor}\t{body}\n")


def flat(bench, port):
    """A ten-year journal against one of a month, one request after the other, in turns."""
    client, patients = Client(port, tokens(bench.home)), bench.args.patients
    old, young = range(patients + 5, patients + 21), range(patients + 21, patients + 37)
    cursors = {p: json.loads(client.pull(p, EPOCH))["timestamp"] for p in [*old, *young]}
    times = {}

    def note(name, took):
        times.setdefault(name, []).append(1000 * took)

    for _ in range(40):
        for a, b in zip(old, young):
            for name, patient in (("idle, ten years", a), ("idle, a month", b)):
                client.pull(patient, cursors[patient])
                note(name, client.took)
    for turn in range(6):
        for i, (a, b) in enumerate(zip(old, young)):
            cases = [("push, ten years, newest 50", a, range(OLD - 50, OLD)),
                     ("push, a month", b, range(YOUNG)),
                     ("push, ten years, scattered 50", a, [(turn * 11 + k * 73) % OLD for k in range(50)])]
            for name, patient, numbers in cases[(turn + i) % 3:] + cases[:(turn + i) % 3]:
                _, answer = client.push(patient, cursors[patient], edits(patient, numbers, 100 + turn * 50 + len(name)),
                                        str(uuid.uuid4()))
                note(name, client.took)
                cursors[patient] = answer["timestamp"]
                if answer["accepted"] != 50 or answer["records"]:
                    raise SystemExit(f"{name}: {answer}")
    middle = {name: statistics.median(all_) for name, all_ in times.items()}
    print("\n| flatness | ten years ms | a month ms | ratio |\n|---|---|---|---|")
    for name, a, b in (("idle pull", "idle, ten years", "idle, a month"),
                       ("push of the newest 50", "push, ten years, newest 50", "push, a month"),
                       ("push of 50 scattered", "push, ten years, scattered 50", "push, a month")):
        print(f"| {name} | {middle[a]:.2f} | {middle[b]:.2f} | {middle[a] / middle[b]:.2f} |")


def heavy(bench, port):
    """What a change costs in pushes of 50 to 5,000, and after 300 edits of the same entries."""
    client, patient = Client(port, tokens(bench.home)), bench.args.patients + 2
    cursor = [json.loads(client.pull(patient, EPOCH + patient * COUNTER))["timestamp"]]

    def push(kind, rows):
        lists = {"created": [], "updated": [], "deleted": [], kind: rows}
        body = json.dumps({"changes": {"journal_entries": lists}})
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
        answer = json.loads(client.ask(patient, "POST", f"/v1/sync?last_pulled_at={cursor[0]}", body, headers))
        if answer["accepted"] != len(rows) or answer["rejected"]:
            raise SystemExit(f"{kind}: {str(answer)[:500]}")
        cursor[0] = answer["timestamp"]
        return 1000 * client.took

    def created(count, mark):
        times = [1790000000000 - 3600000 * n for n in range(count)]
        return [{**row, "id": str(uuid.uuid4()), "kind": "momentary", "time_zone": "Europe/Berlin", "effective_at": at}
                for at, row in zip(times, edits(patient, range(count), mark))]

    def strip(rows):
        return [{k: v for k, v in row.items() if k not in ("_status", "_changed")} for row in rows]

    cases = [("created", "new entries", lambda n, mark: strip(created(n, mark))),
             ("updated", "as many entries edited", lambda n, mark: edits(patient, range(n), mark)),
             ("updated", "one entry edited as often", lambda n, mark: [row for m in range(n) for row in edits(patient, [9000], mark * 7 + m)])]
    times, mark = {}, 0
    for turn in range(5):
        for kind, name, rows in cases:
            for count in (50, 500, 5000):
                mark += 1
                times.setdefault((name, count), []).append(push(kind, rows(count, 1000 + mark)))
    print("\n| pushes | of 50, ms | of 500, ms | of 5,000, ms | ms a change: 50 | 500 | 5,000 |\n|---|---|---|---|---|---|---|")
    for _, name, _ in cases:
        middle = [statistics.median(times[name, count]) for count in (50, 500, 5000)]
        each = [f"{ms / count:.3f}" for ms, count in zip(middle, (50, 500, 5000))]
        print(f"| {name} | " + " | ".join([f"{ms:,.0f}" for ms in middle] + each) + " |")

    old = range(7000, 7050)
    for part in range(6):
        push("updated", [row for m in range(50) for row in edits(patient, old, 10000 + part * 50 + m)])
    after = {"once": [], "300": []}
    for turn in range(40):
        # The first is as long as the second, but for what was edited before.
        for name, numbers in (("once", range(6050 + turn * 10, 6100 + turn * 10)), ("300", old)):
            after[name].append(push("updated", edits(patient, numbers, 30000 + turn)))
    middle = {name: statistics.median(all_) for name, all_ in after.items()}
    print("\n| push of 50 edits | of entries edited a few times, ms | of entries edited 300 times, ms | ratio |\n|---|---|---|---|")
    print(f"| | {middle['once']:.2f} | {middle['300']:.2f} | {middle['300'] / middle['once']:.2f} |")


def memory(bench, port):
    """The most memory that the server held while first syncs of 10 000 entries ran, each time anew."""
    keys, patients = tokens(bench.home), bench.args.patients
    print("\n| first syncs of 10 000 in flight | before MB | peak MB | pages | MB of JSON a page |\n|---|---|---|---|---|")
    for in_flight in (1, 4):
        bench.restart()
        Client(port, keys).pull(1, 0)
        before, sizes = peak_mb(bench), []

        def one(patient):
            client = Client(port, keys)
            for _ in range(4):
                cursor, more = 0, True
                while more:
                    text = client.pull(patient, cursor)
                    sizes.append(len(text))
                    more, cursor = b'"has_more":true' in text[-100:], int(re.search(rb'"timestamp":(\d+)', text[-100:])[1])

        threads = [threading.Thread(target=one, args=(patients + 1 + n,)) for n in range(in_flight)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"| {in_flight} | {before:.0f} | {peak_mb(bench):.0f} | {len(sizes)} | {statistics.mean(sizes) / 2 ** 20:.1f} |")
