"""Assets of what people read of a study: figures, tables and the page of the night, from stored results only."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from cartwright.analysis.plan import ard
from cartwright.orchestration.assets.night import FULL, OWNERS, POOL, Night
from cartwright.orchestration.assets.statistics import (
    asset_name,
    figures_of,
    how,
    outputs_of,
)
from cartwright.orchestration.assets.table_metadata import count
from cartwright.orchestration.structure import Wing
from cartwright.warehouse.built import made
from cartwright.warehouse.desk import counted
from cartwright.warehouse.hospital.built import built_by
from cartwright.warehouse.process import second_process
from cartwright.warehouse.quality import not_understood as finding_list
from cartwright.warehouse.release import releases as release
from cartwright.warehouse.release.reading import records, stored_results
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study import build_file as study_file

# What the simulator writes of itself -> its word on the first screen; that it came to its end goes without saying.
_SIMULATION = {
    "generated_with": "Written by",
    "patients": "patients",
    "sites": "hospitals",
    "cohort": "cohort",
    "until": "until",
    "seed": "seed",
}
RECORDS_BY_TABLE = """
    SELECT table_name, sum(records_count) AS records_count, sum(loaded_count) AS loaded_count,
        sum(rejected_count) AS rejected_count, sum(duplicate_count) AS duplicate_count
    FROM quality.delivery_ledger GROUP BY table_name ORDER BY table_name"""


def figures(wing: Wing) -> dg.AssetsDefinition:
    """Draw every figure of the plan as SVG, PDF and PNG, from stored results only, its data as CSV beside it."""
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
                kinds={"svg", "pdf", "csv"},
                owners=OWNERS,
            )
            for output in shown
        ],
    )
    def draw(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.MaterializeResult]:
        folder = night.place(wing.named_study).workshop / "figures"
        with night.study_file(wing.named_study) as con:
            is_as_it_was = _stands(con, made.FIGURES, folder) and FULL not in context.run.tags
            if not is_as_it_was:
                made.forget(con, made.FIGURES)
                _draw_into(folder, stored_results(con, [ard.MEMBERS]), records(con, "study.output"))
                made.enter(con, made.FIGURES, _made_of(con, folder))
        for output in shown:
            path = folder / f"{output.output_id}.svg"
            key = wing.key("figures", asset_name(output.output_id))
            if key in context.selected_asset_keys:
                told: dict[str, Any] = {"file": dg.MetadataValue.path(str(path)), "bytes": count(path.stat().st_size)}
                yield dg.MaterializeResult(asset_key=key, metadata=told | how(is_as_it_was))

    return draw


def _draw_into(folder: Path, results: dict[str, Any], outputs: list[dict[str, Any]]) -> None:
    """Each figure in its forms and its data as CSV, instead of what lies there."""
    from cartwright.analysis import figures as drawing
    from cartwright.analysis.report import behind

    drawn = drawing.draw_forms(results, outputs, beside=second_process())
    data = behind.of_figures(results, outputs)
    _write_into(
        folder,
        {
            f"{output_id}.{form}": content
            for output_id, forms in drawn.items()
            for form, content in {**forms, "csv": data[output_id].encode()}.items()
        },
    )


def _write_into(folder: Path, files: dict[str, bytes]) -> None:
    """These files, and nothing else, in a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _stands(con: duckdb.DuckDBPyConnection, step: str, folder: Path) -> bool:
    """Whether what a step wrote there is all there, and was made of what stands in the study's file now."""
    return made.made_of(con, step) == _made_of(con, folder)


def _made_of(con: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """What the files of a folder are made of, and which they are: statistics and words, and each file with its size."""
    listed = sorted(f"{path.name} {path.stat().st_size}" for path in folder.glob("*"))
    inputs = (made.made_of(con, made.STATISTICS), str(is_simulated(con)))
    return made.content(con, {"study.output"}, *inputs, *listed)


def is_simulated(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(records(con, "meta.build")[0]["is_simulated"])


def tables(wing: Wing) -> dg.AssetsDefinition:
    """Every table as one document for journals, and each as CSV."""

    @dg.multi_asset(
        name=wing.step("tables"),
        pool=POOL,
        specs=[
            dg.AssetSpec(
                wing.key("release", "tables"),
                deps=_results(wing),
                group_name=wing.group("release"),
                description="Every table of the report as one Word document, as journals want them, and each as CSV.",
                kinds={"word", "csv"},
                owners=OWNERS,
            )
        ],
    )
    def write(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:
        from cartwright.analysis.report import files, journal

        folder = night.place(wing.named_study).workshop / "tables"
        path = folder / "tables.docx"
        with night.study_file(wing.named_study) as con:
            is_as_it_was = _stands(con, made.TABLES, folder) and FULL not in context.run.tags
            if not is_as_it_was:
                made.forget(con, made.TABLES)
                results, outputs = stored_results(con, [ard.MEMBERS]), records(con, "study.output")
                listed = {f"{name}.csv": content for name, content in files.tables(results, outputs).items()}
                _write_into(folder, {path.name: journal.document(results, outputs, is_simulated(con)), **listed})
                made.enter(con, made.TABLES, _made_of(con, folder))
        told: dict[str, Any] = {"file": dg.MetadataValue.path(str(path)), "bytes": count(path.stat().st_size)}
        return dg.MaterializeResult(metadata=told | how(is_as_it_was))

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
        word = (place.workshop / "tables" / "tables.docx").read_bytes()
        with night.study_file(wing.named_study) as con:
            release_id = release.release_id(con, night.settings, place)
            study_file.forget_replaced_checks(con, context.run.run_id, built_by(con))
            about = report_context(con, night.settings, context.run.run_id, release_id)
            page = writing.render(stored_results(con, [ard.MEMBERS]), records(con, "study.output"), about, drawn, word)
        path = place.workshop / "report.html"
        path.write_bytes(page)
        (place.workshop / "release_id").write_text(release_id)
        return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(str(path)), "bytes": count(len(page))})

    return write


def _results(wing: Wing) -> list[dg.AssetKey]:
    return [wing.key("results", asset_name(output.output_id)) for output in outputs_of(wing)]


def simulation_in_words(marker: Path) -> dict[str, Any]:
    """What wrote the feeds of a simulated house, as a reader of the report is told."""
    if not marker.exists():
        return {}
    written = json.loads(marker.read_text(encoding="utf-8"))
    return {words: written[name] for name, words in _SIMULATION.items() if name in written}


def report_context(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, release_id: str) -> dict[str, Any]:
    """What the report says about its own night: from what it was built, how it was checked, what is missing."""
    build, study = records(con, "meta.build")[0], records(con, "study.study")[0]
    return {
        "title": study["title"],
        "question": study["question"],
        "caveat": study["caveat"],
        "source_doi": study["source_doi"],
        "is_simulated": bool(build["is_simulated"]),
        "simulation": simulation_in_words(settings.simulated_marker),
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
        "queries": counted.by_source(con),
        "query_nights": counted.by_night(con),
        "deliveries": records(con, f"({RECORDS_BY_TABLE})"),
        "problems": [
            f"{row['table_name']}: {row['message']}"
            for row in records(con, "quality.delivery_ledger", "status IN ('refused', 'absent') ORDER BY ALL")
        ],
    }
