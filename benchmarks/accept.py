"""The long proofs: `make accept` prints each figure beside its target. `--only 3 7` runs some of them.

1 fresh clone, cold and warm refresh   2 the tests   3 equality with the derivable truth   4 repetition and replay
5 planted faults   6 the schedule under the daemon   7 20,000 patients   8 speed and memory of the statistics
9 coverage, size and bias in 2,000 simulated studies   10 the report in seconds   11 resampling at full size
12 thirty past nights rebuilt   13 the harnesses whole: kills of steps, of whole nights and of the daemon, full disks,
broken files, canaries, escapes, readers   14 every model by Apache Spark
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from benchmarks import full_resampling, night, operating_characteristics, spark, survival_speed, time_travel
from benchmarks.measure import Measured, run

ROOT = Path(__file__).resolve().parents[1]
SUMMARY = re.compile(r"(?:(\d+) failed, )?(\d+) passed.* in ([\d.]+)s")
HARNESSES = {
    "test_kills.py": ("kills before single calls", "1,000, nothing lost"),
    "test_night_kills.py": ("kills of whole nights", "100, nothing lost"),
    "test_daemon_kills.py": ("daemon killed, reboots: nights", "20 of 20 publish"),
    "test_full_disks.py": ("full and unwritable disks", "30, nothing lost"),
    "test_broken_files.py": ("broken files", "10,000, ledger exact"),
    "test_canaries.py": ("canaries", "0 found"),
    "test_readers.py": ("64 readers, 100 releases", "0 mixed"),
    "test_escapes.py": ("escapes", "0 of 400"),
    "test_incremental_nights.py": ("nights of touched subjects", "as built in full"),
    "test_twins.py": ("twins of every record", "all publish"),
}
failures: list[str] = []


def say(item: int, figure: str, found: object, target: str, holds: bool) -> None:
    """One line of the record; what does not hold makes the whole program fail."""
    print(f"{item}  {figure:58} {found!s:>45}   target {target:22} {'ok' if holds else 'NOT MET'}", flush=True)
    if not holds:
        failures.append(figure)


def fresh_clone(scratch: Path) -> None:
    """A stranger's first quarter of an hour: clone, one command, and the same command again."""
    clone = scratch / "clone"
    run(["git", "clone", "-q", str(ROOT), str(clone)], scratch)
    environment = {"CARTWRIGHT_HOME": str(scratch / "fresh"), "VIRTUAL_ENV": ""}
    cold = run(["make", "refresh"], clone, environment)
    print(cold.output if cold.code else "")
    say(1, "make refresh, fresh clone and environment, seconds", round(cold.seconds), "green", cold.code == 0)
    warm = run(["make", "refresh"], clone, environment)
    say(1, "make refresh again, seconds", round(warm.seconds, 1), "under 60", warm.code == 0 and warm.seconds < 60)
    for step, seconds in sorted(night.steps(warm).items(), key=lambda item: -item[1]):
        print(f"     {step:40} {seconds:8.1f} s")


def all_tests(scratch: Path) -> None:
    """Every test, once."""
    tests = run(["make", "test"], ROOT)
    _say_tests(2, "tests passed", tests, "all")
    say(2, "seconds of make test", round(tests.seconds), "under 600", tests.seconds < 600)


def equality(scratch: Path) -> None:
    """Found in the feeds = derivable from the feeds, patient by patient (20,000 patients: with item 7)."""
    for name, arguments in (
        ("the study", []),
        ("20 further seeds, as 20 sites", ["--sites", "20", "--seed", "4711"]),
    ):
        home = scratch / f"equality{len(arguments)}"
        night.simulate(home, *arguments)
        night.refresh(home)
        _say_differences(home, name)
        shutil.rmtree(home)


def repetition(scratch: Path) -> None:
    """A night without news, and a replay night by night."""
    both = _pytest("tests/pipeline/test_second_night.py", "tests/pipeline/test_replay.py")
    _say_tests(4, "second refresh and replay", both, "equal")


