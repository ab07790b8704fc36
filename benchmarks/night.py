"""The benchmark of a whole night: `python -m benchmarks.night --patients 20000`.

Simulates a hospital and refreshes it; then newcomers, 1 % of its patients, are all delivered in one night, which is
refreshed too; then a night that brings nothing. Prints seconds by step and by dbt layer, processor time and peak memory
of the three nights, as a table and as JSON beside it, and what the later nights cost of the first. `--against FILE`
compares with the figures of an earlier run and names the steps that became slower.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measure import Measured, run

ROOT = Path(__file__).resolve().parents[1]
STEP = re.compile(r"^\s*\d+ s\s+done\s+(.+?)\s+([\d.]+) s\s*$", re.MULTILINE)


def simulate(home: Path, *arguments: str) -> None:
    """Write the feeds in a process of its own, so that its memory does not count for the night."""
    command = [sys.executable, "-m", "cartwright.orchestration.commands.cli", "simulate", *arguments]
    done = run(command, ROOT, {"CARTWRIGHT_HOME": str(home)})
    if done.code:
        raise SystemExit(done.output)


def admit(home: Path, newcomers: Path) -> None:
    """Deliver all that another house holds to `home`, as one more night's files and rows changed on that day."""
    night = max(date.fromisoformat(path.name) for path in (home / "feeds").glob("?is/*-*")) + timedelta(days=1)
    for path in sorted((newcomers / "feeds").glob("?is/*/*")):
        source, stamp, form = re.fullmatch(r"([a-z0-9_]+?)_(\d{8}\w*)\.(.+)", path.name).groups()
        target = home / "feeds" / path.parts[-3] / night.isoformat() / f"{source}_{night:%Y%m%d}_{stamp}.{form}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(path, target)
    with sqlite3.connect(home / "feeds" / "ehr.sqlite") as con:
        con.execute("ATTACH ? AS newcomers", [str(newcomers / "feeds" / "ehr.sqlite")])
        for (table,) in con.execute("SELECT name FROM newcomers.sqlite_master WHERE type = 'table'").fetchall():
            con.execute(f"UPDATE newcomers.{table} SET updated_at = ?", [f"{night.isoformat()} 12:00:00"])
            # Both houses order from the same list of products; no other key of theirs is the same.
            into = "INSERT OR IGNORE INTO" if table == "cart_product" else "INSERT INTO"
            con.execute(f"{into} main.{table} SELECT * FROM newcomers.{table}")


def refresh(home: Path) -> Measured:
    """One night. Raises SystemExit with its words when it fails."""
    done = run(
        [sys.executable, "-m", "cartwright.orchestration.commands.cli", "refresh"], ROOT, {"CARTWRIGHT_HOME": str(home)}
    )
    if done.code:
        raise SystemExit(done.output)
    return done


def steps(night: Measured) -> dict[str, float]:
    """Seconds by step, as the night printed them."""
    return {name: float(seconds) for name, seconds in STEP.findall(night.output)}


def layers(home: Path) -> dict[str, float]:
    """Seconds of the models by layer (two threads: the sum may exceed the clock)."""
    seconds: dict[str, float] = defaultdict(float)
    for path in (home / "restricted").rglob("dbt/seconds.json"):  # of the hospital and of each study
        for table, took in json.loads(path.read_text()).items():
            seconds[table.partition(".")[0]] += took
    return dict(seconds)


