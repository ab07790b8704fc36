"""Assets of the statistics: results as tables, figures and the report as files. The numbers come from analysis/."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import duckdb

from analysis import ard, dictionary
from orchestration import second_process, structure
from orchestration.night import OWNERS, POOL, Night
from orchestration.table_metadata import count, describe_tables
from warehouse import finding_list, release
from warehouse.settings import Settings
from warehouse.tables import quoted

PLAN = structure.plan()
OUTPUTS = sorted(PLAN.outputs, key=lambda output: output.seq)
FIGURES = [output for output in OUTPUTS if output.kind == "figure"]
# What the plan's analyses read; a variable of another dataset adds that one.
DATASETS = {"adsl": "adam.adsl", "adtte": "adam.adtte", "adrs": "adam.adrs", "adic": "adam.adic",
            "checklist": "study.checklist",
            "funnel": "eligibility.funnel",
            "cd20_flow": "eligibility.cd20_flow"}  # fmt: skip
RECORDS_BY_TABLE = """
    SELECT table_name, sum(records_count) AS records_count, sum(loaded_count) AS loaded_count,
        sum(rejected_count) AS rejected_count, sum(duplicate_count) AS duplicate_count
    FROM quality.delivery_ledger GROUP BY table_name ORDER BY table_name"""


def asset_name(output_id: str) -> str:
    return output_id.replace(".", "_")


def _read_by(output_id: str) -> list[list[str]]:
    """The tables that the analyses of one output read."""
    analyses = [analysis for analysis in PLAN.analyses if analysis.output_id == output_id]
    read = {"adsl"}
    read |= {"adtte"} if any(analysis.endpoint for analysis in analyses) else set()
    read |= {"adic"} if any(analysis.kind == "interval" for analysis in analyses) else set()
    read |= {analysis.options["steps"] for analysis in analyses if analysis.kind == "funnel"}
    return [DATASETS[name].split(".") for name in sorted(read)]


@dg.multi_asset(
    name="statistics",
    pool=POOL,
    specs=[
        *(
            dg.AssetSpec(
                ["results", table],
                deps=[table_name.split(".") for table_name in DATASETS.values()] + [["study", "analysis"]],
                group_name="results",
                description=dictionary.TABLES[table],
                kinds={"duckdb", "python"},
                owners=OWNERS,
            )
            for table in ard.TABLES
        ),
        *(
            dg.AssetSpec(
                ["results", asset_name(output.output_id)],
                deps=[*_read_by(output.output_id), ["study", "analysis"]],
                group_name="results",
                description=f"**{output.title}**\n\n{output.footnote or ''}",
                kinds={"python"},
                owners=OWNERS,
                tags={"output_kind": output.kind},
            )
            for output in OUTPUTS
        ),
    ],
)
def statistics(night: Night) -> Iterator[dg.MaterializeResult]:
    """Compute every analysis of the plan and store the rows in schema results."""
    from analysis import run

    with night.build_file() as con:
        analyses = records(con, "study.analysis")
        frames = run.compute(
            read_datasets(con, analyses), records(con, "study.population"), analyses, night.settings.resampling,
            beside=second_process.executor(),
        )  # fmt: skip
        con.execute("CREATE SCHEMA IF NOT EXISTS results")
        for table, frame in frames.items():
            store_result(con, table, frame)
        tables = describe_tables(con, ["results"])
    for table in ard.TABLES:
        yield dg.MaterializeResult(asset_key=["results", table], metadata=tables.get(f"results.{table}", {}))
    for output in OUTPUTS:
        rows = int((frames["ard"]["output_id"] == output.output_id).sum())
        yield dg.MaterializeResult(
            asset_key=["results", asset_name(output.output_id)], metadata={"dagster/row_count": count(rows)}
        )


def store_result(con: duckdb.DuckDBPyConnection, table: str, frame: Any) -> None:
    """Write one result table and say in comments what it and its columns mean."""
    con.register("frame", frame)
    con.execute(f"CREATE OR REPLACE TABLE results.{table} AS SELECT * FROM frame")
    con.unregister("frame")
    con.execute(f"COMMENT ON TABLE results.{table} IS {quoted(dictionary.TABLES[table])}")
    for column in frame.columns:
        con.execute(f"COMMENT ON COLUMN results.{table}.{column} IS {quoted(dictionary.COLUMNS[column])}")


@dg.multi_asset(
    name="figures",
    pool=POOL,
    specs=[
        dg.AssetSpec(
            ["figures", asset_name(output.output_id)],
            deps=[["results", asset_name(output.output_id)]],
            group_name="figures",
            description=output.title,
            kinds={"svg", "csv"},
            owners=OWNERS,
        )
        for output in FIGURES
    ],
)
def figures(night: Night) -> Iterator[dg.MaterializeResult]:
    """Draw every figure of the plan as SVG, from stored results only, its data as CSV beside it."""
    from analysis import behind
    from analysis import figures as drawing

    with night.build_file() as con:
        results, outputs = stored_results(con), records(con, "study.output")
    drawn = drawing.draw(results, outputs, beside=second_process.executor())
    data = behind.of_figures(results, outputs)
    folder = night.workshop / "figures"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for output in FIGURES:
        path = folder / f"{output.output_id}.svg"
        path.write_bytes(drawn[output.output_id])
        path.with_name(f"{output.output_id}.csv").write_text(data[output.output_id], encoding="utf-8")
        yield dg.MaterializeResult(
            asset_key=["figures", asset_name(output.output_id)],
            metadata={"file": dg.MetadataValue.path(str(path)), "bytes": count(path.stat().st_size)},
        )


@dg.multi_asset(
    name="tables",
    pool=POOL,
    specs=[
        dg.AssetSpec(
            ["release", "tables"],
            deps=[["results", asset_name(output.output_id)] for output in OUTPUTS],
            group_name="release",
            description="Every table of the report as one Word document, as journals want them.",
            kinds={"word"},
            owners=OWNERS,
        )
    ],
)
def tables(night: Night) -> dg.MaterializeResult:
    from analysis import journal

    with night.build_file() as con:
        is_simulated = bool(records(con, "meta.build")[0]["is_simulated"])
        document = journal.document(stored_results(con), records(con, "study.output"), is_simulated)
    path = night.workshop / "tables.docx"
    path.write_bytes(document)
    return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(str(path)), "bytes": count(len(document))})


@dg.multi_asset(
    name="report",
    pool=POOL,
    specs=[
        dg.AssetSpec(
            ["release", "report"],
            deps=[["results", asset_name(output.output_id)] for output in OUTPUTS]
            + [["figures", asset_name(output.output_id)] for output in FIGURES]
            + [["results", "ard"], ["results", "claims_audit"], ["release", "tables"]],
            group_name="release",
            description="The night's report: one HTML file that opens without internet.",
            kinds={"html"},
            owners=OWNERS,
        )
    ],
)
def report(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:
    from analysis import report as writing

    drawn = {path.stem: path.read_bytes() for path in (night.workshop / "figures").glob("*.svg")}
    word = (night.workshop / "tables.docx").read_bytes()
    with night.build_file() as con:
        release_id = release.release_id(con, night.settings)
        about = report_context(con, night.settings, context.run.run_id, release_id)
        page = writing.render(stored_results(con), records(con, "study.output"), about, drawn, word)
    path = night.workshop / "report.html"
    path.write_bytes(page)
    (night.workshop / "release_id").write_text(release_id)
    return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(str(path)), "bytes": count(len(page))})


def report_context(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, release_id: str) -> dict[str, Any]:
    """What the report says about its own night: from what it was built, how it was checked, what is missing."""
    build, study = records(con, "meta.build")[0], records(con, "study.study")[0]
    marker = settings.simulated_marker
    return {
        "title": study["title"],
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
        "checks": records(con, "quality.check_result", "run_id = ?", [run_id]),
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
    named = {
        variable["dataset"]
        for analysis in analyses
        for variable in json.loads(analysis["variables"] or "[]")
        if "dataset" in variable
    }
    tables = {**DATASETS, **{name: f"adam.{name}" for name in sorted(named)}}
    return {name: con.execute(f"SELECT * FROM {table}").df() for name, table in tables.items()}


ASSETS = [statistics, figures, tables, report]
