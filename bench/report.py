"""What script/bench measures of reports beside requests a second: writes meanwhile, and memory."""
import threading

from sync import SEEDED_MORE, Client, peak_mb, seeded, tokens

PULLS = (("nothing", None), ("100 × R4, JSON", "R4"), ("100 × R4_html, page", "R4_html"), ("100 × R4_pdf, document", "R4_pdf"))


def writes(bench):
    """W1 alone, and while a hundred connections ask for reports without a pause."""
    print("\n| meanwhile | writes/s | p50 ms | p99 ms | slowest ms | reports/s | refused |\n|---|---|---|---|---|---|---|")
    for name, operation in PULLS:
        pulls = operation and bench.start_wrk(operation, 100, bench.args.write_seconds + 2)
        put = bench.end_wrk(bench.start_wrk("W1", 16, bench.args.write_seconds, delay=1 if pulls else 0))
        found = bench.end_wrk(pulls) if pulls else None
        if put["refused"] or put["failed"] or found and found["failed"]:
            raise SystemExit(f"writes beside {name}: {put} {found}")
        reports = f"{(found['requests'] - found['refused']) / found['seconds']:,.0f} | {found['refused']}" if found else "- | -"
        print(f"| {name} | {put['rps']:,.0f} | {put['p50']:.1f} | {put['p99']:.1f} | {put['max']:.0f} | {reports} |", flush=True)


def memory(bench, port):
    """The most memory that the server held for the longest reports, of 731 days with three entries each."""
    keys, patients = tokens(bench.home, 1), bench.args.patients
    print("\n| reports of 731 days, 2193 entries | in flight | before MB | peak MB | MB of the answer |\n|---|---|---|---|---|")
    for file, in_flight in (("", 1), ("", 4), ("/page.html", 4), ("/document.pdf", 1), ("/document.pdf", 4)):
        bench.restart()
        last = patients + SEEDED_MORE
        path = f"/v1/patients/{{}}/report{file}?from=2024-10-30&to=2026-10-30"
        client = Client(port, keys)
        client.ask(last, "GET", path.format(seeded(6, last)).replace("2024", "2026"))
        before, sizes = peak_mb(bench), []

        def one(patient):
            client = Client(port, keys)
            for _ in range(4):
                sizes.append(len(client.ask(patient, "GET", path.format(seeded(6, patient)))))

        threads = [threading.Thread(target=one, args=(last - n,)) for n in range(in_flight)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kind = file.split(".")[-1] if file else "json"
        print(f"| {kind} | {in_flight} | {before:.0f} | {peak_mb(bench):.0f} | {max(sizes) / 2 ** 20:.2f} |", flush=True)
