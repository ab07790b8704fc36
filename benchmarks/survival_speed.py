"""Kaplan-Meier, log-rank and Cox with 8 covariates at growing n: `python -m benchmarks.survival_speed`.

Contenders: counts and sums by day grouped in DuckDB, the rows themselves in analysis/, lifelines, and R survival where
it is installed. Each figure is taken in a process of its own: seconds of the statistic alone (best of three while that
is quick), processor seconds of the same, peak memory of the whole process with its data. Ratios are of processor
seconds: they hold on a busy machine too. A contender that would need more than a minute, were its time to grow with n,
or needs more memory than `MOST_BYTES`, is not asked at larger sizes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import which
from typing import Any

P = 8
NAMES = [f"x{i}" for i in range(P)]
STATISTICS = ("group by", "kaplan-meier", "log-rank", "cox")
SIZES = (1_000, 100_000, 1_000_000, 10_000_000)
LONGEST_SECONDS, TIMEOUT_SECONDS, MOST_BYTES = 60, 400, 10 * 2**30

# Whole-day times up to 2,500; x0 is the arm, the others are normal; about two thirds events; the same rows every time.
COHORT = """
    CREATE TABLE cohort AS
    WITH uniform AS (
        SELECT {uniforms} FROM range({n}) AS subject(i)
    ), covariate AS (
        SELECT (u0 < 0.5)::DOUBLE AS x0, {normals}, u8, u9 FROM uniform
    ), course AS (
        SELECT *, -ln(u8) * 600 * exp({risk}) AS death, 200 + 2300 * u9 AS censoring FROM covariate
    )
    SELECT {names}, 1 + floor(least(death, censoring))::INTEGER AS day, (death <= censoring)::INTEGER AS event
    FROM course
"""
COUNTS = """
    SELECT day AS time, x0 AS "group", count(*) FILTER (event = 1) AS events, count(*) FILTER (event = 0) AS censored
    FROM cohort GROUP BY ALL
"""
# The columns arrive as one binary file each, so that reading them costs R neither time nor copies.
R_PROGRAM = """
suppressMessages(library(survival)); a <- commandArgs(TRUE)
d <- lapply(c(paste0("x", 0:7), "day", "event"), function(name) {
  f <- file.path(a[1], name); readBin(f, "double", file.size(f) / 8) })
names(d) <- c(paste0("x", 0:7), "day", "event"); d <- as.data.frame(d)
statistic <- list(
  "kaplan-meier" = function() survfit(Surv(day, event) ~ 1, d),
  "log-rank" = function() survdiff(Surv(day, event) ~ x0, d),
  "cox" = function() coxph(as.formula(paste("Surv(day, event) ~", paste0("x", 0:7, collapse = "+"))), d, eps = 1e-12)
)[[a[2]]]
took <- c()
repeat {
  s <- system.time(r <- statistic()); took <- rbind(took, c(s[["elapsed"]], s[["user.self"]] + s[["sys.self"]]))
  if (nrow(took) == 3 || sum(took[, 1]) > 10) break
}
best <- took[which.min(took[, 1]), ]
value <- switch(a[2], "kaplan-meier" = tail(r$surv[r$time <= 365], 1), "log-rank" = r$chisq, "cox" = coef(r))
cat(sprintf('{"seconds": %.6f, "processor": %.6f, "value": [%s]}', best[1], best[2],
            paste(sprintf("%.15g", value), collapse = ", ")))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--page", action="store_true", help="also write the table into docs/benchmarks.md")
    parser.add_argument("--one", nargs=3, metavar=("CONTENDER", "STATISTIC", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_contend(*options.one)))
        return
    results = []
    for result in measure(options.sizes):
        results.append(result)
        print({key: value for key, value in result.items() if key != "value"}, file=sys.stderr, flush=True)
    lines = table(results)
    print("\n".join(lines))
    if options.page:
        from benchmarks.page import write_section

        write_section("survival speed", lines)


def measure(sizes: Iterable[int]) -> Iterable[dict[str, Any]]:
    """One result a size, statistic and contender: n, statistic, contender, seconds, processor, peak_mb, value; or
    `stopped`: why there is none."""
    stopped: dict[tuple[str, str], str] = {}
    contenders = ["by day", "rows", "lifelines", *(["R"] if which("Rscript") else [])]
    sizes = sorted(sizes)
    for n, following in zip(sizes, [*sizes[1:], math.inf], strict=True):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            _make_cohort(folder, n, columns="R" in contenders and any(("R", s) not in stopped for s in STATISTICS[1:]))
            for statistic in STATISTICS:
                for contender in contenders if statistic != "group by" else ["by day"]:
                    of = {"n": n, "statistic": statistic, "contender": contender}
                    key = (contender, statistic)
                    if key not in stopped:
                        found = _in_a_process(contender, statistic, folder)
                        if "stopped" in found:
                            stopped[key] = found["stopped"]
                        else:
                            yield {**of, **found}
                            if contender != "by day" and found["processor"] * following / n > LONGEST_SECONDS:
                                stopped[key] = f"{found['processor']:.1f} s at {n:,} would be more than a minute"
                            continue
                    yield {**of, "stopped": stopped[key]}


