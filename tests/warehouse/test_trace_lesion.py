"""The lesion of a report that decided, found under the label that the report gave it."""

from cartwright.warehouse.release.trace import Evidence, _with_raw


def test_a_label_is_matched_without_regard_to_case_and_blanks():
    report = {"target_lesions": [{"lesion_code": "t 1", "ldi_mm": 30}, {"lesion_code": "T2", "ldi_mm": 20}]}
    evidence = Evidence("P1", "adam.adrs", "OVRLRESP", "r", "T1", "lesion grown", None)
    found = _with_raw(evidence, {}, {"r": ("raw.ris_imaging_report", "ris/a.json, line 1", report)})
    assert found.values["ldi_mm"] == "30"
