"""The lesion of a report that decided, found under the label that the report gave it."""

from cartwright.warehouse.release.trace import _shown


def test_a_label_is_matched_without_regard_to_case_and_blanks():
    report = {"target_lesions": [{"lesion_code": "t 1", "ldi_mm": 30}, {"lesion_code": "T2", "ldi_mm": 20}]}
    assert _shown(report, "T1")["ldi_mm"] == "30"