def table(results: list[dict[str, Any]]) -> list[str]:
    """Markdown: each figure, and its ratio to the plain GROUP BY and to R of the same size."""
    at = {(r["n"], r["statistic"], r["contender"]): r for r in results}
    lines = [
        "| subjects | statistic | by | seconds | processor s | peak MB | time / GROUP BY | time / R | memory / R "
        "| difference |",
        "|---:|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for r in results:
        head = f"| {r['n']:,} | {r['statistic']} | {r['contender']} |"
        if "stopped" in r:
            lines.append(f"{head} not run: {r['stopped']} | | | | | | |")
            continue
        group, by_r, ours = (
            at.get((r["n"], *key), {})
            for key in (("group by", "by day"), (r["statistic"], "R"), (r["statistic"], "by day"))
        )
        lines.append(
            f"{head} {r['seconds']:.3g} | {r['processor']:.3g} | {r['peak_mb']:.0f} "
            f"| {_ratio(r, group, 'processor')} | {_ratio(r, by_r, 'processor')} | {_ratio(r, by_r, 'peak_mb')} "
            f"| {_difference(r, ours)} |"
        )
    return lines


def _ratio(result: dict[str, Any], reference: dict[str, Any], what: str) -> str:
    return f"{result[what] / reference[what]:.2g}" if reference.get(what) else ""


def _difference(result: dict[str, Any], ours: dict[str, Any]) -> str:
    """Largest difference of the answer to the one from counts by day, relative where that is above 1."""
    pairs = zip(result["value"], ours.get("value", []), strict=result is not ours)
    gaps = [abs(a - b) / max(1, abs(b)) for a, b in pairs]
    return f"{max(gaps):.0e}" if gaps and result is not ours else ""


def _in_a_process(contender: str, statistic: str, folder: Path) -> dict[str, Any]:
    """Run one contender in a child; its answer with `peak_mb`, or `stopped` and why."""
    command = [sys.executable, "-m", "benchmarks.survival_speed", "--one", contender, statistic, str(folder)]
    if contender == "R":
        script = folder / "contender.R"
        script.write_text(R_PROGRAM)
        command = ["Rscript", "--vanilla", str(script), str(folder), statistic]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))

    with open(folder / "answer", "w+") as answer:
        child = subprocess.Popen(command, stdout=answer, stderr=subprocess.DEVNULL, preexec_fn=limit)
        started, code, usage = time.monotonic(), None, None
        while code is None:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            code = status if pid else None
            if code is None and time.monotonic() - started > TIMEOUT_SECONDS:
                child.kill()
            time.sleep(0.02)
        child.returncode = code
        if code:
            late = time.monotonic() - started > TIMEOUT_SECONDS
            reason = f"more than {TIMEOUT_SECONDS} s" if late else f"failed within {MOST_BYTES / 2**30:.0f} GiB"
            return {"stopped": reason}
        answer.seek(0)
        return {**json.loads(answer.read()), "peak_mb": usage.ru_maxrss * 1024 / 1e6}


def _make_cohort(folder: Path, n: int, columns: bool) -> None:
    """cohort.duckdb, and its columns as binary doubles when somebody reads those."""
    import duckdb

    uniform = "(hash(i * 10 + {k}) >> 11) / 9007199254740992.0 + 1e-17"
    normals = [f"sqrt(-2 * ln(u{k})) * {'cos' if k % 2 else 'sin'}(2 * pi() * u{k + 1}) AS x{k}" for k in range(1, P)]
    with duckdb.connect(str(folder / "cohort.duckdb")) as con:
        con.execute(
            COHORT.format(
                n=n,
                uniforms=", ".join(f"{uniform.format(k=k)} AS u{k}" for k in range(P + 2)),
                normals=", ".join(normals),
                risk=" + ".join(f"{0.4 - 0.8 * k / (P - 1):.6f} * x{k}" for k in range(P)),
                names=", ".join(NAMES),
            )
        )
        for name in [*NAMES, "day", "event"] if columns else []:
            column = con.execute(f"SELECT {name}::DOUBLE AS value FROM cohort").fetchnumpy()["value"]
            column.tofile(folder / name)


def _contend(contender: str, statistic: str, folder: str) -> dict[str, Any]:
    """The answer of a Python contender: seconds, processor seconds, value."""
    import duckdb

    con = duckdb.connect(str(Path(folder) / "cohort.duckdb"), read_only=True)
    con.execute("SET threads = 2")
    if contender == "by day":
        call = _by_day(con, statistic)
    else:
        needed = {"kaplan-meier": ["day", "event"], "log-rank": ["day", "event", "x0"], "cox": [*NAMES, "day", "event"]}
        frame = con.execute(f"SELECT {', '.join(needed[statistic])} FROM cohort").df()
        con.close()
        prepare = _by_rows if contender == "rows" else _by_lifelines
        prepare(frame.head(500), statistic)()  # imports are not the statistic
        call = prepare(frame, statistic)
    return _timed(call)


