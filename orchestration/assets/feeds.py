"""Assets of what the night starts from: raw feed tables, ledger, identities, build row."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from cartwright.orchestration import study_reading
from cartwright.orchestration.assets.fold import fold
from cartwright.orchestration.assets.night import OWNERS, POOL, Night
from cartwright.orchestration.assets.table_metadata import count, describe_tables
from cartwright.warehouse import build_row as meta
from cartwright.warehouse import layout
from cartwright.warehouse.alarms import feed_alarms
from cartwright.warehouse.hospital import built as hospital_night
from cartwright.warehouse.hospital import definition as hospital
from cartwright.warehouse.hospital import units
from cartwright.warehouse.hospital.tables import LOADED as HOSPITAL_TABLES
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake import feed_table as ingest
from cartwright.warehouse.intake import unmapped
from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.one_row import one_row
from cartwright.warehouse.quality import check_results as checks
from cartwright.warehouse.quality import findings, ledger
from cartwright.warehouse.settings import Settings

KINDS = {"lis": {"duckdb", "csv"}, "ris": {"duckdb", "json"}, "ehr": {"duckdb", "sql"}}
FEEDS = {"lis": "Laboratory (LIS)", "ris": "Imaging (RIS)", "ehr": "Treatment (EHR)"}
LEDGER = "quality.delivery_ledger"
NOTICED = "noticed"
LEDGER_KEY = dg.AssetKey(LEDGER.split("."))
RAW_KEYS = [dg.AssetKey(["raw", table]) for table in load_contracts()]


def feed_assets(feed: str) -> dg.AssetsDefinition:
    """One asset per table of a feed, ingested table by table: what one table lacks does not stop the others."""
    contracts = [contract for contract in load_contracts().values() if contract.feed == feed]

    @dg.multi_asset(
        name=f"{feed}_feed",
        description=f"{FEEDS[feed]}: reads what was delivered since the last night into schema raw.",
        specs=[_raw_spec(contract) for contract in contracts],
        can_subset=True,
        pool=POOL,
        retry_policy=dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL),
    )
    def ingest_feed(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.MaterializeResult]:
        with night.build_file() as con:
            was_whole_by = hospital_night.begin(con)
            reports = {}
            for contract in contracts:
                if dg.AssetKey(["raw", contract.table]) in context.selected_asset_keys:
                    reports[contract.table] = ingest.ingest_table(con, contract, night.settings)
            if was_whole_by and not any(r.deliveries or r.deleted for r in reports.values()):
                hospital_night.finish(con, was_whole_by)
            tables = describe_tables(con, ["raw"])
        for table, report in reports.items():
            for problem in report.problems:
                context.log.warning("%s: %s", table, problem)
            yield dg.MaterializeResult(
                asset_key=["raw", table],
                metadata={
                    **tables[f"raw.{table}"],
                    "delivered": count(report.delivered),
                    "loaded": count(report.loaded),
                    "rejected": count(report.rejected),
                    "duplicates": count(report.duplicates),
                    "problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in report.problems) or "none"),
                },
            )

    return ingest_feed


@dg.multi_asset(
    name="hospital_definition",
    specs=[
        dg.AssetSpec(
            ["hospital", table],
            group_name="hospital",
            description=made.description,
            kinds={"duckdb", "csv"},
            owners=OWNERS,
        )
        for table, made in HOSPITAL_TABLES.items()
    ],
    can_subset=True,
    pool=POOL,
)
def hospital_definition(context: dg.AssetExecutionContext, night: Night) -> Iterator[dg.MaterializeResult]:
    """Check the hospital's folder, whole; what is wrong with it stops the night before a feed is read."""
    with night.build_file() as con:
        hospital.write_hospital(con, hospital.load_hospital(night.settings.hospital))
        tables = describe_tables(con, ["hospital"])
    for table in HOSPITAL_TABLES:
        if dg.AssetKey(["hospital", table]) in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=["hospital", table], metadata=tables[f"hospital.{table}"])


def _raw_spec(contract: Contract) -> dg.AssetSpec:
    columns = "\n".join(f"- `{column.name}` {column.description}" for column in contract.columns)
    return dg.AssetSpec(
        ["raw", contract.table],
        deps=[["hospital", "code_map"]],
        group_name="raw",
        description=f"**{contract.title}**. {contract.description}\n\n{columns}",
        kinds=KINDS[contract.feed],
        owners=OWNERS,
        tags={"feed": contract.feed},
        metadata={"contract": dg.MetadataValue.text(f"warehouse/intake/feeds/{contract.table}.yml")},
    )


