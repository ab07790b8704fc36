"""Everything Dagster knows: the hospital once, each study by itself; a job for all and one a study; the schedule."""

import dagster as dg

from cartwright.orchestration import structure
from cartwright.orchestration.alerts.sensor import tell
from cartwright.orchestration.assets import claims_audit, gates, models, publish, report, statistics
from cartwright.orchestration.assets import feeds as hospital
from cartwright.orchestration.assets import study as study_definition
from cartwright.orchestration.assets.night import Night
from cartwright.orchestration.orphans import end_orphans
from cartwright.orchestration.schedule import nightly_schedule
from cartwright.orchestration.structure import Wing
from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings

NIGHTLY = "nightly"


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Enters runs whose process is gone as failed, so that they do not keep the next night waiting.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    ended = end_orphans(context.instance, structure.settings())
    return dg.SkipReason(
        f"{counted(len(ended), 'dead run')} entered as failed" if ended else "every run is alive or has ended"
    )


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells whom CARTWRIGHT_ALERT names of nights that failed and of trouble that began.",
)
def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    said = tell(context.instance, structure.settings(), structure.hospital_zone())
    return dg.SkipReason("; ".join(said) or "nothing to tell")


def study_assets(wing: Wing, of_hospital: Wing) -> list[dg.AssetsDefinition]:
    """One study from its definition to its release."""
    return [
        study_definition.study_definition(wing),
        *([models.study_models(wing)] if wing.manifest["nodes"] else []),
        statistics.statistics(wing),
        claims_audit.claims_audit(wing),
        *([report.figures(wing)] if statistics.figures_of(wing) else []),
        report.tables(wing),
        report.report(wing),
        publish.current(wing, of_hospital),
    ]


def build(house: Settings) -> dg.Definitions:
    """The definitions of a house with the studies that it lists."""
    of_hospital, studies = structure.wings(house)
    assets = [*hospital.ASSETS, models.hospital_models(of_hospital)]
    checks = [hospital.noticed, *gates.hospital_gates(of_hospital)]
    nightly = dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
        description="Feeds in, gates, the hospital's tables; then each study to its release. One process, one writer.",
        executor_def=dg.in_process_executor,
    )
    jobs = [nightly]
    for wing in studies:
        assets += study_assets(wing, of_hospital)
        checks += gates.study_gates(wing) if wing.manifest["nodes"] else []
        jobs.append(
            dg.define_asset_job(
                f"study_{wing.study_id}",
                selection=dg.AssetSelection.key_prefixes(wing.named_study),  # brings its checks
                description=f"{wing.study_id} alone, on the hospital's tables as the last night left them.",
                executor_def=dg.in_process_executor,
            )
        )
    if house.simulated_marker.exists():  # whatever shows simulated data says so
        assets = [
            asset.map_asset_specs(lambda spec: spec.merge_attributes(tags={"data": "simulated"})) for asset in assets
        ]
    return dg.Definitions(
        assets=assets,
        asset_checks=checks,
        jobs=jobs,
        schedules=[nightly_schedule(NIGHTLY)],
        sensors=[dead_runs, alerts],
        executor=dg.in_process_executor,  # also for what is started from the pages: the build file has one writer
        resources={"night": Night()},
    )


def of(house: Settings) -> dg.Definitions:
    """The definitions of a house: those of this module, unless it lists other studies than when they were made."""
    return defs if house.studies == _HOUSE.studies else build(house)


_HOUSE = structure.settings()
defs = build(_HOUSE)
