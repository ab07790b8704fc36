"""The tables that a release of a study has, as they are known before a night."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cartwright.warehouse.schemas import BOOKS, PUBLISHED
from cartwright.warehouse.store_tables import DDL
from cartwright.warehouse.study.claims import TABLES as CLAIM_TABLES
from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.followup import DATASETS
from cartwright.warehouse.study.tables import TABLES

_MODELS = Path(__file__).parents[2] / "sql" / "models"
_OWN_SCHEMAS = {"adam": "adam", "mart": "mart", "evidence": "adam"}  # folder of a study's sql/; any other: eligibility


def release_tables(protocol: Protocol, own: Mapping[str, list[str]]) -> frozenset[str]:
    """`schema.table` of all but schema results, whose tables the program that computes the plan knows.

    own: folder of the study's sql/ -> its models.
    """
    unasked = {f"adam.{name}" for name in DATASETS if name not in protocol.datasets}
    made = {f"{_OWN_SCHEMAS.get(folder, 'eligibility')}.{name}" for folder, names in own.items() for name in names}
    return (_of_models() - unasked) | made | {f"study.{name}" for name in (*TABLES, *CLAIM_TABLES)}


@cache
def _of_models() -> frozenset[str]:
    """What the models of every study make, and what the store keeps of its books."""
    layers = {folder.name: folder for folder in _MODELS.iterdir() if folder.name in PUBLISHED}
    found = {f"{name}.{path.stem}" for name, folder in layers.items() for path in folder.rglob("*.sql")}
    return frozenset(found | {name for name in DDL if name.partition(".")[0] in BOOKS})
