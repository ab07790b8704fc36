"""How long the report takes without resampling: every analysis, every figure, the page.

`python -m benchmarks.report_speed BUILD_FILE` reads a finished build file and computes everything anew in two
processes, as a night does. Their imports, which a night does while its first gate is asked, are a step of their own.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import duckdb


def measure(build_file: Path) -> dict[str, float]:
    """Seconds by step: imports, reading, statistics, figures, page; `computed` is all but the imports."""
    began = time.perf_counter()
    seconds: dict[str, float] = {}

    def lap(step: str) -> None:
        seconds[step] = time.perf_counter() - began - sum(seconds.values())

    from cartwright.orchestration.assets import second_process
    from cartwright.warehouse import process

    second_process.warm_up()
    beside = process.second_process()
    from cartwright.analysis import figures
    from cartwright.analysis.plan import ard, run
    from cartwright.analysis.report import page as report
    from cartwright.orchestration.assets import statistics as assets
    from cartwright.orchestration.commands import refresh
    from cartwright.warehouse.release import reading
    from cartwright.warehouse.settings import Settings

    refresh.import_statistics()
    beside.submit(int).result()
    lap("imports")
    with duckdb.connect(str(build_file), read_only=True) as con:
        analyses, populations = reading.records(con, "study.analysis"), reading.records(con, "study.population")
        outputs, stored = reading.records(con, "study.output"), reading.stored_results(con, [ard.MEMBERS])
        datasets = reading.read_datasets(con, analyses)
        about = assets.report_context(con, Settings(), "benchmark", "benchmark")
    lap("reading")
    results = {**stored, **run.compute(datasets, populations, analyses, resampling="none", beside=beside)}
    lap("statistics")
    drawn = figures.draw(results, outputs, beside)
    lap("figures")
    report.render(results, outputs, about, drawn)
    lap("page")
    return {**seconds, "computed": sum(seconds.values()) - seconds["imports"]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build_file", type=Path)
    print(json.dumps(measure(parser.parse_args().build_file)))
