"""Assets of a study's statistics: results as tables, figures and report as files. The numbers come from analysis/."""

import json
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import duckdb

from cartwright.analysis.plan import ard
from cartwright.analysis.report import dictionary
from cartwright.orchestration.assets.night import OWNERS, POOL, Night
from cartwright.orchestration.assets.table_metadata import count, describe_tables
from cartwright.orchestration.structure import Wing
from cartwright.warehouse.hospital.built import built_by
from cartwright.warehouse.process import second_process
from cartwright.warehouse.quality import not_understood as finding_list
from cartwright.warehouse.release import releases as release
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.definition import Output
from cartwright.warehouse.study.followup import endpoint_dataset

# What every plan reads; its analyses add what they name.
DATASETS = {"adsl": "adam.adsl", "adtte": "adam.adtte", "adrs": "adam.adrs", "checklist": "study.checklist"}
RECORDS_BY_TABLE = """
    SELECT table_name, sum(records_count) AS records_count, sum(loaded_count) AS loaded_count,
        sum(rejected_count) AS rejected_count, sum(duplicate_count) AS duplicate_count
    FROM quality.delivery_ledger GROUP BY table_name ORDER BY table_name"""


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
        read |= set(_named(analysis.kind, analysis.variables, analysis.options).values())
    return [wing.key(*name.split(".")) for name in sorted(read)]


def _named(kind: str, variables: list[Any], options: dict[str, Any]) -> dict[str, str]:
    """The tables that an analysis names besides those that every plan reads."""
    named = {variable["dataset"]: f"adam.{variable['dataset']}" for variable in variables if "dataset" in variable}
    if (dataset := endpoint_dataset(kind)) not in DATASETS:
        named[dataset] = f"adam.{dataset}"
    if kind == "funnel":
        named[options["steps"]] = f"eligibility.{options['steps']}"
    return named


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
            analyses = records(con, "study.analysis")
            frames = run.compute(
                read_datasets(con, analyses),
                records(con, "study.population"),
                analyses,
                night.settings.resampling,
                beside=second_process(),
            )
            con.execute("CREATE SCHEMA IF NOT EXISTS results")
            for table, frame in frames.items():
                store_result(con, table, frame)
            tables = describe_tables(con, ["results"])
        told = {table: tables.get(f"results.{table}", {}) for table in ard.TABLES}
        for output in outputs:
            rows = int((frames["ard"]["output_id"] == output.output_id).sum())
            told[asset_name(output.output_id)] = {"dagster/row_count": count(rows)}
        for name, metadata in told.items():
            if wing.key("results", name) in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=wing.key("results", name), metadata=metadata)

    return compute


def store_result(con: duckdb.DuckDBPyConnection, table: str, frame: Any) -> None:
    """Write one result table and say in comments what it and its columns mean."""
    con.register("frame", frame)
    con.execute(f"CREATE OR REPLACE TABLE results.{table} AS SELECT * FROM frame")
    con.unregister("frame")
    con.execute(f"COMMENT ON TABLE results.{table} IS {quoted(dictionary.TABLES[table])}")
    for column in frame.columns:
        con.execute(f"COMMENT ON COLUMN results.{table}.{column} IS {quoted(dictionary.COLUMNS[column])}")


def figures(wing: Wing) -> dg.AssetsDefinition:
    """Draw every figure of the plan as SVG, from stored results only, its data as CSV beside it; begin PDF, PNG and the
    tables as CSV in the other process."""
    shown = figures_of(wing)

    @dg.multi_asset(
        name=wing.step("figures"),
        can_subset=True,
        pool=POOL,
        specs=[
            dg.AssetSpec(
                wing.key("figures", asset_name(output.output_id)),
                deps=[wing.key("results", asset_name(output.output_id))],
                group_name=wing.group("figures"),
                description=output.title,
                kinds={"svg", "csv"},
                owners=OWNERS,
            )
            for output in shown
        ],
    )
    def draw(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.MaterializeResult]:
        from cartwright.analysis import figures as drawing
        from cartwright.analysis.report import behind, files

        with night.study_file(wing.named_study) as con:
            results, outputs = stored_results(con), records(con, "study.output")
        drawn = drawing.draw(results, outputs, beside=second_process())
        data = behind.of_figures(results, outputs)
        folder = night.place(wing.named_study).workshop / "figures"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        shutil.rmtree(folder.with_name("tables"), ignore_errors=True)
        folder.with_name("tables").mkdir()
        # Nobody waits for these but the release, which asks for them last.
        second_process().submit(files.write, results, outputs, folder, folder.with_name("tables"))
        for output in shown:
            path = folder / f"{output.output_id}.svg"
            path.write_bytes(drawn[output.output_id])
            path.with_name(f"{output.output_id}.csv").write_text(data[output.output_id], encoding="utf-8")
            key = wing.key("figures", asset_name(output.output_id))
            if key in context.selected_asset_keys:
                told = {"file": dg.MetadataValue.path(str(path)), "bytes": count(path.stat().st_size)}
                yield dg.MaterializeResult(asset_key=key, metadata=told)

    return draw


