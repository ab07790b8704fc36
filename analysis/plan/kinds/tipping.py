"""How many deaths, missing from the first group because they came before treatment, would undo its advantage."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector, Said
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_groups
from cartwright.analysis.records import records


def run(analysis: Analysis, collect: Collector) -> None:
    """Rows hr and p after each number of added deaths (variable_level), and the number from which it is lost."""
    from cartwright.analysis.methods.sensitivity import tipping_point

    group, reference = two_groups(analysis)
    times = event_times(analysis)
    times = times[times.index.isin(group.ids | reference.ids)]
    write_groups(analysis, collect, times)
    most, alpha = analysis.option("most"), analysis.option("alpha")
    steps = tipping_point(
        times.assign(x0=times.index.isin(group.ids).astype(int)),
        "x0",
        "time",
        "is_event",
        death_day=analysis.option("death_day"),
        most=most,
        alpha=alpha,
        ties=analysis.option("ties"),
    )
    compared: Said = {"group_level": group.level, "comparator": reference.level}
    for step in records(steps):
        at: Said = {
            **compared,
            "variable": "added_deaths",
            "variable_level": str(step["added"]),
            "method": step["method"],
            "n": len(times) + step["added"],
            "events": int(times["is_event"].sum()) + step["added"],
            "flag": step["flag"],
        }
        limits: Said = {**at, "ci_low": step["ci_low"], "ci_high": step["ci_high"]}
        collect.statistic(analysis, "hr", step["hr"], **limits)
        collect.statistic(analysis, "p", step["p"], **at)
    where: Said = {
        **compared,
        "n": len(group.ids & set(times.index)),
        "method": f"first number of added deaths with p >= {alpha:g}",
    }
    lost = steps.loc[steps["is_lost"], "added"]
    if steps["p"].isna().iloc[0]:
        where["flag"] = f"not comparable: {steps['flag'].iloc[0]}"
        collect.statistic(analysis, "tipping_point", **where)
    elif lost.empty:
        where |= {"value_txt": f">{most}", "flag": f"not lost by {most} added deaths"}
        collect.statistic(analysis, "tipping_point", **where)
    else:
        where["flag"] = None if lost.iloc[0] else "no difference to lose"
        collect.statistic(analysis, "tipping_point", lost.iloc[0], **where)