@dg.multi_asset(
    name="bookkeeping",
    specs=[
        dg.AssetSpec(
            ["identity", "patient_map"],
            deps=[["raw", "ehr_patient_link"]],
            group_name="raw",
            description="Which local patient number is which pseudonymous subject. Restricted, never in a release.",
            kinds={"duckdb", "python"},
            owners=OWNERS,
        ),
        dg.AssetSpec(
            ["ingest", "unit_reading"],
            deps=RAW_KEYS,
            group_name="raw",
            description="What the unit texts of the feeds can mean, by UCUM and by habit. Restricted.",
            kinds={"duckdb", "python"},
            owners=OWNERS,
        ),
        dg.AssetSpec(
            LEDGER_KEY,
            deps=RAW_KEYS,
            group_name="raw",
            description="One row a delivery: records delivered = loaded + rejected + exact duplicates.",
            kinds={"duckdb"},
            owners=OWNERS,
        ),
    ],
    check_specs=[dg.AssetCheckSpec(NOTICED, asset=LEDGER_KEY, description="What was noticed of no single table.")],
    can_subset=True,
    pool=POOL,
)
def bookkeeping(
    context: dg.AssetExecutionContext, night: Night
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Link numbers to persons, read new units, sum up the ledger, store what the warehouse noticed about the feeds.

    All of it, whichever table is asked for: it is one reading.
    """
    with night.build_file() as con:
        report = identity.refresh(con, night.settings)
        house = hospital.load_hospital(night.settings.hospital)
        new_units = units.refresh(con, house.unit_spellings())
        unmapped.refresh(con, night.settings, house)
        steps = layout.told(con)
        today = None if night.settings.simulated_marker.exists() else dt.datetime.now(ZoneInfo(house.zone)).date()
        alarms = [asdict(alarm) for alarm in feed_alarms.alarms(con, house.zone, today)]
        found = findings.results(con, night.settings)
        checks.store(con, context.run.run_id, found)
        totals = ledger.totals(con)
        tables = describe_tables(con, ["identity", "ingest", "quality"])
    for step in steps:
        context.log.info("layout of the build file: %s", step)
    told: dict[str, dict[str, Any]] = {
        "identity.patient_map": {name: count(value) for name, value in vars(report).items()},
        "ingest.unit_reading": {"new_texts": count(new_units)},
        LEDGER: {
            **{name: count(value) for name, value in totals.items()},
            "layout": "; ".join(steps) or "as it was",
            "alarms": dg.MetadataValue.json(alarms),
        },
    }
    for table, metadata in told.items():
        key = dg.AssetKey(table.split("."))
        if key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=key, metadata={**tables[table], **metadata})
    for key in context.selected_asset_check_keys:
        yield fold([result for result in found if not result.table_name.startswith("raw.")], key)


@dg.multi_asset_check(
    name=NOTICED,
    description="What the warehouse noticed while it read the feeds. Nothing of it stops a night.",
    specs=[
        dg.AssetCheckSpec(
            NOTICED, asset=key, additional_deps=[LEDGER_KEY], description="What was noticed about its deliveries."
        )
        for key in RAW_KEYS
    ],
    can_subset=True,
    pool=POOL,
)
def noticed(context: dg.AssetCheckExecutionContext, night: Night) -> Iterator[dg.AssetCheckResult]:
    """What bookkeeping stored of this run; asked for alone, it looks itself."""
    run_id = context.run.run_id
    with night.build_file() as con:
        if not (found := checks.stored(con, run_id, "warehouse")):
            found = findings.results(con, night.settings)
            checks.store(con, run_id, found)
    for key in context.selected_asset_check_keys:
        own = [result for result in found if result.table_name == ".".join(key.asset_key.path)]
        yield fold(own, key, is_due=False)


@dg.multi_asset(
    name="build_row",
    specs=[
        dg.AssetSpec(
            ["meta", "build"],
            deps=RAW_KEYS,
            group_name="raw",
            description="One row: deliveries up to which moment count, and clinical dates up to which day, the latest "
            "data cut of the studies.",
            kinds={"duckdb"},
            owners=OWNERS,
        )
    ],
    pool=POOL,
)
def build_row(night: Night) -> dg.MaterializeResult:
    horizon = _horizon(night.settings)
    with night.build_file() as con:
        meta.write_build_row(con, night.settings, horizon)
        written = con.execute("SELECT as_of_at::VARCHAR, data_cut_date::VARCHAR, is_simulated FROM meta.build")
        as_of, cut, simulated = one_row(written)
        tables = describe_tables(con, ["meta"])
    return dg.MaterializeResult(
        metadata={**tables["meta.build"], "as_of": as_of, "data_cut": cut, "simulated": bool(simulated)}
    )


def _horizon(settings: Settings) -> dt.date:
    """The latest data cut of the studies that can be read. Raises Failure without one."""
    studies, wrong = [], []
    for folder in settings.studies:
        try:
            studies.append(study_reading.read(folder, settings.hospital))
        except Exception as error:  # noqa: BLE001 whatever is wrong with one study; its own step says it
            wrong.append(str(error))
    if not studies:
        raise dg.Failure("no study can be read:\n" + "\n".join(wrong), allow_retries=False)
    return max(study.data_cut_date for study in studies)


ASSETS = [hospital_definition, *map(feed_assets, FEEDS), bookkeeping, build_row]
