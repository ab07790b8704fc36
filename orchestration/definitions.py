"""Everything Dagster knows: assets by layer, gates, one nightly job, its schedule, the resource they share."""

import os

import dagster as dg

from orchestration import claims_audit, gates, hospital, publish, statistics, structure
from orchestration.models import models
from orchestration.night import Night
from orchestration.orphans import end_orphans

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
    description="Feeds in, gates, statistics, one release out. One process, one writer.",
    executor_def=dg.in_process_executor,
)
nightly_schedule = dg.ScheduleDefinition(
    name="nightly_schedule",
    job=nightly,
    cron_schedule=os.environ.get("CARTWRIGHT_NIGHT_CRON", "30 2 * * *"),
    execution_timezone=structure.hospital_zone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night, by default at 02:30 hospital time, when the deliveries of the day before are complete.",
)


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Enters runs whose process is gone as failed, so that they do not keep the next night waiting.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    ended = end_orphans(context.instance, structure.settings())
    return dg.SkipReason(f"{len(ended)} dead runs entered as failed" if ended else "every run is alive or has ended")


ASSETS = [*hospital.ASSETS, models, *statistics.ASSETS, *claims_audit.ASSETS, *publish.ASSETS]
if structure.settings().simulated_marker.exists():  # whatever shows simulated data says so
    ASSETS = [asset.map_asset_specs(lambda spec: spec.merge_attributes(tags={"data": "simulated"})) for asset in ASSETS]
defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=gates.CHECKS,
    jobs=[nightly],
    schedules=[nightly_schedule],
    sensors=[dead_runs],
    executor=dg.in_process_executor,  # also for what is started from the pages: the build file has one writer
    resources={"night": Night()},
)
