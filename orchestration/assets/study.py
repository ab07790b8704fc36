"""Assets of what a study starts from: its definition as tables, and the coordinates of its build."""

from collections.abc import Iterator

import dagster as dg

from cartwright.orchestration import study_reading
from cartwright.orchestration.assets.night import OWNERS, POOL, Night
from cartwright.orchestration.assets.table_metadata import describe_tables
from cartwright.orchestration.dbt.manifest import manifest_path, study_project
from cartwright.orchestration.structure import Wing
from cartwright.warehouse import build_row as meta
from cartwright.warehouse.study import claims as study_claims
from cartwright.warehouse.study import tables as study_tables
from cartwright.warehouse.study.loader import load_study

TABLES = {
    **{table: description for table, (description, *_) in study_tables.TABLES.items()},
    **{table: description for table, (_, description, _) in study_claims.TABLES.items()},
}
BUILD = "One row: the hospital's coordinates with the data cut of this study."


def study_definition(wing: Wing) -> dg.AssetsDefinition:
    """Read the study anew, and see that its models compile."""
    study_id = wing.named_study

    @dg.multi_asset(
        name=wing.step("study_definition"),
        specs=[
            *(
                dg.AssetSpec(
                    wing.key("study", table),
                    deps=[["meta", "build"]],
                    group_name=wing.group("study"),
                    description=TABLES[table],
                    kinds={"duckdb", "yaml"},
                    owners=OWNERS,
                )
                for table in TABLES
            ),
            dg.AssetSpec(
                wing.key("meta", "build"),
                deps=[["meta", "build"]],
                group_name=wing.group("study"),
                description=BUILD,
                kinds={"duckdb"},
                owners=OWNERS,
            ),
        ],
        can_subset=True,
        pool=POOL,
    )
    def definition(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.MaterializeResult]:
        place = night.place(study_id)
        with night.study_file(study_id) as con:
            study = load_study(con, place.folder, **study_reading.checks(night.settings.hospital))
            meta.write_study_row(con)
            tables = describe_tables(con, ["study", "meta"])
        manifest_path(study_project(night.settings, place, study))
        for table in (*(f"study.{table}" for table in TABLES), "meta.build"):
            key = wing.key(*table.split("."))
            if key in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=key, metadata=tables[table])

    return definition
