"""Great Expectations as Dagster checks: one gate over what arrives, one over what leaves, one over the statistics."""

from collections.abc import Iterator, Sequence

import dagster as dg

from expectations import arriving, leaving, worker
from expectations.check import Check
from expectations.run import Verdict
from orchestration.models import fold
from orchestration.night import POOL, Night
from warehouse import checks as store


def gate(name: str, checks: Sequence[Check], about: str) -> dg.AssetChecksDefinition:
    """All `checks` in one step and one checkpoint, shown as one blocking Dagster check per table."""
    by_table: dict[str, list[Check]] = {}
    for check in checks:
        by_table.setdefault(check.table, []).append(check)

    @dg.multi_asset_check(
        name=f"{name}_gate",
        description=about,
        pool=POOL,
        specs=[
            dg.AssetCheckSpec(name, asset=table.split("."), blocking=True, description=_page(found))
            for table, found in by_table.items()
        ],
    )
    def evaluate(context: dg.AssetCheckExecutionContext, night: Night) -> Iterator[dg.AssetCheckResult]:
        verdicts = [_row(verdict) for verdict in worker.run(night.settings.build_db, checks)]
        with night.build_file() as con:
            store.store(con, context.run.run_id, verdicts)
        for table in by_table:
            key = dg.AssetCheckKey(dg.AssetKey(table.split(".")), name)
            yield fold([verdict for verdict in verdicts if verdict.table_name == table], key)

    return evaluate


def _page(checks: Sequence[Check]) -> str:
    """What each check means and how to repair what it finds, as Markdown."""
    return "\n".join(f"- **{c.check_id}** ({c.severity}): {c.why} *Remedy*: {c.remedy}" for c in checks)


def _row(verdict: Verdict) -> store.CheckResult:
    check = verdict.check
    return store.CheckResult(
        check_id=check.check_id,
        writer="gx",
        layer=check.layer,
        table_name=check.table,
        severity=check.severity,
        outcome=verdict.outcome,
        failing_count=verdict.failing_count,
        checked_count=verdict.checked_count,
        message=verdict.message,
        why=check.why,
        remedy=check.remedy,
        endangers=check.endangers,
        failing_keys=list(verdict.failing_keys),
    )


ARRIVING = arriving.checks()
BOOKKEEPING = arriving.bookkeeping_checks()
LEAVING = leaving.checks()
RESULTS = leaving.results_checks()
FATAL_IDS = {check.check_id for check in (*ARRIVING, *BOOKKEEPING, *LEAVING, *RESULTS) if check.severity == "fatal"}
# An optional feed may be empty: then its checks have nothing to judge.
MAY_BE_NOT_APPLICABLE = sorted(
    check.check_id for check in ARRIVING if check.table.partition(".")[2] not in arriving.ALWAYS_DUE
)
CHECKS = [
    gate("arriving", ARRIVING, "What must hold of what arrives, from the feed contracts."),
    gate("accounted", BOOKKEEPING, "Every record accounted for, every person one subject."),
    gate("leaving", LEAVING, "What must hold of what analysts and statistics read."),
    gate("plausible", RESULTS, "What must hold of the statistics before they are shown."),
]
