"""The compiled rules, once a worker."""

import pytest

from sql_rules import Rules


@pytest.fixture(scope="session")
def rules() -> Rules:
    """Every model of sql/ in an empty warehouse."""
    return Rules()
