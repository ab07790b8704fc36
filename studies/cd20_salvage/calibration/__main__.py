"""`python -m studies.cd20_salvage.calibration`: search the cohort as scheduled (an hour on one core), or look at one.

Without options it runs schedule.csv from nothing and ends in the committed cohort, byte for byte; progress and the
share of claims attained are printed as it goes. It needs numba (requirements/calibration.in). `--dress` keeps event
days and factors of the cohort at --out and draws anew what the models leave free; `--score` only says what it attains.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from cartwright.simulator.covariates import Row
from cartwright.simulator.plan import CALIBRATED, read_rows, write_rows
from studies.cd20_salvage.calibration import (
    cohort,
    covariates,
    factors,
    focus,
    rendered,
    repair,
    report,
    schedule,
    score,
    times,
)
from studies.cd20_salvage.calibration.slots import CD20

REPORT = CALIBRATED.with_name("calibration.csv")
DRESS_TRIES = 20
STAGES = {
    "together": covariates.together,
    "alone": covariates.alone,
    "focus": focus.focus,
    "repair": repair.repair,
}


def draw_factors(seed: int) -> np.ndarray:
    """A start for the covariates."""
    rng = np.random.default_rng(seed)
    intervals = np.round(np.clip(rng.lognormal(np.log(115), 0.5, CD20), 75, 440)) * 12 / 365
    return factors.draw(seed, intervals)


def search(runs: list[schedule.Run]) -> tuple[times.Times, np.ndarray]:
    """Event days and factors, from nothing, as scheduled."""
    days, x, best = None, None, np.inf
    for number, run in enumerate(runs, 1):
        if run.stage == "dress":
            continue
        if run.stage == "draw":
            x = draw_factors(run.cooling.seed)
            continue
        print(f"run {number} of {len(runs)}: {run.stage}, {run.cooling.steps:,} steps", flush=True)
        if run.stage == "times":
            price, found = times.search(run.cooling, days)
            if price < best:
                best, days = price, found
        else:
            price, days, x = STAGES[run.stage](run, days, x)
            print("\n".join(report.shares(score.of_models(days, x))), flush=True)
        print(f"price {price:.4g}", flush=True)
    return days, x


def dress(days: times.Times, x: np.ndarray, seed: int) -> list[Row]:
    """Plan rows whose days and responses the rendered feeds allow to derive. RuntimeError if there are none."""
    for k in range(DRESS_TRIES):
        rows, left = cohort.plan_rows(days, x, seed + k)
        open_items = {name: round(float(value), 4) for name, value in left.items() if value > 0}
        lost = rendered.lost(rows)
        print(f"dress {seed + k}: left open {open_items or 'nothing'}; not derivable {lost or 'nothing'}", flush=True)
        if not lost:
            return rows
    raise RuntimeError("no rendering shows every planned day")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.cd20_salvage.calibration",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--score", action="store_true", help="only score the cohort at --out")
    only.add_argument("--dress", action="store_true", help="keep days and factors of the cohort at --out")
    parser.add_argument("--schedule", type=Path, default=schedule.PATH, help="another schedule, for another cohort")
    parser.add_argument("--out", type=Path, default=CALIBRATED, help="the cohort as a CSV file of plan rows")
    asked = parser.parse_args()
    if not asked.score:
        runs = schedule.runs(asked.schedule)
        if asked.dress:
            known = score.read(read_rows(asked.out))
            days, x = times.Times(*known.days), known.x
        else:
            days, x = search(runs)
        write_rows(asked.out, dress(days, x, runs[-1].cooling.seed))
    parts = score.score(read_rows(asked.out))
    report.write(asked.out.with_name(REPORT.name), parts)
    print("\n".join(report.lines(parts)))


if __name__ == "__main__":
    main()
