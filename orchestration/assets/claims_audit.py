"""Asset of the audit: every printed figure of the publication beside tonight's result, as results.claims_audit."""

import dagster as dg

from cartwright.analysis.report import dictionary
from cartwright.orchestration.assets.night import OWNERS, POOL, Night
from cartwright.orchestration.assets.statistics import records, store_result
from cartwright.orchestration.assets.table_metadata import describe_tables
from cartwright.orchestration.structure import Wing
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
    def audit(night: Night) -> dg.MaterializeResult:
        import pandas as pd

        from cartwright.analysis.audit import audit_claims

        with night.study_file(wing.named_study) as con:
            columns = {table: list(texts) for table, (_, _, texts) in study_claims.TABLES.items()}
            printed = {
                name: pd.DataFrame(records(con, f"study.{table}"), columns=columns[table])
                for name, table in READ.items()
            }
            ard = con.execute("SELECT * FROM results.ard ORDER BY seq").df()
            store_result(con, TABLE, audit_claims(ard=ard, **printed))
            described = describe_tables(con, ["results"])
        return dg.MaterializeResult(metadata=described[f"results.{TABLE}"])

    return audit
