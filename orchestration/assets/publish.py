"""The publishing asset of a study, the last gate: demands every fatal check of tonight, present and passed."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import duckdb

from cartwright.orchestration import structure
from cartwright.orchestration.alerts import notify
from cartwright.orchestration.assets import gates
from cartwright.orchestration.assets.night import FULL, OWNERS, POOL, Night
from cartwright.orchestration.assets.statistics import asset_name, figures_of, how
from cartwright.orchestration.assets.table_metadata import count
from cartwright.orchestration.dbt import declared_tests as dbt_tests
from cartwright.orchestration.structure import Wing
from cartwright.warehouse.built import made
from cartwright.warehouse.counted import counted
from cartwright.warehouse.hospital import built as hospital_night
from cartwright.warehouse.quality import check_results as checks
from cartwright.warehouse.release import carry, guard
from cartwright.warehouse.release import releases as release
from cartwright.warehouse.release import since as comparison
from cartwright.warehouse.study import build_file as study_file
from cartwright.warehouse.study.place import StudyPlace

if TYPE_CHECKING:
    from cartwright.analysis.report.since import Told


def current(wing: Wing, hospital: Wing) -> dg.AssetsDefinition:
    """Tonight's release of one study; what it demands is the hospital's checks and its own."""
    manifests = (hospital.manifest, wing.manifest)
    required = sorted(gates.fatal_ids(wing).union(*map(dbt_tests.fatal_ids, manifests)))
    may_be_not_applicable = sorted(gates.may_be_idle().union(*map(dbt_tests.untested_ids, manifests)))
    study_id = wing.named_study

    @dg.multi_asset(name=wing.step("release"), specs=[_spec(wing)], pool=POOL)
    def publish(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:
        settings, place = night.settings, night.place(study_id)
        with night.study_file(study_id, may_name=True) as con:
            run_ids = list(dict.fromkeys((context.run.run_id, hospital_night.built_by(con))))
            study_file.forget_replaced_checks(con, context.run.run_id, run_ids[-1])
            _refuse_unless_passed(checks.blocking_problems(con, run_ids, required, may_be_not_applicable))
            release_id = _the_reports_own(con, night, place)
            made_of = f"{release_id} of {made.made_of(con, made.MODELS)} and {made.made_of(con, made.STATISTICS)}"
            stands = FULL not in context.run.tags and made.made_of(con, made.RELEASE) == made_of
            published = release.publish_again(place, release_id) if stands else None
            is_as_it_was = published is not None
            if published is None:
                made.forget(con, made.RELEASE)
                search, is_full = guard.Search(con, place.folder), FULL in context.run.tags
                built = release.build(
                    con, settings, place, search, release_id, run_ids, required, may_be_not_applicable, is_full
                )
                _add_files(con, place, search, built)
                published = release.publish(place, built)
                carry.remember(con, release_id)
                made.enter(con, made.RELEASE, made_of)
        pinged = notify.ping(settings, study_id)
        if pinged.startswith("not"):
            context.log.warning("ping of %s %s", study_id, pinged)
        return dg.MaterializeResult(
            metadata={
                "release": release_id,
                "folder": dg.MetadataValue.path(str(published.path)),
                "fatal_checks": count(len(required)),
                "simulated": settings.simulated_marker.exists(),
                "new": published.is_new,
                **how(is_as_it_was),
                "ping": pinged,
            }
        )

    return publish


def _spec(wing: Wing) -> dg.AssetSpec:
    """The release in the graph: behind report, tables, figures, and every model and seed."""
    nodes = (node for node in wing.manifest["nodes"].values() if node["resource_type"] in ("model", "seed"))
    return dg.AssetSpec(
        wing.key("release", "current"),
        deps=[
            wing.key("release", "report"),
            wing.key("release", "tables"),
            *(wing.key("figures", asset_name(output.output_id)) for output in figures_of(wing)),
            *sorted(map(wing.key_of, nodes)),
        ],
        group_name=wing.group("release"),
        description=(
            "Tonight's release: immutable DuckDB file, Parquet, report, manifest; then the switch of "
            "`current`. Publishes only if every fatal check of this very night is stored and passed."
        ),
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        freshness_policy=dg.FreshnessPolicy.cron(
            deadline_cron="0 6 * * *", lower_bound_delta=timedelta(hours=5), timezone=structure.hospital_zone()
        ),
    )


def _refuse_unless_passed(problems: list[str]) -> None:
    if problems:
        raise dg.Failure(
            f"not published, yesterday's release stays: {counted(len(problems), 'fatal check')} missing or not passed",
            metadata={"problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in problems))},
            allow_retries=False,
        )


def _the_reports_own(con: duckdb.DuckDBPyConnection, night: Night, place: StudyPlace) -> str:
    """The release id that the report names. Fails where the present inputs give another."""
    named = (place.workshop / "release_id").read_text()
    if release.release_id(con, night.settings, place) != named:
        raise dg.Failure(
            "not published: the report was made of other inputs or by another program than are here now; "
            f"run the study again (`cartwright refresh --study {place.study_id}`)",
            allow_retries=False,
        )
    return named


def _add_files(con: duckdb.DuckDBPyConnection, place: StudyPlace, search: guard.Search, built: Path) -> None:
    """The page, with what changed since last night, and the figures and tables beside it."""
    from cartwright.analysis.report import since as writing

    shop = place.workshop
    page = writing.with_changes((shop / "report.html").read_bytes(), *since_last_night(con, place, built))
    beside = [path for folder in ("figures", "tables") for path in sorted((shop / folder).glob("*"))]
    named = {path.relative_to(shop).as_posix(): path for path in beside}
    release.add_files(search, built, {"report.html": page, **named})


def since_last_night(
    con: duckdb.DuckDBPyConnection, place: StudyPlace, built: Path
) -> "tuple[Told | None, dict[str, str], list[str]]":
    """What `with_changes` writes: the comparison with the release that is current until now, and words of analyses."""
    from cartwright.analysis.report.since import Told

    rows = comparison.analyses(con)
    words = {analysis_id: title for analysis_id, title, _ in rows}
    first = [analysis_id for analysis_id, _, is_answer in rows if is_answer]
    if not place.current.exists():
        return None, words, first
    found = comparison.since(place.current.resolve(), built)
    changes = {asked: [vars(change) for change in listed] for asked, listed in found.changes.items()}
    totals = comparison.totals(found)
    return Told(found.old, found.old_built_at, totals, found.records, found.counted(), changes), words, first
