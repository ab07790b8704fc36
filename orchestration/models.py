"""The dbt models as one set of assets, grouped by layer, with their tests folded into one check a table."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration import dbt_tests, structure
from orchestration.column_lineage import column_lineage
from orchestration.dbt_build import DbtBuild, run_build
from orchestration.manifest import manifest_path, read_manifest
from orchestration.night import OWNERS, POOL, Night
from orchestration.table_metadata import describe_tables
from warehouse import checks, finding_list

FOLDED = "dbt_tests"
FINDINGS, SHOWN_FINDINGS = "quality.finding_count", 5
MANIFEST_PATH: Path = structure.models_manifest()
MANIFEST: dict[str, Any] = read_manifest(MANIFEST_PATH)


class Layers(DagsterDbtTranslator):
    """Names and groups as the project has them: asset key = schema, table; group = layer; one check a table."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props["schema"]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: object
    ) -> dg.AssetCheckSpec | None:
        test = manifest["nodes"][unique_id]
        guarded = dbt_tests.guarded_node(test, MANIFEST)
        if guarded.startswith("source.") or asset_spec.key != _key(guarded):
            return None
        return dg.AssetCheckSpec(
            FOLDED, asset=asset_spec.key, blocking=True, description="All dbt tests that guard this table, folded."
        )


def _key(node_id: str) -> dg.AssetKey:
    return dg.AssetKey(dbt_tests.table_of(node_id, MANIFEST).split("."))


@dbt_assets(manifest=MANIFEST_PATH, dagster_dbt_translator=Layers(), name="models", pool=POOL)
def models(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.Output | dg.AssetCheckResult]:
    """Build every model and test it; store each test; hand Dagster tables and folded checks.

    A model that breaks fails the run after everything that did work has been recorded.
    """
    select = [".".join(key.path) for key in sorted(context.selected_asset_keys)] if context.is_subset else []
    target_path = night.workshop / "dbt"

    def progress(done: int) -> None:
        if done % 10 == 0:
            context.log.info("%d models built", done)

    names = [name.rpartition(".")[2] for name in select]
    # Raises when SQL does not compile: the definitions may be older.
    manifest_path(night.settings.build_db, night.settings.study)
    build = run_build(night.settings, target_path, names, progress)
    if strangers := build.seconds.keys() - MANIFEST["nodes"].keys():
        raise dg.Failure(f"sql/ changed while the night ran ({len(strangers)} new nodes): run again")
    built = {node: dbt_tests.table_of(node, MANIFEST) for node in build.built}
    with night.build_file() as con:
        tables = describe_tables(con, {table.partition(".")[0] for table in built.values()})
        verdicts = [_verdict(con, test) for test in dbt_tests.tests(MANIFEST) if _guards(test, set(built.values()))]
        checks.store(con, context.run.run_id, verdicts)
        if FINDINGS in tables:
            lines = "\n".join(f"- {line}" for line in finding_list.in_words(con, SHOWN_FINDINGS))
            tables[FINDINGS]["not_understood"] = dg.MetadataValue.md(lines or "none")
        lineage = column_lineage(con, MANIFEST, target_path / "column_lineage.json")
    seconds = {table: build.seconds[node] for node, table in built.items()}
    (target_path / "seconds.json").write_text(json.dumps(seconds))
    for node, table in built.items():
        metadata = {**tables[table], "seconds": round(build.seconds[node], 3)}
        if deps := lineage.get(node):
            metadata["dagster/column_lineage"] = dg.MetadataValue.column_lineage(
                dg.TableColumnLineage(
                    {
                        column: [dg.TableColumnDep(dg.AssetKey(parent.split(".")), name) for parent, name in sources]
                        for column, sources in deps.items()
                    }
                )
            )
        yield dg.Output(None, output_name=_key(node).to_python_identifier(), metadata=metadata)
    yield from _folded(context, verdicts)
    _raise_if_broken(build)


def _guards(test: dict[str, Any], tables: set[str]) -> bool:
    """Whether a test belongs to what this run built; tests of sources run with every night."""
    node = dbt_tests.guarded_node(test, MANIFEST)
    return node.startswith("source.") or dbt_tests.table_of(node, MANIFEST) in tables


def _verdict(con: duckdb.DuckDBPyConnection, test: dict[str, Any]) -> checks.CheckResult:
    """Run one dbt test; its result as a row of quality.check_result."""
    table = dbt_tests.table_of(dbt_tests.guarded_node(test, MANIFEST), MANIFEST)
    result = dbt_tests.judge(con, test, table)
    return checks.CheckResult(
        check_id=dbt_tests.check_id(test),
        writer="dbt",
        layer=table.partition(".")[0],
        table_name=table,
        severity=dbt_tests.severity(test),
        outcome=result.outcome,
        failing_count=result.failing_count,
        checked_count=result.checked_count,
        message=result.message,
        failing_keys=result.failing_keys,
        **dbt_tests.about(test),
    )


def _folded(context: dg.AssetExecutionContext, verdicts: list[checks.CheckResult]) -> Iterator[dg.AssetCheckResult]:
    by_table: dict[str, list[checks.CheckResult]] = {}
    for verdict in verdicts:
        by_table.setdefault(verdict.table_name, []).append(verdict)
    for key in context.selected_asset_check_keys:
        yield fold(by_table.get(".".join(key.asset_key.path), []), key)


def fold(verdicts: list[checks.CheckResult], key: dg.AssetCheckKey) -> dg.AssetCheckResult:
    """One Dagster check for all stored checks of a table: it blocks if a fatal one did not pass."""
    bad = [verdict for verdict in verdicts if verdict.outcome in ("failed", "error")]
    fatal = [verdict for verdict in bad if verdict.severity == "fatal"]
    lines = [f"- **{v.check_id}** ({v.severity}, {v.outcome}): {v.message} {v.remedy}" for v in bad]
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=bool(verdicts) and not bad,
        severity=dg.AssetCheckSeverity.ERROR if fatal or not verdicts else dg.AssetCheckSeverity.WARN,
        metadata={
            "checks": len(verdicts),
            "failed": len(bad),
            "findings": dg.MetadataValue.md("\n".join(lines) or "none"),
        },
        description="; ".join(f"{v.check_id}: {v.outcome}. {v.message}" for v in bad)[:500] or None,
    )


def _raise_if_broken(build: DbtBuild) -> None:
    if build.broken or build.skipped:
        names = ", ".join(dbt_tests.table_of(node, MANIFEST) for node in build.broken) or "none"
        raise dg.Failure(
            f"models that broke: {names}; {len(build.skipped)} behind them were not built. "
            "dbt's words are in restricted/workshop/dbt/dbt.log",
            allow_retries=False,
        )
