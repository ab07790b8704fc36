"""What a release of the program is made of: its bill of materials (CycloneDX) and the licences of all that is locked.

`python -m supply.materials FILE.json` writes the bill, checked against the schema of CycloneDX; `--licences` writes
docs/licences.md anew. Versions and hashes are those of requirements/base.lock, licences and dependencies those that the
installed packages declare; supply/read_licences.csv says what was read by eye where they say nothing clear.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import LicenseSymbol, Licensing
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from cartwright.warehouse.upkeep.locked import locked

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "base.lock"
PAGE = ROOT / "docs" / "licences.md"
CLASSIFIERS = {
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",  # the strictest of its kind
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# Who hands the program on owes notices for these, and for the last two the source of changes to the package itself.
ACCEPTED = frozenset(
    (
        *("0BSD", "Apache-2.0", "Artistic-1.0-Perl", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        *("MIT-CMU", "PSF-2.0", "Python-2.0", "Zlib", "MPL-2.0", "LGPL-3.0-only"),
    )
)


@cache
def here() -> dict[NormalizedName, tuple[str, list[str]]]:
    """Name -> version and sha256 of its files, of what the lock of a night installs on this machine."""
    found = {}
    for requirement, hashes in locked(LOCK):
        if requirement.marker is None or requirement.marker.evaluate():
            (pin,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = pin.version, hashes
    return found


def bill(declared: Bom) -> Bom:
    """The bill of materials of the program: of everything installed, what the lock of a night names.

    Raises ValueError when a locked package is not installed, or in another version.
    """
    components = {canonicalize_name(c.name): c for c in declared.components if canonicalize_name(c.name) in here()}
    if wrong := [n for n, (version, _) in here().items() if n not in components or components[n].version != version]:
        raise ValueError(f"not installed as locked: {', '.join(wrong)}; install requirements/base.lock first")
    program = declared.metadata.component
    assert program is not None  # cyclonedx-py was given pyproject.toml
    kept = {component.bom_ref for component in components.values()}
    for name, component in components.items():
        component.licenses = [LicenseExpression(licence_of(component))]
        component.external_references.add(
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(component.purl)),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in here()[name][1]],
            )
        )
    direct = {canonicalize_name(Requirement(line).name) for line in _asked_for()}
    graph = [Dependency(d.ref, [b for b in d.dependencies if b.ref in kept]) for d in declared.dependencies]
    own = Dependency(program.bom_ref, [Dependency(components[name].bom_ref) for name in direct])
    return Bom(
        components=components.values(),
        metadata=declared.metadata,
        dependencies=[own, *(each for each in graph if each.ref in kept)],
    )


def licence_of(component: Component) -> str:
    """The SPDX expression of a package; NOASSERTION, which is not accepted, when it declares none that is clear."""
    if read := read_by_eye().get(canonicalize_name(component.name)):
        return read
    found = []
    for each in component.licenses:
        text = each.value if isinstance(each, LicenseExpression) else each.id or CLASSIFIERS.get(each.name or "")
        found.append(f"({text})" if text and " OR " in text else text or "NOASSERTION")
    return " AND ".join(dict.fromkeys(found)) or "NOASSERTION"


@cache
def read_by_eye() -> dict[str, str]:
    """Package -> licence, of those whose metadata say nothing clear."""
    with (ROOT / "supply" / "read_licences.csv").open(encoding="utf-8", newline="") as stream:
        return {row["package"]: row["licence"] for row in csv.DictReader(stream)}


def is_accepted(expression: str) -> bool:
    """Whether the licence may be used: of several to choose from one is accepted, of several that hold all."""
    parsed = Licensing().parse(expression)

    def holds(part: Any) -> bool:  # the library has no types
        if isinstance(part, LicenseSymbol):
            return part.key in ACCEPTED
        some = any if part.operator.strip() == "OR" else all
        return some(map(holds, part.args))

    return holds(parsed)


def installed() -> Bom:
    """What is installed here, as cyclonedx-py describes it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "installed.json"
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(ROOT / "pyproject.toml")]
        options = ["--output-reproducible", "--no-validate", "-o", str(target), sys.executable]
        subprocess.run([*command, *options], check=True, capture_output=True)
        return Bom.from_json(json.loads(target.read_text(encoding="utf-8")))  # type: ignore[attr-defined]  # by a decorator


def checked(made: Bom) -> str:
    """The bill as JSON. Raises ValueError when it does not keep to the schema of CycloneDX 1.6."""
    text = JsonV1Dot6(made).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"no bill of materials by CycloneDX 1.6: {error.data.message}")
    return text + "\n"


def licence_by_name(made: Bom) -> dict[NormalizedName, str]:
    """Package -> SPDX expression, of a bill."""
    return {canonicalize_name(c.name): next(iter(c.licenses)).value for c in made.components}


def page(made: Bom) -> str:
    """docs/licences.md."""
    rows = [f"| {name} | {here()[name][0]} | {text} |" for name, text in sorted(licence_by_name(made).items())]
    return (
        "# Licences\n\nWhat a night installs (`requirements/base.lock`, Linux on x86-64), with the licence that each "
        "package declares, as SPDX writes it. Written by `python -m supply.materials --licences`; a test holds that "
        "every licence is one of the accepted.\n\n| package | version | licence |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _asked_for() -> Iterator[str]:
    for line in (ROOT / "requirements" / "base.in").read_text(encoding="utf-8").splitlines():
        if text := line.partition("#")[0].strip():
            yield text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bill", type=Path, nargs="?", help="where the bill of materials is written")
    parser.add_argument("--licences", action="store_true", help="write docs/licences.md anew")
    given = parser.parse_args()
    made = bill(installed())
    if given.licences:
        PAGE.write_text(page(made), encoding="utf-8")
    if given.bill:
        given.bill.write_text(checked(made), encoding="utf-8")
    print(f"{len(made.components)} packages")


if __name__ == "__main__":
    main()
