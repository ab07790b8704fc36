"""The dbt models of the hospital and of each study as sets of assets, their tests folded into one check a table."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator

from cartwright.orchestration import study_reading
from cartwright.orchestration.assets.fold import fold
from cartwright.orchestration.assets.night import FULL, OWNERS, POOL, Night
from cartwright.orchestration.assets.table_metadata import describe_tables
from cartwright.orchestration.dbt import declared_tests as dbt_tests
from cartwright.orchestration.dbt.build import Build
from cartwright.orchestration.dbt.column_lineage import column_lineage
from cartwright.orchestration.dbt.manifest import PROJECT_DIR, Project, hospital_project, study_project
from cartwright.orchestration.dbt.night_build import build_all, build_some
from cartwright.orchestration.structure import Wing
from cartwright.warehouse import disk
from cartwright.warehouse.built import made
from cartwright.warehouse.counted import counted
from cartwright.warehouse.desk import history as desk
from cartwright.warehouse.hospital import built as hospital_night
from cartwright.warehouse.process import second_process
from cartwright.warehouse.quality import check_results as checks
from cartwright.warehouse.quality import not_understood as finding_list
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study import build_file as study_file
from cartwright.warehouse.transaction import transaction

FOLDED = "dbt_tests"
BUILT = "built"  # how much of the tables a run made anew
FINDINGS, SHOWN_FINDINGS = "quality.finding_count", 5
_OF_DAGSTER_DBT = "dagster_dbt/"  # how that library finds its manifest again; nothing to look at


class Layers(DagsterDbtTranslator):
    """Names and groups as the project has them: asset key = schema, table, below the study's id where it has one."""

    def __init__(self, wing: Wing) -> None:
        super().__init__()
        self.wing = wing

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return self.wing.key_of(dict(dbt_resource_props))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return self.wing.group(dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS


def hospital_models(wing: Wing) -> dg.AssetsDefinition:
    """Seeds, staging, sdtm and facts, built once a night. When all are there, the hospital is whole."""

    def prepare(night: Night, is_all: bool) -> Project:
        if is_all:  # killed in between, they are of two nights
            with night.build_file() as con:
                hospital_night.begin(con)
        return hospital_project(night.settings)

    def finish(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, build: Build, is_all: bool) -> None:
        if build.broken or build.skipped:
            hospital_night.begin(con)
        elif is_all:
            with transaction(con):
                hospital_night.finish(con, run_id)
                desk.keep(con, settings.as_of)

    return _models(wing, prepare, lambda night: night.build_file(), lambda night: night.workshop / "dbt", finish)


def study_models(wing: Wing) -> dg.AssetsDefinition:
    """What is built of one study on tonight's hospital."""
    study_id = wing.named_study

    def prepare(night: Night, is_all: bool) -> Project:
        place = night.place(study_id)
        with night.study_file(study_id) as con:
            run_id = hospital_night.built_by(con)
            study_file.show_hospital(con, night.settings.as_of)
            study_file.bring_checks(con, run_id)
        return study_project(night.settings, place, study_reading.read(place.folder, night.settings.hospital))

    return _models(
        wing,
        prepare,
        lambda night: night.study_file(study_id),
        lambda night: night.place(study_id).workshop / "dbt",
        lambda con, settings, run_id, build, is_all: None,
    )


def _models(
    wing: Wing,
    prepare: Callable[[Night, bool], Project],
    opened: Callable[[Night], duckdb.DuckDBPyConnection],
    target_of: Callable[[Night], Path],
    finish: Callable[[duckdb.DuckDBPyConnection, Settings, str, Build, bool], None],
) -> dg.AssetsDefinition:
    """Build every model of one side and test it; store each test; hand Dagster tables and folded checks.

    A model that breaks fails the step after everything that did work has been recorded.
    """
    nodes = {
        node_id: node
        for node_id, node in wing.manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and wing.is_own(node)
    }
    tests = [test for test in dbt_tests.tests(wing.manifest) if _is_own(wing, test)]
    tested = {dbt_tests.guarded_node(test, wing.manifest) for test in tests} & nodes.keys()
    translator, keys = Layers(wing), _keys(wing)

    @dg.multi_asset(
        name=wing.step("models"),
        specs=[_spec(translator, wing, node_id) for node_id in nodes],
        check_specs=[
            dg.AssetCheckSpec(
                FOLDED,
                asset=wing.key_of(nodes[node_id]),
                blocking=True,
                description="All dbt tests that guard this table, folded.",
            )
            for node_id in sorted(tested)
        ],
        can_subset=True,
        pool=POOL,
    )
    def models(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        def progress(done: int) -> None:
            if done % 10 == 0:
                context.log.info("%d models built", done)

        asked = [node["name"] for node in nodes.values() if wing.key_of(node) in context.selected_asset_keys]
        is_all = len(asked) == len(nodes)
        project, beside = prepare(night, is_all), target_of(night)
        with opened(night) as con:
            # A model of one study that never ends would keep the night from the others.
            longest = night.settings.study_model_seconds if wing.study_id else 0
            broken = beside / "broken.log"
            if is_all:
                wanted = FULL in context.run.tags
                build, scope = build_all(con, night.settings, project, broken, progress, longest, wanted)
            else:
                build, scope = build_some(con, project, asked, broken, progress, longest)
            context.log.info("tables built: %s", scope.words)
            if strangers := build.seconds.keys() - nodes.keys():
                raise dg.Failure(f"sql/ changed while the night ran ({counted(len(strangers), 'new node')}): run again")
            built = {node: dbt_tests.table_of(node, wing.manifest) for node in build.built}
            tables = describe_tables(con, {table.partition(".")[0] for table in built.values()})
            due, run_id = [test for test in tests if _guards(wing, test, set(built.values()))], context.run.run_id
            verdicts = _verdicts(con, wing, due, scope.is_nothing)
            checks.store(con, run_id, verdicts)
            made.enter_judged(con, made.TESTS, _questions(due), run_id)
            if FINDINGS in tables:
                lines = "\n".join(f"- {line}" for line in finding_list.in_words(con, SHOWN_FINDINGS))
                tables[FINDINGS]["not_understood"] = dg.MetadataValue.md(lines or "none")
            lineage = column_lineage(con, wing.manifest, nodes, beside / "column_lineage.json", second_process())
            finish(con, night.settings, context.run.run_id, build, is_all)
        seconds = {table: build.seconds[node] for node, table in built.items()}
        (beside / "seconds.json").write_text(json.dumps(seconds))
        for node_id, table in built.items():
            metadata = {**tables[table], "seconds": round(build.seconds[node_id], 3), BUILT: scope.words}
            if deps := lineage.get(node_id):
                metadata["dagster/column_lineage"] = _lineage(keys, deps)
            yield dg.MaterializeResult(asset_key=wing.key_of(nodes[node_id]), metadata=metadata)
        yield from _folded(context, verdicts)
        _raise_if_broken(wing, build, beside, night.settings)

    return models


def _spec(translator: Layers, wing: Wing, node_id: str) -> dg.AssetSpec:
    spec = translator.get_asset_spec(wing.manifest, node_id, None)
    told = {name: value for name, value in spec.metadata.items() if not name.startswith(_OF_DAGSTER_DBT)}
    told["file"] = _file(wing.manifest["nodes"][node_id])
    deps = [dep.asset_key for dep in spec.deps]  # without the tables' names, which two studies would give differently
    return spec.replace_attributes(metadata=told, deps=deps)


def _file(node: dict[str, Any]) -> str:
    """Where a model or seed is written, from the checkout on; of a study that lies elsewhere the whole path."""
    path = (PROJECT_DIR / node["original_file_path"]).resolve()
    return str(path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path)


def _is_own(wing: Wing, test: dict[str, Any]) -> bool:
    guarded = dbt_tests.guarded_node(test, wing.manifest)
    return wing.is_own(wing.manifest["nodes"].get(guarded) or wing.manifest["sources"][guarded])


def _guards(wing: Wing, test: dict[str, Any], tables: set[str]) -> bool:
    """Whether a test belongs to what this run built; tests of sources run with every night."""
    node = dbt_tests.guarded_node(test, wing.manifest)
    return node.startswith("source.") or dbt_tests.table_of(node, wing.manifest) in tables


def _keys(wing: Wing) -> dict[str, dg.AssetKey]:
    """Of every table that the models read or make, by schema.table."""
    nodes = {**wing.manifest["nodes"], **wing.manifest["sources"]}
    return {
        dbt_tests.table_of(node_id, wing.manifest): wing.key_of(node)
        for node_id, node in nodes.items()
        if node["resource_type"] != "test"
    }


def _lineage(keys: Mapping[str, dg.AssetKey], columns: Mapping[str, list[list[str]]]) -> dg.MetadataValue:
    """Which columns each column comes from."""
    return dg.MetadataValue.column_lineage(
        dg.TableColumnLineage(
            {
                column: [dg.TableColumnDep(keys[parent], name) for parent, name in sources]
                for column, sources in columns.items()
            }
        )
    )


def _verdicts(
    con: duckdb.DuckDBPyConnection, wing: Wing, tests: list[dict[str, Any]], is_nothing: bool
) -> list[checks.CheckResult]:
    """The result of each test; of models that are as they were when they were tested, what it was then."""
    before = made.judged_by(con, made.TESTS, _questions(tests)) if is_nothing else ""
    known = {(found.check_id, found.table_name): found for found in checks.stored(con, before, "dbt")}

    def verdict(test: dict[str, Any]) -> checks.CheckResult:
        is_of_model = dbt_tests.guarded_node(test, wing.manifest) in wing.manifest["nodes"]
        stands = known.get((dbt_tests.check_id(test), _guarded_table(wing, test))) if is_of_model else None
        return stands or _verdict(con, wing, test)

    return list(map(verdict, tests))


def _questions(tests: list[dict[str, Any]]) -> str:
    return json.dumps(sorted([test["unique_id"], test["compiled_code"], test["config"]] for test in tests))


def _guarded_table(wing: Wing, test: dict[str, Any]) -> str:
    return dbt_tests.table_of(dbt_tests.guarded_node(test, wing.manifest), wing.manifest)


def _verdict(con: duckdb.DuckDBPyConnection, wing: Wing, test: dict[str, Any]) -> checks.CheckResult:
    """Run one dbt test; its result as a row of quality.check_result."""
    table = _guarded_table(wing, test)
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
        yield fold(by_table.get(".".join(key.asset_key.path[-2:]), []), key)


def _raise_if_broken(wing: Wing, build: Build, beside: Path, settings: Settings) -> None:
    if build.broken or build.skipped:
        names = ", ".join(dbt_tests.table_of(node, wing.manifest) for node in build.broken) or "none"
        log = beside / "broken.log"
        of_disk = disk.in_words(log.read_text(encoding="utf-8"), settings) if log.exists() else None
        raise dg.Failure(
            f"models that broke: {names}; {len(build.skipped)} behind them were not built. "
            f"the store's words are in restricted/{beside.parent.name}/{beside.name}/{log.name}"
            + (f"; {of_disk}" if of_disk else ""),
            allow_retries=False,
        )
