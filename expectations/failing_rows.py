"""The one expectation of the house: a query of failing rows that has none, and all of their keys where it has some.

Great Expectations' own UnexpectedRowsExpectation asks its query twice (the count, and at most 200 rows); this one asks
it once and hands back every row. Importing this module imports Great Expectations.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.metrics.query_metrics import QueryTable

from cartwright.expectations.check import Check

KEYS = "failing_keys"
_SEVERITY = {
    "fatal": FailureSeverity.CRITICAL,
    "convention": FailureSeverity.WARNING,
    "characterisation": FailureSeverity.INFO,
}


class FailingRows(QueryTable):
    """The rows that the query of the expectation selects, all of them where `fetch_all` says so."""

    metric_name = "failing_rows"
    value_keys = ("unexpected_rows_query", "fetch_all")
    query_param_name: ClassVar[str] = "unexpected_rows_query"


class ExpectNoFailingRows(UnexpectedRowsExpectation):
    """No row breaks the promise. The result holds the keys of those that do: what the query selects, nothing else."""

    fetch_all: bool = True
    metric_dependencies: ClassVar[tuple[str, ...]] = ("failing_rows",)
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "fetch_all")

    def _validate(
        self, metrics: dict, runtime_configuration: dict | None = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        keys = [" | ".join(str(part) for part in row.values()) for row in metrics["failing_rows"]]
        return {"success": not keys, "result": {"observed_value": len(keys), KEYS: keys}}


def expectation(check: Check) -> ExpectNoFailingRows:
    """The check in the words of Great Expectations: what its pages would show of it stands in it."""
    return ExpectNoFailingRows(
        unexpected_rows_query=check.failing_rows,
        description=check.why,
        notes=[check.remedy, f"Endangers {check.endangers}."],
        severity=_SEVERITY[check.severity],
        meta={"check_id": check.check_id},
    )
