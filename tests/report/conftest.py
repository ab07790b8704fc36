"""Fixtures of the report's tests: the plan, invented data, what the plan makes of them."""

import pytest
from invented_study import example_datasets


@pytest.fixture(scope="session")
def plan(pytestconfig):
    from warehouse.study import read_study

    return read_study(pytestconfig.rootpath / "studies/cd20_salvage").plan.model_dump()


@pytest.fixture(scope="session")
def datasets():
    return example_datasets()


@pytest.fixture(scope="session")
def results(datasets, plan):
    from analysis.run import compute

    return compute(datasets, plan["populations"], plan["analyses"])