def _by_day(con: Any, statistic: str) -> Callable[[], Any]:
    from cartwright.analysis.methods.survival import kaplan_meier_from_counts, logrank_from_counts, survival_at

    return {
        "group by": lambda: [con.execute(COUNTS).df()["events"].sum()],
        "kaplan-meier": lambda: survival_at(kaplan_meier_from_counts(con.execute(COUNTS).df()), 365)["survival"],
        "log-rank": lambda: [logrank_from_counts(con.execute(COUNTS).df()).statistic],
        "cox": lambda: _cox_by_day(con),
    }[statistic]


def _cox_by_day(con: Any) -> Any:
    """Newton's method on every twentieth subject, then from there on all of them."""
    from cartwright.analysis.methods.cox import cox_by_day

    sample = cox_by_day(day_sums(con, "(SELECT * FROM cohort WHERE rowid % 20 = 0)"), NAMES)["beta"].to_numpy()
    return cox_by_day(day_sums(con, "cohort"), NAMES, start=sample)["beta"]


def day_sums(con: Any, rows: str) -> Callable[[Any], Any]:
    """The sums by day of a cohort as a function of beta. What does not depend on beta is asked once."""
    import numpy as np

    from cartwright.analysis.methods.cox import DaySums

    fixed = f"""
        SELECT day, sum(event)::DOUBLE, {", ".join(f"sum({name} * event)" for name in NAMES)}
        FROM {rows} GROUP BY day ORDER BY day"""
    values = np.column_stack(list(con.execute(fixed).fetchnumpy().values()))
    days, count, x = values[:, 0], values[:, 1], values[:, 2:]

    def at(beta: Any) -> DaySums:
        leaving, events = _weighted_sums(con, rows, beta, days)
        return DaySums(leaving, events, count, x)

    return at


def _weighted_sums(con: Any, rows: str, beta: Any, days: Any) -> tuple[Any, Any]:
    """One grouped query: 1 + 8 + 36 weighted sums per day, of those leaving and of those of them with the event."""
    import numpy as np

    eta = " + ".join(f"{b!r}::DOUBLE * {name}" for b, name in zip(beta.tolist(), NAMES, strict=True))
    terms = ["r", *(f"r{i}" for i in range(P)), *(f"r{i} * x{j}" for i in range(P) for j in range(i + 1))]
    query = f"""
        SELECT day, event, {", ".join(f"sum({term})" for term in terms)}
        FROM (
            SELECT *, {", ".join(f"r * x{i} AS r{i}" for i in range(P))} FROM (SELECT *, exp({eta}) AS r FROM {rows})
        )
        GROUP BY day, event ORDER BY day, event"""
    found = list(con.execute(query).fetchnumpy().values())
    at, happened, sums = np.searchsorted(days, found[0]), found[1] == 1, np.column_stack(found[2:])
    leaving, events = (np.zeros((days.size, len(terms))) for _ in range(2))
    np.add.at(leaving, at, sums)
    events[at[happened]] = sums[happened]
    return leaving, events


def _by_rows(frame: Any, statistic: str) -> Callable[[], Any]:
    from cartwright.analysis.methods.cox import cox
    from cartwright.analysis.methods.survival import kaplan_meier, logrank, survival_at

    return {
        "kaplan-meier": lambda: survival_at(kaplan_meier(frame["day"], frame["event"]), 365)["survival"],
        "log-rank": lambda: [logrank(frame["day"], frame["event"], frame["x0"]).statistic],
        "cox": lambda: cox(frame, NAMES, "day", "event", firth=False).beta,
    }[statistic]


def _by_lifelines(frame: Any, statistic: str) -> Callable[[], Any]:
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

    return {
        "kaplan-meier": lambda: [KaplanMeierFitter().fit(frame["day"], frame["event"]).predict(365)],
        "log-rank": lambda: [multivariate_logrank_test(frame["day"], frame["x0"], frame["event"]).test_statistic],
        "cox": lambda: CoxPHFitter().fit(frame, "day", "event").params_.to_numpy(),
    }[statistic]


def _timed(call: Callable[[], Any]) -> dict[str, Any]:
    """Best of three while that takes less than ten seconds, so that imports and a busy machine count less."""
    took = []
    while not (len(took) == 3 or sum(seconds for seconds, _ in took) > 10):
        wall, processor = time.perf_counter(), time.process_time()
        value = call()
        took.append((time.perf_counter() - wall, time.process_time() - processor))
    seconds, processor = min(took)
    return {"seconds": seconds, "processor": processor, "value": [float(part) for part in value]}


if __name__ == "__main__":
    main()