def faults(scratch: Path) -> None:
    """One planted fault for every fatal check."""
    _say_tests(5, "planted faults caught", _pytest("tests/pipeline/test_planted_faults.py"), "every fatal check")


def schedule(scratch: Path) -> None:
    """The daemon, for real."""
    _say_tests(6, "schedule fires and publishes", _pytest("tests/pipeline/test_schedule.py"), "2 passed")


def many_patients(scratch: Path) -> None:
    """Time, memory and equality with the truth at 20,000 patients; time and memory of a night that brings 1 % more."""
    home = scratch / "many"
    figures = night.first_night(home, 20_000)
    _say_differences(home, "20,000 patients")
    figures |= night.second_night(home, 20_000)
    rows = figures["rows_after"]
    for feed, name, least in (("lis", "laboratory", 100), ("ris", "imaging", 5), ("ehr", "treatment", 40)):
        each = rows[feed] / 20_000
        say(7, f"{name} rows a patient", round(each, 1), f"at least {least}", each >= least)
    say(7, "seconds of the full refresh", figures["first"]["seconds"], "the baseline", True)
    say(7, "peak memory of the full refresh, GB", figures["first"]["peak_gb"], "the baseline", True)
    before, after = sum(figures["rows_before"].values()), sum(rows.values())
    more = 100 * (after - before) / before
    say(7, "rows that the next night brings, %", round(more, 2), "about 1", 0.5 < more < 2)
    say(7, "seconds of that night", figures["second"]["seconds"], "the baseline", True)
    say(7, "peak memory of that night, GB", figures["second"]["peak_gb"], "the baseline", True)
    shutil.rmtree(home)


def speed_of_statistics(scratch: Path) -> None:
    """Kaplan-Meier, log-rank and Cox from counts by day, up to ten million subjects, against lifelines and R."""
    results = list(survival_speed.measure(survival_speed.SIZES))
    print("\n".join(survival_speed.table(results)))
    at = {(r["n"], r["statistic"], r["contender"]): r for r in results if "stopped" not in r}
    million, largest = 1_000_000, max(survival_speed.SIZES)
    base = at[million, "group by", "by day"]["processor"]
    for statistic in ("kaplan-meier", "log-rank"):
        ratio = at[million, statistic, "by day"]["processor"] / base
        say(8, f"{statistic} of 1e6 over the GROUP BY alone", round(ratio, 2), "about 2", ratio < 2.5)
    for what in ("processor", "peak_mb") if (million, "cox", "R") in at else ():
        ratio = at[million, "cox", "by day"][what] / at[million, "cox", "R"][what]
        say(8, f"Cox of 1e6 x 8 over R's, {what}", round(ratio, 2), "about 0.2, under 0.5", ratio < 0.5)
    fits = (largest, "cox", "by day") in at
    say(8, f"Cox of {largest:,} x 8 fits the machine", fits, "True", fits)


def past_nights(scratch: Path) -> None:
    """Thirty nights of a hospital that lives, each built again as of then."""
    wrong = time_travel.main(30, 12, scratch / "past")
    say(12, "past nights that differ when they are rebuilt", wrong, "0", wrong == 0)


def harnesses(scratch: Path) -> None:
    """Broken off, broken and leaky on purpose; each prints what it counted."""
    found = {path.name for path in (ROOT / "tests" / "harness").glob("test_*.py")}
    for name in sorted(found | HARNESSES.keys(), key=[*HARNESSES, *found].index):
        done = _pytest(f"tests/harness/{name}", "--whole", "-n", "0")
        print("\n".join(line for line in done.output.splitlines() if line.startswith("test_")))
        figure, target = HARNESSES.get(name, (name, "listed in accept.py"))
        _say_tests(13, figure, done, target)


