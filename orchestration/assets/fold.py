"""Stored checks as Dagster shows them: folded into one check a table and writer, which is red when one of them is."""

import dagster as dg

from cartwright.warehouse.quality import check_results as checks


def fold(verdicts: list[checks.CheckResult], key: dg.AssetCheckKey, is_due: bool = True) -> dg.AssetCheckResult:
    """One Dagster check for all stored checks of a table: it blocks if a fatal one did not pass.

    is_due: whether there must be one; a check that did not run has not passed.
    """
    bad = [verdict for verdict in verdicts if verdict.outcome in ("failed", "error")]
    fatal = [verdict for verdict in bad if verdict.severity == "fatal"]
    lines = [f"- **{v.check_id}** ({v.severity}, {v.outcome}): {v.message} {v.remedy}" for v in bad]
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not bad and (bool(verdicts) or not is_due),
        severity=dg.AssetCheckSeverity.ERROR if fatal or (is_due and not verdicts) else dg.AssetCheckSeverity.WARN,
        metadata={
            "checks": len(verdicts),
            "failed": len(bad),
            "fatal": {v.check_id: v.failing_count for v in fatal},
            "findings": dg.MetadataValue.md("\n".join(lines) or "none"),
        },
        description="; ".join(f"{v.check_id}: {v.outcome}. {v.message}" for v in bad)[:500] or None,
    )
