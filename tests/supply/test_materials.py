"""What a night is made of: exact versions by hash, licences that may be used, a bill of materials by the standard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from packaging.utils import canonicalize_name

from cartwright.warehouse.upkeep.locked import locked
from supply import materials

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.fixture(scope="module")
def made() -> Bom:
    return materials.bill(materials.installed())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_one_version_and_hashes(lock: Path) -> None:
    found = list(locked(lock))
    assert found
    for requirement, hashes in found:
        assert [each.operator for each in requirement.specifier] == ["=="], requirement.name
        assert hashes, requirement.name
        assert all(len(bytes.fromhex(each)) == 32 for each in hashes)


def test_whatever_make_installs_of_a_lock_it_takes_by_hash() -> None:
    lines = [line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if ".lock" in line]
    installing = [line.strip() for line in lines if " -r requirements/" in line]
    assert len(installing) >= 2
    assert all(line.startswith("@$(LOCKED)") for line in installing)


def test_every_licence_is_known_and_may_be_used(made: Bom) -> None:
    licences = materials.licence_by_name(made)
    assert licences.keys() == materials.here().keys()
    assert {name: text for name, text in licences.items() if not materials.is_accepted(text)} == {}


@pytest.mark.parametrize(
    ("expression", "accepted"),
    [
        ("MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("MPL-2.0 AND (Apache-2.0 OR GPL-3.0-only)", True),
        ("NOASSERTION", False),
    ],
)
def test_of_several_licences_to_choose_from_one_is_enough_of_several_that_hold_none_may_fail(
    expression: str, accepted: bool
) -> None:
    assert materials.is_accepted(expression) is accepted


def test_a_package_whose_licence_was_read_by_eye_is_still_locked() -> None:
    assert materials.read_by_eye().keys() <= materials.here().keys()


def test_the_page_of_licences_is_that_of_the_lock(made: Bom) -> None:
    written = materials.PAGE.read_text(encoding="utf-8")
    assert written == materials.page(made), "`python -m supply.materials --licences` writes it anew"


def test_the_bill_keeps_to_the_schema_and_names_hashes_and_what_needs_what(made: Bom) -> None:
    bill = json.loads(materials.checked(made))
    parts = {canonicalize_name(part["name"]): part for part in bill["components"]}
    assert parts.keys() == materials.here().keys()
    for name, part in parts.items():
        version, hashes = materials.here()[name]
        assert part["version"] == version
        (files,) = [e["hashes"] for e in part["externalReferences"] if e["type"] == "distribution" and "hashes" in e]
        assert {each["content"] for each in files} == set(hashes)
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    reached, open_ = set(), [bill["metadata"]["component"]["bom-ref"]]
    while open_:
        reached |= {ref := open_.pop()}
        open_ += [each for each in needs.get(ref, []) if each not in reached]
    assert {part["bom-ref"] for part in bill["components"]} <= reached, "a package that nothing needs is locked"


def test_a_bill_that_the_schema_does_not_know_is_refused(made: Bom) -> None:
    component = made.metadata.component
    assert component is not None
    component.hashes = [HashType(alg=HashAlgorithm.SHA_256, content="no hash")]
    try:
        with pytest.raises(ValueError, match="no bill of materials"):
            materials.checked(made)
    finally:
        component.hashes = []


def test_a_package_in_another_version_than_the_locked_makes_no_bill(made: Bom) -> None:
    with pytest.raises(ValueError, match="not installed as locked"):
        materials.bill(Bom(components=[each for each in made.components if each.name != "duckdb"]))