def by_spark(scratch: Path) -> None:
    """Every model on a cluster of two workers, cell by cell."""
    for patients in (None, 5_000):
        home = scratch / "spark"
        alike = spark.prove(home, patients).code == 0
        name = f"{patients:,} patients" if patients else "the study"
        say(14, f"models that Spark builds alike, {name}", alike, "True", alike)
        shutil.rmtree(home)


def operating(scratch: Path) -> None:
    """Do intervals cover, do tests keep their size, do the variants remove the bias?"""
    found = operating_characteristics.simulate(2000, progress=True)
    print("\n".join(operating_characteristics.lines(found)))
    say(9, "properties as expected", f"{int(found['holds'].sum())} of {len(found)}", "all", bool(found["holds"].all()))


def report_in_seconds(scratch: Path) -> None:
    """Every table, figure and section of the report, without resampling, in a process of its own."""
    house = _one_night(scratch)
    done = run([sys.executable, "-m", "benchmarks.report_speed", str(house)], ROOT, _at(scratch / "report"))
    if done.code:
        raise SystemExit(done.output)
    seconds = json.loads(next(line for line in done.output.splitlines() if line.startswith('{"imports"')))
    for step, took in seconds.items():
        print(f"     {step:40} {took:8.1f} s")
    computed = round(seconds["computed"], 1)
    say(10, "seconds of the whole report, imports apart", computed, "under 10", computed < 10)


def full_size(scratch: Path) -> None:
    """Bootstrap, imputation and optimism as often as a proof wants them."""
    found = full_resampling.compare(_one_night(scratch))
    print(found.to_string(index=False))
    known = bool(found["ci_low_full"].notna().all())
    say(11, "resampled statistics with limits at full size", len(found), "all of the night's", known)


def _one_night(scratch: Path) -> Path:
    """The file of the study after a night, made once."""
    home = scratch / "report"
    if not any(home.glob("studies/*/current.duckdb")):
        shutil.rmtree(home, ignore_errors=True)
        night.simulate(home)
        night.refresh(home)
    return next((home / "restricted" / "studies").glob("*.duckdb"))


def _say_differences(home: Path, name: str) -> None:
    compared = run([sys.executable, "tests/pipeline/truth.py"], ROOT, _at(home))
    words = compared.output.splitlines()[0] if "differences" in compared.output else "not compared"
    say(3, f"differing items, {name}", words, "0 differences", compared.code == 0)
    if compared.code:
        print(compared.output)


def _at(home: Path) -> dict[str, str]:
    return {"CARTWRIGHT_HOME": str(home)}


def _pytest(*arguments: str) -> Measured:
    return run([sys.executable, "-m", "pytest", *arguments], ROOT)


def _say_tests(item: int, figure: str, tests: Measured, target: str) -> None:
    failed, passed, seconds = (SUMMARY.findall(tests.output) or [("", "0", "0")])[-1]
    words = f"{passed} in {seconds} s" + (f", {failed} failed" if failed else "")
    say(item, figure, words, target, tests.code == 0)
    if tests.code:
        print(tests.output[-3000:])


ITEMS: dict[int, Callable[[Path], None]] = {
    1: fresh_clone,
    2: all_tests,
    3: equality,
    4: repetition,
    5: faults,
    6: schedule,
    7: many_patients,
    8: speed_of_statistics,
    9: operating,
    10: report_in_seconds,
    11: full_size,
    12: past_nights,
    13: harnesses,
    14: by_spark,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=int, nargs="+", choices=ITEMS, default=list(ITEMS))
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("CARTWRIGHT_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as scratch:
        for item in given.only:
            print(f"{datetime.now().astimezone():%H:%M}  {item}: {ITEMS[item].__doc__}", flush=True)
            try:
                ITEMS[item](Path(scratch))
            except (Exception, SystemExit) as error:  # noqa: BLE001 the other items are proofs of their own
                say(item, "the item itself", f"{type(error).__name__}: {error}", "runs to its end", False)
    print("all targets met" if not failures else "not met: " + "; ".join(failures))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
