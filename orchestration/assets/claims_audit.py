"""Asset of the audit: every printed figure of the publication beside tonight's result, as results.claims_audit."""

import dagster as dg
import duckdb

from cartwright.analysis.report import dictionary
from cartwright.orchestration.assets.night import FULL, OWNERS, POOL, Night
from cartwright.orchestration.assets.statistics import how, store_result
from cartwright.orchestration.assets.table_metadata import describe_tables
from cartwright.orchestration.structure import Wing
from cartwright.warehouse.built import made
from cartwright.warehouse.release.reading import records
from cartwright.warehouse.study import claims as study_claims

TABLE = "claims_audit"
READ = {"claims": "claim", "claims_map": "claim_map", "statements": "claim_statement"}


def claims_audit(wing: Wing) -> dg.AssetsDefinition:
    """Give each claim its verdict. A study without a claims file has an empty table."""

    @dg.multi_asset(
        name=wing.step(TABLE),
        pool=POOL,
        specs=[
            dg.AssetSpec(
                wing.key("results", TABLE),
                deps=[wing.key("results", "ard"), *(wing.key("study", table) for table in READ.values())],
                group_name=wing.group("results"),
                description=dictionary.TABLES[TABLE],
                kinds={"duckdb", "python"},
                owners=OWNERS,
            )
        ],
    )
    def audit(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:
        with night.study_file(wing.named_study) as con:
            statistics = made.made_of(con, made.STATISTICS)
            inputs = made.content(con, [f"study.{table}" for table in READ.values()], statistics)
            is_as_it_was = FULL not in context.run.tags and made.made_of(con, made.AUDIT) == inputs
            if not is_as_it_was:
                made.forget(con, made.AUDIT)
                _audit(con)
                made.enter(con, made.AUDIT, inputs)
            described = describe_tables(con, ["results"])
        return dg.MaterializeResult(metadata=described[f"results.{TABLE}"] | how(is_as_it_was))

    return audit


def _audit(con: duckdb.DuckDBPyConnection) -> None:
    import pandas as pd

    from cartwright.analysis.audit import audit_claims

    columns = {table: list(texts) for table, (_, _, texts) in study_claims.TABLES.items()}
    printed = {
        name: pd.DataFrame(records(con, f"study.{table}"), columns=columns[table]) for name, table in READ.items()
    }
    ard = con.execute("SELECT * FROM results.ard ORDER BY seq").df()
    store_result(con, TABLE, audit_claims(ard=ard, **printed))
