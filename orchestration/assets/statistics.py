"""Asset of a study's statistics: the results of its plan as tables. The numbers come from analysis/."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import duckdb

from cartwright.analysis.plan import ard
from cartwright.analysis.report import dictionary
from cartwright.orchestration.assets.night import FULL, OWNERS, POOL, Night
from cartwright.orchestration.assets.table_metadata import count, describe_tables
from cartwright.orchestration.structure import Wing
from cartwright.warehouse.built import made
from cartwright.warehouse.process import second_process
from cartwright.warehouse.release.reading import DATASETS, datasets_of, read_datasets, records, tables_named
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.definition import Output


def asset_name(output_id: str) -> str:
    return output_id.replace(".", "_")


def outputs_of(wing: Wing) -> list[Output]:
    """What the study's report shows, in its order."""
    return sorted(wing.plan.outputs, key=lambda output: output.seq)


def figures_of(wing: Wing) -> list[Output]:
    """The figures among it."""
    return [output for output in outputs_of(wing) if output.kind == "figure"]


def _read_by(wing: Wing, output_id: str) -> list[dg.AssetKey]:
    """The tables that the analyses of one output read."""
    analyses = [analysis for analysis in wing.plan.analyses if analysis.output_id == output_id]
    read = {DATASETS["adsl"]}
    for analysis in analyses:
        read |= {DATASETS["adtte"]} if analysis.endpoint else set()
        read |= set(tables_named(analysis.kind, analysis.variables, analysis.options).values())
    return [wing.key(*name.split(".")) for name in sorted(read)]


def statistics(wing: Wing) -> dg.AssetsDefinition:
    """Compute every analysis of the plan and store the rows in schema results: all of them, whichever are asked."""
    outputs = outputs_of(wing)
    read = sorted({key for output in outputs for key in _read_by(wing, output.output_id)})

    @dg.multi_asset(
        name=wing.step("statistics"),
        can_subset=True,
        pool=POOL,
        specs=[
            *(
                dg.AssetSpec(
                    wing.key("results", table),
                    deps=[*read, wing.key("study", "analysis")],
                    group_name=wing.group("results"),
                    description=dictionary.TABLES[table],
                    kinds={"duckdb", "python"},
                    owners=OWNERS,
                )
                for table in ard.TABLES
            ),
            *(
                dg.AssetSpec(
                    wing.key("results", asset_name(output.output_id)),
                    deps=[*_read_by(wing, output.output_id), wing.key("study", "analysis")],
                    group_name=wing.group("results"),
                    description=f"**{output.title}**\n\n{output.footnote or ''}",
                    kinds={"python"},
                    owners=OWNERS,
                    tags={"output_kind": output.kind},
                )
                for output in outputs
            ),
        ],
    )
    def compute(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.MaterializeResult]:
        from cartwright.analysis.plan import run

        with night.study_file(wing.named_study) as con:
            analyses, drawn = records(con, "study.analysis"), night.settings.resampling
            read = {*datasets_of(analyses).values(), "study.population", "study.analysis"}
            inputs = made.content(con, read, drawn)
            is_as_it_was = FULL not in context.run.tags and made.made_of(con, made.STATISTICS) == inputs
            if not is_as_it_was:
                made.forget(con, made.STATISTICS)
                frames, populations = read_datasets(con, analyses), records(con, "study.population")
                computed = run.compute(frames, populations, analyses, drawn, beside=second_process())
                con.execute("CREATE SCHEMA IF NOT EXISTS results")
                for table, frame in computed.items():
                    store_result(con, table, frame)
                made.enter(con, made.STATISTICS, inputs)
            tables = describe_tables(con, ["results"])
            rows = dict(con.execute("SELECT output_id, count(*) FROM results.ard GROUP BY output_id").fetchall())
        told = {table: tables.get(f"results.{table}", {}) for table in ard.TABLES}
        for output in outputs:
            told[asset_name(output.output_id)] = {"dagster/row_count": count(rows.get(output.output_id, 0))}
        for name, metadata in told.items():
            if wing.key("results", name) in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=wing.key("results", name), metadata=metadata | how(is_as_it_was))

    return compute


def how(is_as_it_was: bool) -> dict[str, str]:
    """What Dagster is told of a step that may find that its inputs have not changed."""
    return {"made": made.UNCHANGED if is_as_it_was else "anew"}


def store_result(con: duckdb.DuckDBPyConnection, table: str, frame: Any) -> None:
    """Write one result table and say in comments what it and its columns mean."""
    con.register("frame", frame)
    con.execute(f"CREATE OR REPLACE TABLE results.{table} AS SELECT * FROM frame")
    con.unregister("frame")
    con.execute(f"COMMENT ON TABLE results.{table} IS {quoted(dictionary.TABLES[table])}")
    for column in frame.columns:
        con.execute(f"COMMENT ON COLUMN results.{table}.{column} IS {quoted(dictionary.COLUMNS[column])}")
