"""The publishing asset, the last gate: demands every fatal check of this run, present and passed."""

from datetime import timedelta

import dagster as dg

from orchestration import dbt_tests, gates, structure
from orchestration.models import MANIFEST, models
from orchestration.night import OWNERS, POOL, Night
from orchestration.statistics import FIGURES, asset_name
from orchestration.table_metadata import count
from warehouse import checks, release

REQUIRED = sorted(gates.FATAL_IDS | dbt_tests.fatal_ids(MANIFEST))
MAY_BE_NOT_APPLICABLE = sorted({*gates.MAY_BE_NOT_APPLICABLE, *dbt_tests.untested_ids(MANIFEST)})


@dg.asset(
    key=["release", "current"],
    deps=[
        ["release", "report"],
        ["release", "tables"],
        *(["figures", asset_name(output.output_id)] for output in FIGURES),
        *sorted(models.keys),
    ],
    group_name="release",
    description=(
        "Tonight's release: immutable DuckDB file, Parquet, report, manifest; then the switch of `current`. "
        "Publishes only if every fatal check of this very run is stored and passed."
    ),
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    pool=POOL,
    freshness_policy=dg.FreshnessPolicy.cron(
        deadline_cron="0 6 * * *", lower_bound_delta=timedelta(hours=5), timezone=structure.hospital_zone()
    ),
)
def current(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:
    settings = night.settings
    files = {"report.html": night.workshop / "report.html", "tables/tables.docx": night.workshop / "tables.docx"}
    files |= {f"figures/{path.name}": path for path in sorted((night.workshop / "figures").iterdir())}
    with night.build_file() as con:
        problems = checks.blocking_problems(con, context.run.run_id, REQUIRED, MAY_BE_NOT_APPLICABLE)
        if problems:
            raise dg.Failure(
                f"not published, yesterday's release stays: {len(problems)} fatal checks missing or not passed",
                metadata={"problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in problems))},
                allow_retries=False,
            )
        release_id = (night.workshop / "release_id").read_text()  # the one the report names
        built = release.build(con, settings, release_id, context.run.run_id, files, REQUIRED, MAY_BE_NOT_APPLICABLE)
    published = release.publish(settings, built)
    return dg.MaterializeResult(
        metadata={
            "release": release_id,
            "folder": dg.MetadataValue.path(str(published.path)),
            "fatal_checks": count(len(REQUIRED)),
            "simulated": settings.simulated_marker.exists(),
            "new": published.is_new,
        }
    )


ASSETS = [current]