def volume(home: Path) -> dict[str, int]:
    """Rows of the raw feeds, by feed."""
    with duckdb.connect(str(home / "restricted" / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute(
            "SELECT table_name[:3], sum(estimated_size)::BIGINT FROM duckdb_tables() "
            "WHERE schema_name = 'raw' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return dict(rows)


def first_night(home: Path, patients: int) -> dict[str, Any]:
    """Simulate a hospital and refresh it; everything measured, by name, and shown as it comes."""
    simulate(home, "--patients", str(patients))
    return {"patients": patients, "first": _night("first", home), "rows_before": volume(home)}


def second_night(home: Path, patients: int) -> dict[str, Any]:
    """Refresh it once more, with newcomers, 1 % of its patients; measured and shown likewise."""
    before = volume(home)
    with tempfile.TemporaryDirectory(dir=home) as newcomers:  # two sites: their numbers begin unlike ours
        simulate(Path(newcomers), "--sites", "2", "--patients", str(max(1, patients // 200)))
        admit(home, Path(newcomers))
    figures = {"second": _night("second", home), "rows_after": volume(home)}
    had, has = sum(before.values()), sum(figures["rows_after"].values())
    print(f"{patients} patients; raw rows {before} = {had:,}")
    print(f"the second night brought {has - had:,} rows, {100 * (has - had) / had:.2f} % more")
    return figures


def third_night(home: Path) -> dict[str, Any]:
    """Refresh it with nothing new; measured and shown likewise."""
    return {"third": _night("third", home)}


def _night(name: str, home: Path) -> dict[str, Any]:
    """Refresh, show and return seconds by step and layer, processor seconds and peak memory."""
    night = refresh(home)
    by_step = steps(night)
    by_layer = {layer: round(seconds, 1) for layer, seconds in layers(home).items()}
    print(f"{name} night: {night.seconds:.1f} s, processors {night.cpu_seconds:.1f} s, peak {night.peak_gb:.2f} GB")
    for step, seconds in by_step.items():
        print(f"    {step:40} {seconds:8.1f} s")
    print("    dbt by layer: " + ", ".join(f"{layer} {seconds}" for layer, seconds in by_layer.items()), flush=True)
    return {
        "seconds": round(night.seconds, 1),
        "cpu_seconds": round(night.cpu_seconds, 1),
        "peak_gb": round(night.peak_gb, 2),
        "steps": by_step,
        "dbt_layers": by_layer,
    }


NIGHTS = {"first": "first night", "second": "1 % news", "third": "no news"}
SLOWER, LEAST_SECONDS = 1.25, 1.0  # a step is told of when it takes a quarter and a second more than before


def shares(figures: dict[str, Any]) -> str:
    """Processor seconds of each night, and of the first."""
    first = figures["first"]["cpu_seconds"]
    told = [f"{words} {figures[name]['cpu_seconds'] / first:.2f}" for name, words in NIGHTS.items() if name in figures]
    return f"of the first night's {first:.0f} processor seconds: " + ", ".join(told)


def slower(figures: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Steps and nights that take longer than in an earlier run, the worst first; seconds by the clock for steps, of the
    processors for nights."""
    found = []
    for name, words in NIGHTS.items():
        now, then = figures.get(name), before.get(name)
        if not (now and then):
            continue
        pairs = {"whole program": (now["cpu_seconds"], then["cpu_seconds"])}
        pairs |= {step: (took, then["steps"].get(step, 0.0)) for step, took in now["steps"].items()}
        found += [
            (took - earlier, f"{words}, {what}: {earlier:.1f} s -> {took:.1f} s")
            for what, (took, earlier) in pairs.items()
            if took > earlier * SLOWER and took > earlier + LEAST_SECONDS
        ]
    return [line for _, line in sorted(found, reverse=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=20_000)
    parser.add_argument("--home", type=Path, help="keep the house here (default: a scratch folder)")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--against", type=Path, help="figures of an earlier run, as --json wrote them")
    given = parser.parse_args()
    os.environ.pop("CARTWRIGHT_FEEDS", None)
    with tempfile.TemporaryDirectory() as scratch:
        home = given.home or Path(scratch)
        figures = first_night(home, given.patients) | second_night(home, given.patients) | third_night(home)
    print(shares(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    if given.against:
        found = slower(figures, json.loads(given.against.read_text()))
        print("\n".join(found) or "no step became slower")


if __name__ == "__main__":
    main()
