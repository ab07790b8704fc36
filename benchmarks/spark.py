"""Spark against DuckDB: `python -m benchmarks.spark --patients 5000`.

Simulates a hospital; DuckDB builds its models in a night, and `cartwright spark` builds the same on a cluster of a
master and two workers and compares them cell by cell. Prints how long both took.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import night
from benchmarks.measure import Measured, run


def prove(home: Path, patients: int | None = None) -> Measured:
    """`cartwright spark` after one night of the new house `home`. patients: None for as many as the study had."""
    night.simulate(home, *(["--patients", str(patients)] if patients else []))
    night.refresh(home)
    print(f"DuckDB: {sum(night.layers(home).values()):.0f} s summed over the models, two at a time", flush=True)
    program = [sys.executable, "-m", "cartwright.orchestration.commands.cli", "spark"]
    done = run(program, night.ROOT, {"CARTWRIGHT_HOME": str(home)})
    print(done.output)
    figures = f"{done.seconds:.0f} s, processors {done.cpu_seconds:.0f} s, peak {done.peak_gb:.1f} GB"
    print(f"Spark, with the comparison: {figures}, exit {done.code}", flush=True)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, help="how many (default: the study's)")
    parser.add_argument("--home", type=Path, help="keep the house here (default: a scratch folder)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(prove(given.home or Path(scratch), given.patients).code)


if __name__ == "__main__":
    main()