def tables(wing: Wing) -> dg.AssetsDefinition:
    """Every table of the report as one document for journals."""

    @dg.multi_asset(
        name=wing.step("tables"),
        pool=POOL,
        specs=[
            dg.AssetSpec(
                wing.key("release", "tables"),
                deps=_results(wing),
                group_name=wing.group("release"),
                description="Every table of the report as one Word document, as journals want them.",
                kinds={"word"},
                owners=OWNERS,
            )
        ],
    )
    def write(night: Night) -> dg.MaterializeResult:
        from cartwright.analysis.report import journal

        with night.study_file(wing.named_study) as con:
            is_simulated = bool(records(con, "meta.build")[0]["is_simulated"])
            document = journal.document(stored_results(con), records(con, "study.output"), is_simulated)
        path = night.place(wing.named_study).workshop / "tables.docx"
        path.write_bytes(document)
        return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(str(path)), "bytes": count(len(document))})

    return write


def report(wing: Wing) -> dg.AssetsDefinition:
    """The page of the night, which names the release that carries it."""

    @dg.multi_asset(
        name=wing.step("report"),
        pool=POOL,
        specs=[
            dg.AssetSpec(
                wing.key("release", "report"),
                deps=[
                    *_results(wing),
                    *(wing.key("figures", asset_name(output.output_id)) for output in figures_of(wing)),
                    *(wing.key("results", table) for table in ("ard", "claims_audit")),
                    wing.key("release", "tables"),
                ],
                group_name=wing.group("release"),
                description="The night's report: one HTML file that opens without internet.",
                kinds={"html"},
                owners=OWNERS,
            )
        ],
    )
    def write(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:
        from cartwright.analysis.report import page as writing

        place = night.place(wing.named_study)
        drawn = {path.stem: path.read_bytes() for path in (place.workshop / "figures").glob("*.svg")}
        word = (place.workshop / "tables.docx").read_bytes()
        with night.study_file(wing.named_study) as con:
            release_id = release.release_id(con, night.settings, place)
            about = report_context(con, night.settings, context.run.run_id, release_id)
            page = writing.render(stored_results(con), records(con, "study.output"), about, drawn, word)
        path = place.workshop / "report.html"
        path.write_bytes(page)
        (place.workshop / "release_id").write_text(release_id)
        return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(str(path)), "bytes": count(len(page))})

    return write


def _results(wing: Wing) -> list[dg.AssetKey]:
    return [wing.key("results", asset_name(output.output_id)) for output in outputs_of(wing)]


def report_context(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, release_id: str) -> dict[str, Any]:
    """What the report says about its own night: from what it was built, how it was checked, what is missing."""
    build, study = records(con, "meta.build")[0], records(con, "study.study")[0]
    marker = settings.simulated_marker
    return {
        "title": study["title"],
        "question": study["question"],
        "caveat": study["caveat"],
        "source_doi": study["source_doi"],
        "is_simulated": bool(build["is_simulated"]),
        "simulation": json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else {},
        "provenance": {
            "Release": release_id,
            "Study": study["study_id"],
            "Data cut": str(build["data_cut_date"])[:10],
            "Deliveries up to": f"{build['as_of_at']:%Y-%m-%d %H:%M} UTC",
            "Resampling": settings.resampling,
            "Run": run_id,
        },
        "checks": records(con, "quality.check_result", "run_id IN (?, ?)", [run_id, built_by(con)]),
        "findings": [vars(finding) for finding in finding_list.listed(con)],
        "deliveries": records(con, f"({RECORDS_BY_TABLE})"),
        "problems": [
            f"{row['table_name']}: {row['message']}"
            for row in records(con, "quality.delivery_ledger", "status IN ('refused', 'absent') ORDER BY ALL")
        ],
    }


def records(
    con: duckdb.DuckDBPyConnection, table: str, where: str = "true", values: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """Rows of a small table as dictionaries."""
    cursor = con.execute(f"SELECT * FROM {table} WHERE {where}", values)
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stored_results(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Every table of schema results that is drawn or printed, as a data frame: all but the members."""
    names = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'results' AND table_name <> ? ORDER BY 1",
        [ard.MEMBERS],
    ).fetchall()
    return {name: con.execute(f"SELECT * FROM results.{name}").df() for (name,) in names}


def read_datasets(con: duckdb.DuckDBPyConnection, analyses: list[dict[str, Any]]) -> dict[str, Any]:
    """The tables that the analyses read, as data frames by name."""
    tables = dict(DATASETS)
    for analysis in analyses:
        variables, options = json.loads(analysis["variables"] or "[]"), json.loads(analysis["options"] or "{}")
        tables |= _named(analysis["kind"], variables, options)
    return {name: con.execute(f"SELECT * FROM {table}").df() for name, table in tables.items()}
