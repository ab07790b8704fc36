"""`python -m handbook FOLDER` writes the documentation as a site into FOLDER, from the current release of the house."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cartwright.warehouse.connect import NoRelease
from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace
from handbook import dbt_docs, dictionary
from handbook.build import ROOT, SiteError, build, pages_of
from handbook.dictionary import Table
from handbook.dictionary_pages import FOLDER, pages


def main(target: Path) -> None:
    settings = Settings()
    tables = write(settings, settings.places()[0], target)
    columns = sum(len(table.columns) for table in tables)
    print(f"{target / 'index.html'}: {counted(len(tables), 'table')}, {counted(columns, 'column')}")


def write(settings: Settings, place: StudyPlace, target: Path) -> list[Table]:
    """Write the site and return the tables of its dictionary. Raises NoRelease, SiteError."""
    entries = dictionary.published(place)
    manifests = dictionary.read_manifests(settings, place)
    tables = dictionary.described(entries, settings, place, manifests)
    about = json.loads((place.current / "manifest.json").read_text(encoding="utf-8"))
    made = pages(tables, about["study_id"], about["software"]["cartwright"])
    build(target, pages_of(ROOT), {**made, "dbt.html": dbt_docs.page(manifests[1], tables)}, FOLDER)
    return tables


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (NoRelease, SiteError) as error:
        sys.exit(str(error))
