"""A row of a table of benchmarks, the same in all of them: medians of dcmfs and of a yardstick, and their ratio, more than 1
being in dcmfs's favour, beside the goal."""
import statistics

HEADER = "| work | dcmfs | yardstick | which is | ratio | goal |\n|---|---:|---:|---|---:|---|"


def print_header(times):
    print(f"medians of {times}\n\n{HEADER}", flush=True)


def print_row(work, unit, ours, theirs, which, goal):
    """`unit`: rates end with "/s"; of all else less is better. `theirs`: empty if there is nothing to compare with."""
    def text(value):
        return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"

    a = statistics.median(ours)
    if theirs:
        b = statistics.median(theirs)
        ratio = f"{a / b if unit.endswith('/s') else b / a:.2f}"
    print(f"| {work} | {text(a)} | {text(b) if theirs else ''} | {which} | {ratio if theirs else ''} | {goal} |", flush=True)
