"""Do the intervals cover, do the tests keep their size, do the variants remove the bias they are meant to remove?

`python -m benchmarks.operating_characteristics --replicates 2000`: simulated studies with a known truth (trials.py),
seeded. Judged within 3.3 Monte-Carlo standard errors; what is known to be off at this size is allowed for by name and
reason.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict

import numpy as np
import pandas as pd

from benchmarks.trials import SCENARIOS, Asked

SEED = 20220831
TARGET = {"coverage": 0.95, "size": 0.05, "biased": 0.95}
# Room beyond Monte-Carlo error: asymptotic limits with 60 to 90 events are a percent or so off.
ROOM = 0.012
# name: (room below, room above, why)
KNOWN = {
    "proportion, clopper-pearson": (0.0, 0.05, "exact limits cover at least 95 %"),
    "S(t), plain limits": (0.03, 0.02, "symmetric limits of a share are too short in small samples"),
}
LARGEST_BIAS = 0.10  # of the mean log hazard ratio; methods known to be wrong must exceed it


def simulate(replicates: int, seed: int = SEED, progress: bool = False) -> pd.DataFrame:
    """One row a property: kind, name, target, share, error (Monte-Carlo, of the share), hr (geometric mean over the
    truth), expectation, holds."""
    from tqdm import tqdm

    asked: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for scenario in SCENARIOS:
        rng = np.random.default_rng([seed, SCENARIOS.index(scenario)])
        for _ in tqdm(range(replicates), desc=scenario.__name__.replace("_", " "), disable=not progress, mininterval=1):
            for answer in scenario(rng):
                asked[answer.kind, answer.name].append(answer)
    return pd.DataFrame([_row(kind, name, answers) for (kind, name), answers in asked.items()])


def _row(kind: str, name: str, answers: list[Asked]) -> dict:
    target = TARGET[kind]
    error = math.sqrt(target * (1 - target) / len(answers))
    share = float(np.mean([answer.hit for answer in answers]))
    log_hr = [answer.log_hr for answer in answers if math.isfinite(answer.log_hr)]
    bias = float(np.mean(log_hr)) if log_hr else math.nan
    below, above, why = KNOWN.get(name, (ROOM, ROOM, ""))
    margin = 3.3 * error
    if kind == "biased":
        holds, expectation = abs(bias) > LARGEST_BIAS, "biased"
    else:
        spread = float(np.std(log_hr)) / math.sqrt(len(log_hr)) if log_hr else 0.0
        holds = target - below - margin <= share <= target + above + margin
        holds = holds and not abs(bias) > LARGEST_BIAS + 3.3 * spread
        verb = {"coverage": "covers", "size": "rejects"}[kind]
        expectation = f"{verb} {target:.0%}" + (f"; {why}" if why else "")
    return {
        "kind": kind,
        "name": name,
        "target": target,
        "share": share,
        "error": error,
        "hr": math.exp(bias),
        "expectation": expectation,
        "holds": holds,
    }


def lines(table: pd.DataFrame) -> list[str]:
    """The table in markdown."""
    found = [
        "| property | expected | found | Monte-Carlo error | mean hazard ratio / truth | |",
        "|---|---|---:|---:|---:|---|",
    ]
    for row in table.itertuples():
        ratio = f"{row.hr:.2f}" if math.isfinite(row.hr) else ""
        found.append(
            f"| {row.name} | {row.expectation} | {row.share:.1%} | {row.error:.1%} | {ratio} "
            f"| {'' if row.holds else '**not as expected**'} |"
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--page", action="store_true", help="also write the table into docs/benchmarks.md")
    options = parser.parse_args()
    table = simulate(options.replicates, progress=True)
    print("\n".join(lines(table)))
    if options.page:
        from benchmarks.page import write_section

        write_section("operating characteristics", lines(table))


if __name__ == "__main__":
    main()
