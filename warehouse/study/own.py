"""A study's own models, and whether the protocol declares what they give."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.own_sql import sql_folder
from cartwright.warehouse.study.subject import Own
from cartwright.warehouse.yaml_file import Problem

OWN_FOLDERS = ("facts", "items", "subject", "endpoints", "evidence")  # whose models the generic ones take in


def own_models(study_dir: Path) -> dict[str, list[str]]:
    """The study's own models by the folder of its sql/ that they lie in; folders that generic models read: always."""
    found: dict[str, list[str]] = {folder: [] for folder in OWN_FOLDERS}
    for path in sorted(sql_folder(study_dir).glob("*/*.sql")):
        found.setdefault(path.parent.name, []).append(path.stem)
    return found


def own_problems(protocol: Protocol, own: Mapping[str, list[str]], tests: Collection[str] = ()) -> Iterator[Problem]:
    """Own facts and items that no model gives, and folders of models of which nothing is declared.

    tests: laboratory tests that only the hospital has; their values are facts without a model.
    """
    measured = {f"lab_{code.lower()}" for code in tests}
    for folder, named in _declared(protocol).items():
        declared = [(place, name) for place, name in named if name not in measured]
        if declared and not own[folder]:
            for place, name in declared:
                yield (
                    place,
                    f'"{name}" comes from a model of the study\'s own, and sql/{folder} has none',
                    "write the model",
                )
        elif own[folder] and not declared:
            what = f"sql/{folder}/{own[folder][0]}.sql gives what the protocol does not declare"
            kind = {"facts": "own_facts", "items": "an item of kind own", "subject": "an item of kind subject"}[folder]
            yield ("own_facts" if folder == "facts" else "items",), what, f"declare it as {kind}, or remove the model"
    asked = {s.fact for e in protocol.endpoints for s in e.sources}
    asked |= {fact for e in protocol.endpoints for fact in (e.start_fact, e.entry_fact) if fact}
    for name in own["endpoints"]:
        if name not in asked:
            yield ("endpoints",), f'no endpoint uses "{name}" of sql/endpoints', "name it in one, or remove the model"


def _declared(protocol: Protocol) -> dict[str, list[tuple[tuple[str, int], str]]]:
    kinds = {"items": "own", "subject": "subject"}
    found = {
        folder: [
            (("items", at), i.item) for at, i in enumerate(protocol.items) if isinstance(i, Own) and i.kind == kind
        ]
        for folder, kind in kinds.items()
    }
    return {"facts": [(("own_facts", at), f.fact) for at, f in enumerate(protocol.own_facts)], **found}
