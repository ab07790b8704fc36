"""How many deaths, missing from the first group because they came before treatment, would undo its advantage."""

from __future__ import annotations

from ..ard import Collector
from ..endpoint import event_times
from ..plan import Analysis
from .logrank import two_groups


def run(analysis: Analysis, collect: Collector) -> None:
    """Rows hr and p after each number of added deaths (variable_level), and the number from which it is lost."""
    from ..sensitivity import tipping_point

    group, reference = two_groups(analysis)
    times = event_times(analysis)
    times = times[times.index.isin(group.ids | reference.ids)]
    most, alpha = analysis.option("most"), analysis.option("alpha")
    steps = tipping_point(
        times.assign(x0=times.index.isin(group.ids).astype(int)), "x0", "time", "is_event",
        death_day=analysis.option("death_day"), most=most, alpha=alpha, ties=analysis.option("ties"),
    )  # fmt: skip
    compared = {"group_level": group.level, "comparator": reference.level}
    for step in steps.itertuples():
        where = {
            **compared, "variable": "added_deaths", "variable_level": str(step.added), "method": step.method,
            "n": len(times) + step.added, "events": int(times["is_event"].sum()) + step.added,
        }  # fmt: skip
        collect.statistic(analysis, "hr", step.hr, ci_low=step.ci_low, ci_high=step.ci_high, **where)
        collect.statistic(analysis, "p", step.p, **where)
    lost = steps.loc[steps["is_lost"], "added"]
    share = group.ids & set(times.index)
    collect.statistic(
        analysis, "tipping_point", lost.iloc[0] if len(lost) else None, n=len(share), **compared,
        value_txt=None if len(lost) else f">{most}", method=f"first number of added deaths with p >= {alpha:g}",
        flag="no advantage to lose" if len(lost) and lost.iloc[0] == 0 else None,
    )  # fmt: skip
