"""What must hold of what arrives: checks of schema raw and of the ledger, generated from the feed contracts."""

from __future__ import annotations

from typing import Any

from cartwright.expectations.check import Check, no_rows
from cartwright.warehouse.intake.contracts import Contract, load_codes, load_contracts

# Without these tables nobody is known: a night on which one of them is empty publishes nothing. What else must have
# arrived a study says by the facts that it uses (leaving_subjects).
ALWAYS_DUE = frozenset({"ehr_patient_link", "ehr_patient"})


def checks() -> list[Check]:
    """All checks of the raw tables, in the order of the contracts."""
    return [check for contract in load_contracts().values() for check in _of_table(contract)]


def bookkeeping_checks() -> list[Check]:
    """Checks of what the night writes about its feeds: the delivery ledger and the identity map."""
    return [*_LEDGER, *_IDENTITY]


def _of_table(contract: Contract) -> list[Check]:
    table = f"raw.{contract.table}"
    columns = [column for column in contract.columns if column.type != "list"]
    about: dict[str, Any] = {"severity": "fatal", "endangers": f"every model that reads {table}"}
    resend = f"Correct the rows at the source and deliver {contract.source.name} again (docs/feeds.md has each column)."
    restore = "Raw was changed outside `cartwright refresh`: restore `restricted/` from its backup."
    due = contract.table in ALWAYS_DUE
    version = [*contract.key, *contract.version]
    required = [column.name for column in columns if column.required]
    empty = " OR ".join(f"t.{name} IS NULL" for name in required)
    found = [
        Check(
            f"{table}.rows_due",
            table,
            "ExpectTableRowCountToBeBetween",
            {"min_value": 1},
            **about | {"severity": "fatal" if due else "characterisation"},
            why=f"{contract.title}: an empty table passes every other check while evidence is missing.",
            remedy=f"Look for the delivery in quality.delivery_ledger; ask for {contract.source.name} to be sent.",
            due=True,
        ),
        Check(
            f"{table}.record_id_unique",
            table,
            "ExpectColumnValuesToBeUnique",
            {"column": "record_id"},
            **about,
            why="A record id names one record of one delivery; two rows under one id count evidence twice.",
            remedy=restore,
            key=("record_id",),
        ),
        no_rows(
            f"{table}.version_loaded_once",
            table,
            f"NOT t.is_deleted AND ({', '.join(version)}, content_hash) IN (SELECT ({', '.join(version)}, content_hash)"
            f" FROM {table} AS d WHERE NOT d.is_deleted GROUP BY ALL HAVING count(*) > 1)",
            ("record_id",),
            **about,
            why="A repeated delivery must change nothing: the same version with the same content is loaded once.",
            remedy=restore,
        ),
        no_rows(
            f"{table}.required_filled",
            table,
            empty,
            ("record_id",),
            **about,
            why=f"Without {', '.join(required)} a record cannot be placed, dated or read.",
            remedy=resend,
        ),
        no_rows(
            f"{table}.delivery_known",
            table,
            "t.delivery_id IS NULL OR t.delivery_id NOT IN (SELECT l.delivery_id FROM quality.delivery_ledger AS l)",
            ("record_id",),
            **about,
            why="Every record must lead back to the file or the night that brought it.",
            remedy=restore,
        ),
    ]
    for column in columns:
        on = {"column": column.name}
        if column.codes and column.strict:
            found.append(
                Check(
                    f"{table}.{column.name}.coded",
                    table,
                    "ExpectColumnValuesToBeInSet",
                    {**on, "value_set": sorted(load_codes()[column.codes])},
                    **about,
                    why=f"Whether a record counts hangs on {column.name}: a code outside its list says neither.",
                    remedy=resend,
                    key=("record_id",),
                )
            )
        if column.min is not None or column.max is not None:
            found.append(
                Check(
                    f"{table}.{column.name}.within_limits",
                    table,
                    "ExpectColumnValuesToBeBetween",
                    {**on, "min_value": column.min, "max_value": column.max},
                    **about,
                    why=f"{column.description} Outside {column.min} to {column.max}: a typing error or another unit.",
                    remedy=resend,
                    key=("record_id",),
                )
            )
    return found


_LEDGER = [
    no_rows(
        "quality.delivery_ledger.adds_up",
        "quality.delivery_ledger",
        "t.records_count IS DISTINCT FROM t.loaded_count + t.rejected_count + t.duplicate_count",
        ("delivery_id",),
        severity="fatal",
        why="No record may vanish: delivered = loaded + rejected + exact duplicates, for every delivery.",
        remedy="Compare the file with quality.rejected_record and raw for this delivery: the loader lost rows.",
        endangers="everything",
    ),
    Check(
        "quality.delivery_ledger.delivery_once",
        "quality.delivery_ledger",
        "ExpectCompoundColumnsToBeUnique",
        {"column_list": ["delivery_id", "table_name"]},
        severity="fatal",
        why="A delivery entered twice hides whether its records were loaded twice.",
        remedy="Restore `restricted/` from its backup.",
        endangers="everything",
        key=("delivery_id",),
    ),
]
_IDENTITY = [
    no_rows(
        "identity.patient_map.one_person_one_subject",
        "identity.patient_map",
        "t.enterprise_no IN (SELECT m.enterprise_no FROM identity.patient_map AS m GROUP BY m.enterprise_no "
        "HAVING count(DISTINCT m.usubjid) > 1) OR t.usubjid IN (SELECT m.usubjid FROM identity.patient_map AS m "
        "GROUP BY m.usubjid HAVING count(DISTINCT m.enterprise_no) > 1)",
        ("usubjid",),
        severity="fatal",
        why="Two subjects for one person, or one for two, falsifies every count and every survival time.",
        remedy="Correct the patient index at the source, then refresh; never change identity.key of a running study.",
        endangers="everything",
    ),
    no_rows(
        "identity.patient_map.pseudonym_formed",
        "identity.patient_map",
        "t.usubjid IS NULL OR NOT regexp_full_match(t.usubjid, 'CW-[0-9A-F]{16}')",
        ("usubjid",),
        severity="fatal",
        why="Whatever is not a keyed pseudonym may be a real number, and would leave the restricted zone.",
        remedy="Do not publish; find what wrote identity.patient_map, then run `cartwright refresh`.",
        endangers="privacy of every patient",
    ),
    Check(
        "identity.patient_map.number_linked_once",
        "identity.patient_map",
        "ExpectCompoundColumnsToBeUnique",
        {"column_list": ["system_code", "local_patient_no"]},
        severity="fatal",
        why="A local number of two persons would give one person the other's records.",
        remedy="Such numbers belong to the findings, not to the map: withdraw the wrong link in the patient index.",
        endangers="everything",
        key=("usubjid",),
    ),
]
