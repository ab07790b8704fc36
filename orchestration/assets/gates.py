"""Great Expectations as Dagster checks: gates over what arrives, over what leaves of a study and its statistics.

They judge; what keeps a release back decides publish.py.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import dagster as dg

from cartwright.expectations import arriving, leaving, worker
from cartwright.expectations.check import Check
from cartwright.expectations.run import Verdict
from cartwright.orchestration.assets.fold import fold
from cartwright.orchestration.assets.night import FULL, POOL, Night
from cartwright.orchestration.structure import Wing
from cartwright.warehouse.built import made
from cartwright.warehouse.cdisc import check as cdisc
from cartwright.warehouse.quality import check_results as store

SCREENING = "eligibility.screening"


def gate(wing: Wing, name: str, checks: Sequence[Check], about: str) -> dg.AssetChecksDefinition:
    """All `checks` of one side in one step and one checkpoint, shown as one blocking Dagster check per table."""
    by_table: dict[str, list[Check]] = {}
    for check in checks:
        by_table.setdefault(_shown_at(wing, check.table), []).append(check)

    @dg.multi_asset_check(
        name=wing.step(f"{name}_gate"),
        description=about,
        can_subset=True,
        pool=POOL,
        specs=[
            dg.AssetCheckSpec(name, asset=wing.key(*table.split(".")), blocking=True, description=_page(found))
            for table, found in by_table.items()
        ],
    )
    def evaluate(context: dg.AssetCheckExecutionContext, night: Night) -> Iterator[dg.AssetCheckResult]:
        if wing.study_id is None:
            path, beside, opened = night.settings.build_db, None, night.build_file
        else:
            path, beside = night.place(wing.study_id).build_db, night.settings.build_db
            opened = partial(night.study_file, wing.study_id)
        asked = [t for t in by_table if _key(wing, t, name) in context.selected_asset_check_keys]
        verdicts = [_row(verdict) for verdict in worker.run(path, [c for t in asked for c in by_table[t]], beside)]
        with opened() as con:
            store.store(con, context.run.run_id, verdicts)
        for table in asked:
            found = [verdict for verdict in verdicts if _shown_at(wing, verdict.table_name) == table]
            yield fold(found, _key(wing, table, name))

    return evaluate


def _key(wing: Wing, table: str, name: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(wing.key(*table.split(".")), name)


def _shown_at(wing: Wing, table: str) -> str:
    """The asset of this side that a check is shown at: what a study asks of a feed stands at its screening."""
    return SCREENING if wing.study_id and table.startswith("raw.") else table


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


def hospital_checks() -> list[Check]:
    """What must hold of what arrives, and of the books about it."""
    return [*arriving.checks(), *arriving.bookkeeping_checks()]


def study_checks(wing: Wing) -> list[Check]:
    """What must hold of what leaves, as the study declares it; of one never read there is nothing to say."""
    return [*leaving.checks(wing.study), *leaving.results_checks(wing.study)] if wing.study else []


def hospital_gates(wing: Wing) -> list[dg.AssetChecksDefinition]:
    """What must hold before a study is built on tonight's feeds."""
    return [
        gate(wing, "arriving", arriving.checks(), "What must hold of what arrives, from the feed contracts."),
        gate(wing, "accounted", arriving.bookkeeping_checks(), "Every record accounted for, every person one subject."),
    ]


def study_gates(wing: Wing) -> list[dg.AssetChecksDefinition]:
    """What must hold of one study before it is shown."""
    leaves, computed = (leaving.checks(wing.study), leaving.results_checks(wing.study)) if wing.study else ([], [])
    return [
        gate(wing, "leaving", leaves, "What must hold of what analysts and statistics read."),
        gate(wing, "plausible", computed, "What must hold of the statistics before they are shown."),
        _data_sets(wing),
    ]


def _data_sets(wing: Wing) -> dg.AssetChecksDefinition:
    """What the CDISC data sets of a study lack of the standard; none of it holds a release back."""
    key = dg.AssetCheckKey(wing.key("adam", "adsl"), "cdisc")

    @dg.multi_asset_check(
        name=wing.step("cdisc"),
        description="What the CDISC data sets of the study lack: variables, terms, names, labels.",
        can_subset=True,
        pool=POOL,
        specs=[dg.AssetCheckSpec(key.name, asset=key.asset_key, blocking=True, description=cdisc.page())],
    )
    def evaluate(context: dg.AssetCheckExecutionContext, night: Night) -> Iterator[dg.AssetCheckResult]:
        run_id = context.run.run_id
        with night.study_file(wing.named_study) as con:
            before = made.judged_by(con, made.DATA_SETS, cdisc.page())
            found = [result for result in store.stored(con, before, "warehouse") if cdisc.is_own(result)]
            if FULL in context.run.tags or not found:
                found = cdisc.verdicts(con)
            store.store(con, run_id, found)
            made.enter_judged(con, made.DATA_SETS, cdisc.page(), run_id)
        yield fold(found, key)

    return evaluate


def fatal_ids(wing: Wing) -> set[str]:
    """The checks of feeds and of this study that its publication demands."""
    return {check.check_id for check in (*hospital_checks(), *study_checks(wing)) if check.severity == "fatal"}


def may_be_idle() -> set[str]:
    """Checks that may have nothing to judge: a feed table that no study needs may be empty."""
    checks = arriving.checks()
    return {check.check_id for check in checks if check.table.partition(".")[2] not in arriving.ALWAYS_DUE}
