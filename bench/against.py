"""What a request costs in two builds of the server, which run beside each other and take turns.

The speed of a machine drifts by more than a change costs, so figures of two runs say little. Here each
build is measured for a second or two, then the other, then the other way round, and the ratio is that of
neighbours. The middle of the ratios counts; how far they lie apart tells what it is worth.
"""
import statistics

import sync


def compare(args, load, operations, bench, port):
    """Prints a table of CPU times a request, of the build `args.against` and of this one."""
    both = []
    try:
        both.append(bench(args, args.against, port + 1, args.against_login, args.against_setup))
        both.append(bench(args, args.server, port))
        print(f"idle {both[0].idle_mb:.1f} and {both[1].idle_mb:.1f} MB resident; seeding …", flush=True)
        for side in both:
            side.seed()
            side.setup()
            sync.check(side, side.port)
        found = {operation: [] for operation in operations}
        for round_ in range(args.rounds):
            for side in both:
                side.setup()  # tokens live ten minutes
            for operation in operations:
                turn = both if round_ % 2 else both[::-1]
                runs = {side.port: side.wrk(operation) for side in turn}
                found[operation].append([runs[side.port] for side in both])
        print(f"\nload before {load:.1f}, {args.patients} patients × 1095 entries, {args.rounds} turns of "
              f"{args.seconds} s each, medians of the turns; in brackets the quarter and three quarters of the ratios\n")
        print("| op | CPU ms server before | now | ratio | CPU ms database before | now | ratio | req/s ratio |")
        print("|---|---|---|---|---|---|---|---|")
        for operation, turns in found.items():
            cells = [operation]
            for key in ("server", "database"):
                before, now = (statistics.median(turn[n][key] for turn in turns) for n in (0, 1))
                cells += [f"{before:.3f}", f"{now:.3f}", spread([turn[1][key] / turn[0][key] for turn in turns])]
            cells.append(spread([turn[1]["rps"] / turn[0]["rps"] for turn in turns]))
            print("| " + " | ".join(cells) + " |")
    finally:
        for side in both:
            side.stop()


def spread(ratios):
    """The median, and the quartiles where there are enough for them."""
    middle = f"{statistics.median(ratios):.2f}"
    if len(ratios) < 4:
        return middle
    low, _, high = statistics.quantiles(ratios, n=4)
    return f"{middle} ({low:.2f}–{high:.2f})"
