"""The resampled analyses of the plan at full size beside the size of a night.

`python -m benchmarks.full_resampling BUILD_FILE` reads a finished build file. A night draws little, so that it stays
short; here is shown how far its limits lie from those of the full size.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import duckdb
import pandas as pd

KEY = ["analysis_id", "group_level", "comparator", "variable", "variable_level", "statistic"]
SHOWN = ["value", "ci_low", "ci_high"]


def compare(build_file: Path) -> pd.DataFrame:
    """One row a statistic with limits: KEY, value and limits of the night and (`_full`) of the full size."""
    from tqdm import tqdm

    from cartwright.analysis.plan.resampling import DRAWN
    from cartwright.analysis.plan.run import compute
    from cartwright.warehouse.release.reading import read_datasets, records

    with duckdb.connect(str(build_file), read_only=True) as con:
        analyses = [
            row for row in records(con, "study.analysis") if set(DRAWN) & set(json.loads(row["options"] or "{}"))
        ]
        datasets, populations = read_datasets(con, analyses), records(con, "study.population")
    night = compute(datasets, populations, analyses)["ard"]
    full = compute(datasets, populations, analyses, "full", lambda draws: tqdm(draws, mininterval=1))["ard"]
    limited = night[night["ci_low"].notna()]
    return limited[KEY + SHOWN].merge(full[KEY + SHOWN], on=KEY, how="left", suffixes=("", "_full"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build_file", type=Path)
    print(compare(parser.parse_args().build_file).to_string(index=False))


if __name__ == "__main__":
    main()
