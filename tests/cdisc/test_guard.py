"""The last look before a release searches the CDISC files too: a planted identifier is found in each form."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartwright.warehouse.cdisc.write import files
from cartwright.warehouse.release import guard
from tiny_hospital import Hospital, sound
from tiny_release import tiny_release

LEAK = "CANARY-MRN-77"
LINK = "ehr_patient_link"


@pytest.fixture
def search(tmp_path: Path):
    hospital = Hospital(tmp_path / "home")
    hospital.ehr(LINK, sound(LINK, local_patient_no=LEAK))
    with hospital.in_hospital():
        hospital.night(LINK)
    yield guard.Search(hospital.con, hospital.place.folder)
    hospital.con.close()


@pytest.mark.parametrize("ending", ["sdtm/ae.xpt", "sdtm/ae.json", "sdtm/define.xml", "guide.html"])
def test_an_identifier_in_a_file_of_the_export_is_found(search, tmp_path, ending) -> None:
    """A term that is a number of a patient: in the data, as an added term of a code list, as a finding in the guide."""
    event = {"aeseq": 1, "aeterm": LEAK, "aestdtc": "2022-03-12"}
    written = dict(files(tiny_release(tmp_path / "release.duckdb", ae=[event]), "r1"))
    with pytest.raises(guard.IdentifyingContent, match=r"ehr_patient_link\.local_patient_no") as told:
        guard.refuse_files({ending: written[ending]}, search)
    assert LEAK not in str(told.value)
    assert LEAK.lower() not in str(told.value).lower()


def test_an_export_without_one_passes(search, tmp_path) -> None:
    event = {"aeseq": 1, "aeterm": "crs", "aestdtc": "2022-03-12"}
    guard.refuse_files(dict(files(tiny_release(tmp_path / "release.duckdb", ae=[event]), "r1")), search)
