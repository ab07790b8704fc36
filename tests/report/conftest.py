"""Fixtures of the report's tests: the plan, invented data, what the plan makes of them."""

import pytest
import yaml
from invented_study import example_datasets

PLAN = "studies/cd20_salvage/analysis_plan.yml"


@pytest.fixture(scope="session")
def plan(pytestconfig):
    return yaml.safe_load((pytestconfig.rootpath / PLAN).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def datasets():
    return example_datasets()


@pytest.fixture(scope="session")
def results(datasets, plan):
    from analysis.run import compute

    return compute(datasets, plan["populations"], plan["analyses"])
