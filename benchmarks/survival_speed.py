"""Kaplan-Meier, log-rank and Cox (8 covariates) at growing n: counts by day from DuckDB, against lifelines and R.

python benchmarks/survival_speed.py --sizes 1000 100000 1000000
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which

import duckdb
import numpy as np
import pandas as pd

from analysis.cox import DaySums, cox_by_day
from analysis.survival import kaplan_meier_from_counts, logrank_from_counts

P = 8
NAMES = [f"x{i}" for i in range(P)]
R_SCRIPT = """library(survival); d <- read.csv(commandArgs(TRUE)[1])
t <- function(e) cat(system.time(e)[["elapsed"]], "")
t(survfit(Surv(day, event) ~ 1, d)); t(survdiff(Surv(day, event) ~ arm, d))
t(f <- coxph(as.formula(paste("Surv(day, event) ~", paste0("x", 0:7, collapse = "+"))), d, eps = 1e-12))
cat(sprintf("%.15g", coef(f)))"""


def cohort(n: int, seed: int = 1) -> pd.DataFrame:
    """Whole-day times up to 2,500, 8 covariates of which `x0` is the arm, about two thirds events."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, P))
    x[:, 0] = rng.integers(0, 2, n)
    death = rng.exponential(600 * np.exp(-x @ np.linspace(-0.4, 0.4, P)))
    censor = rng.uniform(200, 2500, n)
    frame = pd.DataFrame(x, columns=NAMES)
    frame["day"] = np.minimum(death, censor).astype(int) + 1
    frame["event"] = (death <= censor).astype(int)
    frame["arm"] = x[:, 0].astype(int)
    return frame


def by_day(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Seconds of the grouped pass alone, and of each statistic with its own pass."""
    group = """select day as time, arm as "group", count(*) filter (event = 1) as events,
                      count(*) filter (event = 0) as censored from cohort group by all"""
    seconds = {}
    seconds["group by day"], _ = _timed(lambda: con.execute(group).df())
    seconds["kaplan-meier"], _ = _timed(lambda: kaplan_meier_from_counts(con.execute(group).df()))
    seconds["log-rank"], _ = _timed(lambda: logrank_from_counts(con.execute(group).df()))
    seconds["cox"], fit = _timed(lambda: cox_by_day(lambda beta: day_sums(con, beta), NAMES))
    return {**seconds, "beta": fit["beta"].to_numpy()}


def day_sums(con: duckdb.DuckDBPyConnection, beta: np.ndarray) -> DaySums:
    """One grouped query: 1 + 8 + 36 weighted sums per day and event status; those leaving are both together."""
    eta = " + ".join(f"{b!r} * {name}" for b, name in zip(beta.tolist(), NAMES, strict=True))
    terms = ["r", *(f"r{i}" for i in range(P)), *(f"r{i} * x{j}" for i in range(P) for j in range(i + 1))]
    sums = ", ".join(f"sum({term})" for term in [*terms, *NAMES])
    query = f"""select day, event, count(*), {sums}
        from (select *, {", ".join(f"r * x{i} as r{i}" for i in range(P))}
              from (select *, exp({eta}) as r from cohort))
        group by day, event order by day, event"""
    values = np.column_stack(list(con.execute(query).fetchnumpy().values())).astype(float)
    days, at = np.unique(values[:, 0], return_inverse=True)
    has_event, k = values[:, 1] == 1, 3 + len(terms)
    leaving, events = (np.zeros((days.size, values.shape[1])) for _ in range(2))
    np.add.at(leaving, at, values)
    events[at[has_event]] = values[has_event]
    return DaySums(leaving[:, 3:k], events[:, 3:k], events[:, 2], events[:, k:])


def by_lifelines(frame: pd.DataFrame) -> dict[str, float]:
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

    km, _ = _timed(lambda: KaplanMeierFitter().fit(frame["day"], frame["event"]))
    test, _ = _timed(lambda: multivariate_logrank_test(frame["day"], frame["arm"], frame["event"]))
    cox, fit = _timed(lambda: CoxPHFitter().fit(frame[[*NAMES, "day", "event"]], "day", "event"))
    return {"kaplan-meier": km, "log-rank": test, "cox": cox, "beta": fit.params_.to_numpy()}


def by_r(frame: pd.DataFrame) -> dict[str, float] | None:
    if not which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder) / "cohort.csv", Path(folder) / "cohort.R"
        frame.to_csv(path, index=False)
        script.write_text(R_SCRIPT)
        words = subprocess.run(["Rscript", script, path], capture_output=True, text=True, check=True).stdout.split()
    km, test, cox, *beta = map(float, words)
    return {"kaplan-meier": km, "log-rank": test, "cox": cox, "beta": np.array(beta)}


def _timed(call, repeats: int = 3):
    """Best of three, so that imports and a busy machine count less."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--largest-for-others", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"{'n':>10} {'tool':<10} {'group by':>9} {'km':>8} {'log-rank':>9} {'cox':>8} {'max |d beta|':>13}")
    for n in options.sizes:
        frame = cohort(n)
        con = duckdb.connect()
        con.register("frame", frame)
        con.execute("create table cohort as select * from frame")
        con.unregister("frame")
        ours = by_day(con)
        others = {"lifelines": by_lifelines, "R": by_r} if n <= options.largest_for_others else {}
        for tool, found in {"by day": ours, **{name: call(frame) for name, call in others.items()}}.items():
            if found is None:
                continue
            gap = np.abs(found["beta"] - ours["beta"]).max()
            print(
                f"{n:>10,} {tool:<10} {found.get('group by day', float('nan')):>9.4f} {found['kaplan-meier']:>8.4f} "
                f"{found['log-rank']:>9.4f} {found['cox']:>8.3f} {gap:>13.1e}",
                flush=True,
            )
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
