"""Statistics for people at a notebook: the plan of a study, its stored results, and one analysis of it run otherwise.

    study = open_study()                                  # of cartwright.explore: a release, read-only
    plan(study)                                           # what the study declares, a row an analysis
    result = rerun(study, "os_by_group", months=[6, 12])  # the plan's own runner, with other parameters
    draw(result)                                          # the project's figure; a notebook shows it
    tables(result)                                        # the report's tables
    compare(stored(study, "os_by_group"), result)         # statistic by statistic
    print(rows(result))                                   # as rows that a plan can hold

There is no second engine: `rerun` hands a row of the plan to `analysis.plan.run`, as every night does. Equal inputs
give equal numbers, to the last digit. Whatever the plan or the data cannot give is a PlanError that names it.
"""

from cartwright.analysis.face.ask import plan, rerun, stored
from cartwright.analysis.face.show import compare, draw, tables
from cartwright.analysis.face.study import Figure, Result, Study
from cartwright.analysis.face.write import rows
from cartwright.analysis.plan.definition import PlanError

__all__ = ["Figure", "PlanError", "Result", "Study", "compare", "draw", "plan", "rerun", "rows", "stored", "tables"]
