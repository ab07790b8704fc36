"""Fixtures of the report's tests: the plan, invented data, what the plan makes of them."""

import pytest

from invented_study import example_datasets

FEW = 3  # draws: what they look like is shown here, what they are worth is not


@pytest.fixture(scope="session")
def plan(pytestconfig):
    """The plan of the study, resampling next to nothing."""
    from cartwright.analysis.plan.resampling import DRAWN
    from cartwright.warehouse.study.loader import read_study

    plan = read_study(pytestconfig.rootpath / "studies/cd20_salvage").plan.model_dump()
    for row in plan["analyses"]:
        row["options"] |= {name: FEW for name in DRAWN if row["options"].get(name)}
    return plan


@pytest.fixture(scope="session")
def datasets():
    return example_datasets()


@pytest.fixture(scope="session")
def results(datasets, plan):
    from cartwright.analysis.plan.run import compute

    return compute(datasets, plan["populations"], plan["analyses"])
