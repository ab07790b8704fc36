"""`python -m simulator.calibration`: make, improve (`--refine`), dress anew (`--dress`) or score (`--score`) a cohort.

The search needs numba (requirements/calibration.in); progress is printed as it goes. A seed always ends in the same
cohort. `--refine` keeps what it finds only if more claims are reproduced whole. `--dress` keeps days and factors and
draws anew what the models leave free.
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


def search_days(seed: int) -> times.Times:
    """Linked event days from nothing."""
    days, best = None, np.inf
    for run, (hot, steps) in enumerate(TIMES_RUNS):
        price, found = times.search(seed + run, steps, start=days, hot=hot)
        if price < best:
            best, days = price, found
        print(f"times, run {run + 1} of {len(TIMES_RUNS)}: {price:.3f}, best {best:.3f}", flush=True)
    return days


def draw_factors(seed: int) -> np.ndarray:
    """A start for the covariates."""
    rng = np.random.default_rng(seed)
    intervals = np.round(np.clip(rng.lognormal(np.log(115), 0.5, CD20), 75, 440)) * 12 / 365
    return factors.draw(seed, intervals)


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


def whole(rows: list[Row]) -> int:
    """How many claims are reproduced in every part."""
    return sum(hit for hit, _ in score.by_stage(score.score(rows)).values())


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m simulator.calibration", description=__doc__)
    parser.add_argument("--score", action="store_true", help="only score the cohort at --out")
    parser.add_argument("--refine", action="store_true", help="search on from the cohort at --out")
    parser.add_argument("--dress", action="store_true", help="keep days and factors of the cohort at --out")
    parser.add_argument("--seed", type=int, default=6000)
    parser.add_argument("--hot", type=float, help="first temperature (default 1.2; 0.3 to refine)")
    parser.add_argument("--steps", type=float, default=2e7, help="of each of the two searches for models")
    parser.add_argument("--out", type=Path, default=CALIBRATED, help="the cohort as a CSV file of plan rows")
    asked = parser.parse_args()
    if asked.dress:
        known = score.read(read_rows(asked.out))
        write_rows(asked.out, dress(times.Times(*known.days), known.x, asked.seed))
    elif not asked.score:
        if asked.refine:
            known = score.read(read_rows(asked.out))
            days, x, hot = times.Times(*known.days), known.x, asked.hot or 0.3
        else:
            days, x, hot = search_days(asked.seed), draw_factors(asked.seed), asked.hot or 1.2
        days, x = covariates.search_models(days, x, asked.seed, hot=hot, cold=0.12, steps=asked.steps)
        rows = dress(days, covariates.search_rest(days, x, asked.seed), asked.seed)
        if not asked.refine or whole(rows) > whole(read_rows(asked.out)):
            write_rows(asked.out, rows)
        else:
            print("no better than the cohort it started from, which stays")
    parts = score.score(read_rows(asked.out))
    report.write(asked.out.with_name(REPORT.name), parts)
    print("\n".join(report.lines(parts)))


if __name__ == "__main__":
    main()
