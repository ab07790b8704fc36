"""A release as the statistics read it: opened read-only, held until it is let go."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cartwright.analysis.face.study import Study
from cartwright.analysis.plan.ard import MEMBERS
from cartwright.warehouse.connect import open_release, release_folder
from cartwright.warehouse.house import place_of
from cartwright.warehouse.release.reading import read_datasets, records, stored_results
from cartwright.warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame


def open_study(study: str | None = None, release: str | None = None) -> Study:
    """A study of this house, its current release unless another is named, for `cartwright.analysis.face`.

    study    id of the study; needed where the house has several
    release  id of a release (`cartwright releases list`)

    Read-only; the release is not deleted while the study is held, and stays the same when a night publishes the next.
    The house is that of CARTWRIGHT_HOME. Raises UnknownName for a study or release that it does not have, NoRelease
    before the first one.
    """
    place = place_of(Settings(), study)
    return study_of(release_folder(place, release) / "release.duckdb" if release else place.current_db)


def study_of(path: Path) -> Study:
    """The same of a release's file."""
    path = path.resolve()  # the link moves on, the file stays
    con = open_release(path)
    said, build = records(con, "study.study")[0], records(con, "meta.build")[0]
    about = {
        "study_id": said["study_id"],
        "release_id": path.parent.name,
        **{name: said[name] for name in ("title", "question", "caveat")},
        "data_cut_date": build["data_cut_date"],
        "is_simulated": bool(build["is_simulated"]),
    }
    plan = records(con, "study.analysis")

    @cache
    def datasets() -> dict[str, DataFrame]:
        return read_datasets(con, plan)

    return Study(
        about=about,
        populations=records(con, "study.population"),
        outputs=records(con, "study.output"),
        endpoints={row["paramcd"]: row["param"] for row in records(con, "study.endpoint", "true ORDER BY seq")},
        results=stored_results(con, [MEMBERS]),
        datasets=datasets,
        held=con,
    )
