"""`python -m simulator.calibration`: make the calibrated cohort anew, or (`--score`) say what it attains.

The search needs numba (requirements/calibration.in) to end within the hour; progress is printed as it goes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from simulator.calibration import cohort, covariates, factors, rendered, report, score, times
from simulator.calibration.slots import CD20
from simulator.covariates import Row
from simulator.plan import CALIBRATED, read_rows, write_rows

REPORT = CALIBRATED.with_name("calibration.csv")
TIMES_RUNS = ((6.0, 4_000_000), (1.0, 1_500_000), (0.3, 1_500_000), (2.0, 1_500_000), (0.15, 1_500_000))
# Temperature, steps, weight of the multivariable models, whether days may move along.
FACTOR_RUNS = (
    (20.0, 2_000_000, 0.0, False), (4.0, 2_000_000, 1.0, True), (1.0, 2_000_000, 1.0, True),
    (0.3, 2_000_000, 1.0, True), (1.0, 2_000_000, 1.0, False), (0.2, 2_000_000, 1.0, True),
)  # fmt: skip


def search(seed: int) -> tuple[times.Times, np.ndarray]:
    """Days, then covariates on these days."""
    days, best = None, np.inf
    for run, (hot, steps) in enumerate(TIMES_RUNS):
        price, found = times.search(seed + run, steps, start=days, hot=hot)
        if price < best:
            best, days = price, found
        print(f"times, run {run + 1} of {len(TIMES_RUNS)}: {price:.3f}, best {best:.3f}", flush=True)
    rng = np.random.default_rng(seed)
    intervals = np.round(np.clip(rng.lognormal(np.log(115), 0.5, CD20), 75, 440)) * 12 / 365
    x, best = factors.draw(seed, intervals), np.inf
    for run, (hot, steps, weight, with_days) in enumerate(FACTOR_RUNS):
        price, new_x, new_days = covariates.search(
            days, x, seed + run, steps, weight=weight, hot=hot, cold=0.02, with_days=with_days
        )
        if run < 2 or price < best:
            best, x, days = price, new_x, new_days
        print(f"covariates, run {run + 1} of {len(FACTOR_RUNS)}: {price:.2f}, best {best:.2f}", flush=True)
    return days, x


def dress(days: times.Times, x: np.ndarray, seed: int, tries: int = 20) -> list[Row]:
    """Plan rows whose days and responses the rendered feeds allow to derive. RuntimeError if there are none."""
    for k in range(tries):
        rows, left = cohort.plan_rows(days, x, seed + k)
        open_items = {name: round(float(value), 4) for name, value in left.items() if value > 0}
        lost = rendered.lost(rows)
        print(f"dress {seed + k}: left open {open_items or 'nothing'}; not derivable {lost or 'nothing'}", flush=True)
        if not lost:
            return rows
    raise RuntimeError("no rendering shows every planned day")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m simulator.calibration", description=__doc__)
    parser.add_argument("--score", action="store_true", help="only score the cohort at --out")
    parser.add_argument("--seed", type=int, default=6000)
    parser.add_argument("--out", type=Path, default=CALIBRATED, help="the cohort as a CSV file of plan rows")
    asked = parser.parse_args()
    if not asked.score:
        write_rows(asked.out, dress(*search(asked.seed), asked.seed))
    parts = score.score(read_rows(asked.out))
    report.write(asked.out.with_name(REPORT.name), parts)
    print("\n".join(report.lines(parts)))


if __name__ == "__main__":
    main()
