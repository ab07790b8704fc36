"""Lugano time points by hand: every expectation comes from the rule named in the test, not from the code."""

import pytest

from cartwright.simulator.days import day, iso, stamp
from cartwright.simulator.derive_lugano import time_points

ZERO = day("2021-03-01")


def lesion(ldi, sdi, code="T1", kind="nodal"):
    return {"lesion_code": code, "site_code": "iliac", "lesion_kind": kind, "ldi_mm": ldi, "sdi_mm": sdi}


def new(longest, *, kind="nodal", equivocal=False, avid=None):
    return {
        "lesion_code": "N1",
        "site_code": "iliac",
        "lesion_kind": kind,
        "longest_mm": longest,
        "is_fdg_avid": avid,
        "is_equivocal": equivocal,
    }


def scan(offset, modality="CT", **fields):
    row = {
        "report_no": f"R{offset}{modality}",
        "performed_at": stamp(ZERO + offset, 600),
        "modality_code": modality,
        "is_evaluable": True,
        "deauville_code": None,
        "uptake_change_code": None,
        "suv_max": None,
        "marrow_code": None,
        "spleen_length_mm": 110.0,
        "nontarget_code": "none",
        "target_lesions": [],
        "new_lesions": [],
    }
    return row | fields


def ct(offset, *lesions, **fields):
    return scan(offset, target_lesions=list(lesions), **fields)


def pet(offset, score, change=None, **fields):
    return scan(offset, "PET_CT", deauville_code=score, uptake_change_code=change, **fields)


BASE = ct(-5, lesion(40, 30))


def responses(*scans, starts=()):
    return [(iso(p.date), p.response) for p in time_points(list(scans), ZERO, [(ZERO + d, ZERO + d) for d in starts])]


def codes(*scans, starts=()):
    return [response for _, response in responses(*scans, starts=starts)]


@pytest.mark.parametrize(
    ("ldi", "sdi", "expected"),
    [
        (15, 10, "CR"),  # U4: node of 15 mm is normal
        (16, 10, "PR"),  # U5: 1200 -> 160
        (30, 20, "PR"),  # U5: 1200 -> 600 is exactly half, equality counts
        (31, 20, "SD"),  # U6: 620 is less than half lost
        (49, 37, "SD"),  # U7a: 1813 is 1.51 x 1200, but neither diameter grew by 10 mm
        (50, 36, "PD"),  # U7a: 1800 is exactly 1.5 x and 10 mm longer
        (50, 35, "SD"),  # U7a: 1750 is below 1.5 x
    ],
)
def test_u4_to_u7_one_node(ldi, sdi, expected):
    assert codes(BASE, ct(28, lesion(ldi, sdi))) == [expected]


def test_u7a_counts_from_the_nadir_and_its_size_class():
    # nadir 18 x 14 = 252 (class up to 20 mm: 5 mm step); 23 x 17 = 391 is 1.55 x and 5 mm longer
    assert codes(BASE, ct(28, lesion(18, 14)), ct(56, lesion(23, 17))) == ["PR", "PD"]
    # 22 x 17 = 374 is 1.48 x
    assert codes(BASE, ct(28, lesion(18, 14)), ct(56, lesion(22, 17))) == ["PR", "PR"]


@pytest.mark.parametrize(
    ("kind", "ldi", "expected"),
    [
        ("nodal", 15, "CR"),
        ("nodal", 16, "PD"),
        ("extranodal", 10, "PR"),
        ("extranodal", 11, "PD"),
    ],
)
def test_u7d_a_lesion_that_had_gone_has_regrown_when_it_is_abnormal_again(kind, ldi, expected):
    base = ct(-5, lesion(40, 30, kind=kind))
    assert codes(base, ct(28, lesion(0, 0, kind=kind)), ct(56, lesion(ldi, 6, kind=kind))) == ["CR", expected]


def test_u4_extranodal_disease_must_be_gone():
    base = ct(-5, lesion(40, 30), lesion(30, 20, "T2", "extranodal"))
    assert codes(base, ct(28, lesion(10, 8), lesion(5, 5, "T2", "extranodal"))) == ["PR"]
    assert codes(base, ct(28, lesion(10, 8), lesion(0, 0, "T2", "extranodal"))) == ["CR"]


def test_a_baseline_lesion_without_measurement_leaves_ct_not_evaluable():
    assert codes(BASE, ct(28, lesion(None, None))) == ["NE"]
    assert codes(BASE, ct(28)) == ["NE"]


@pytest.mark.parametrize(
    ("base", "now", "expected"),
    [
        (150, 139, "PR"),  # U5: 11 of 20 mm beyond normal lost
        (150, 140, "SD"),  # U5: exactly half is not more than half
        (150, 160, "SD"),  # U7b: 30 is 1.5 x 20, not more
        (150, 161, "PD"),
        (115, 134, "PR"),  # U7b without splenomegaly: 19 mm
        (115, 135, "PD"),  # 20 mm and over 13 cm
        (105, 128, "PR"),  # 23 mm, but not over 13 cm
    ],
)
def test_spleen(base, now, expected):
    start = ct(-5, lesion(40, 30), spleen_length_mm=base)
    assert codes(start, ct(28, lesion(20, 15), spleen_length_mm=now)) == [expected]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (new(16), "PD"),
        (new(8), "PD"),  # sure is sure, whatever the size
        (new(None), "PD"),
        (new(9, kind="extranodal"), "PD"),  # sure, however small
        (new(30, equivocal=True), "PR"),
    ],
)
def test_u7d_new_lesions(found, expected):
    assert codes(BASE, ct(28, lesion(20, 15), new_lesions=[found])) == [expected]


def test_u7c_and_e():
    assert codes(BASE, ct(28, lesion(20, 15), nontarget_code="progressed")) == ["PD"]
    assert codes(BASE, ct(28, lesion(20, 15), marrow_code="new")) == ["PD"]


@pytest.mark.parametrize(("now", "expected"), [("absent", "CR"), ("normal", "CR"), ("stable", "PR"), (None, "PR")])
def test_rule_16_other_disease_blocks_cr_unless_recorded_normal(now, expected):
    start = ct(-5, lesion(40, 30), nontarget_code="stable")
    assert codes(start, ct(28, lesion(10, 8), nontarget_code=now)) == [expected]


def test_rule_16_marrow_not_involved_at_baseline_does_not_block():
    assert codes(BASE, ct(28, lesion(10, 8), marrow_code="not_assessed")) == ["CR"]
    start = ct(-5, lesion(40, 30), marrow_code="unchanged")
    assert codes(start, ct(28, lesion(10, 8), marrow_code="not_assessed")) == ["PR"]


@pytest.mark.parametrize(
    ("score", "change", "fields", "expected"),
    [
        ("1", None, {}, "CR"),
        ("3", "unchanged", {}, "CR"),
        ("3", None, {"marrow_code": "new"}, "PD"),  # rule 17
        ("2", None, {"marrow_code": "unchanged"}, "PR"),  # rule 17
        ("4", "decreased", {}, "PR"),
        ("5", "unchanged", {}, "SD"),
        ("4", "increased", {}, "PD"),
        ("4", None, {}, "NE"),  # rule 5: neither change nor SUVmax
        ("X", None, {}, "NE"),  # rule 5: not PD
        ("4", "decreased", {"new_lesions": [new(12, avid=True)]}, "PD"),
        ("4", "decreased", {"new_lesions": [new(12, avid=True, equivocal=True)]}, "PR"),
    ],
)
def test_u1_u2_pet(score, change, fields, expected):
    assert codes(BASE, pet(56, score, change, **fields)) == [expected]


def test_u8_pet_decides_over_ct():
    assert codes(BASE, ct(56, lesion(60, 50)), pet(58, "2")) == ["CR"]
    assert codes(BASE, ct(56, lesion(10, 8)), pet(58, "4", "decreased")) == ["PR"]


def test_u8_unreadable_pet_falls_back():
    blind = {"is_evaluable": False}
    assert codes(BASE, ct(28, lesion(60, 50)), pet(29, None, **blind)) == ["PD"]
    assert codes(BASE, ct(28, lesion(20, 15)), pet(29, None, **blind)) == ["PR"]
    assert codes(BASE, scan(28, **blind), pet(29, None, **blind)) == ["NE"]
    # an earlier evaluable PET is carried forward over a CT without progression
    assert codes(BASE, pet(56, "4", "unchanged"), ct(90, lesion(20, 15)), pet(91, None, **blind)) == ["SD", "SD"]


def test_rule_4_ct_after_complete_metabolic_response():
    assert codes(BASE, pet(56, "2"), ct(90, lesion(25, 20))) == ["CR", "CR"]
    assert codes(BASE, pet(56, "2"), ct(90, lesion(60, 50))) == ["CR", "PD"]


def test_rule_4_dates():
    assert responses(BASE, ct(28, lesion(20, 15)), pet(42, "4", "decreased")) == [("2021-04-12", "PR")]  # the latest
    assert responses(BASE, ct(28, lesion(60, 50)), pet(42, "5", "increased")) == [("2021-03-29", "PD")]  # the earliest
    assert len(responses(BASE, ct(28, lesion(20, 15)), pet(43, "4", "decreased"))) == 2  # 15 days apart


def test_reports_of_one_day_are_one_visit():
    again = {"report_no": "R28b"}
    # of two readers the larger product, whatever the order of the numbers
    assert codes(BASE, ct(28, lesion(20, 15)), ct(28, lesion(60, 50), **again)) == ["PD"]
    assert codes(BASE, ct(28, lesion(60, 50)), ct(28, lesion(20, 15), **again)) == ["PD"]
    # never compared with each other: 18 x 14 = 252 and 23 x 17 = 391 on one day, 391 is no growth after it
    assert codes(BASE, ct(28, lesion(18, 14)), ct(28, lesion(23, 17), **again), ct(56, lesion(23, 17))) == ["PR", "PR"]
    # body regions: each measures its own lesion, at baseline too
    base = [ct(-5, lesion(40, 30)), ct(-5, lesion(40, 30, "T2"), report_no="R-5b")]
    assert codes(*base, ct(28, lesion(20, 15)), ct(28, lesion(20, 15, "T2"), **again)) == ["PR"]
    assert codes(*base, ct(28, lesion(20, 15)), ct(28, lesion(60, 50, "T2"), **again)) == ["PD"]
    assert codes(*base, ct(28, lesion(20, 15))) == ["NE"]
    # one report not evaluable
    assert codes(BASE, ct(28, lesion(20, 15)), scan(28, is_evaluable=False, **again)) == ["PR"]
    # two PETs: the higher score, with the change that goes with it
    assert codes(BASE, pet(28, "2", "increased"), pet(28, "4", "decreased", **again)) == ["PR"]


def test_the_baseline_has_the_visits_of_14_days_without_a_therapy_in_between():
    regions = ct(-19, lesion(40, 30, "T2")), ct(-5, lesion(40, 30))
    now = ct(28, lesion(20, 15), lesion(60, 50, "T2"))
    assert codes(*regions, now) == ["PD"]
    assert codes(*regions, now, starts=[-10]) == ["PR"]  # T2 has no baseline then, and is no growth
    assert codes(*regions, now, starts=[-19, 0]) == ["PD"]
    assert codes(ct(-20, lesion(40, 30, "T2")), regions[1], now) == ["PR"]


def test_a_therapy_after_the_first_scan_parts_ct_and_pet():
    scans = BASE, ct(30, lesion(20, 15)), pet(40, "5", "increased")
    assert responses(*scans, starts=[30]) == [("2021-03-31", "PD")]
    assert responses(*scans, starts=[33]) == [("2021-03-31", "PR"), ("2021-04-10", "PD")]
    assert responses(*scans, starts=[40]) == [("2021-03-31", "PR"), ("2021-04-10", "PD")]
    assert responses(*scans, starts=[41]) == [("2021-03-31", "PD")]


@pytest.mark.parametrize(("suv", "expected"), [(7.4, "PR"), (7.5, "SD"), (10.1, "SD"), (12.5, "SD"), (12.6, "PD")])
def test_suvmax_without_a_readers_word_decides_beyond_25_percent(suv, expected):
    assert codes(BASE, pet(-4, "5", suv_max=10.0), pet(56, "4", suv_max=suv)) == [expected]


def test_a_doubtful_lesion_that_proves_certain_counts_from_where_it_was_first_seen():
    doubtful = ct(28, lesion(40, 30), new_lesions=[new(14, equivocal=True)])
    sure = ct(58, lesion(40, 30), new_lesions=[new(22)])
    assert codes(BASE, doubtful, sure) == ["PD", "PD"]
    assert codes(BASE, doubtful, sure, starts=[40]) == ["SD", "PD"]
    assert codes(BASE, doubtful) == ["SD"]


def test_rule_18_baseline_window():
    assert codes(ct(-42, lesion(40, 30)), ct(28, lesion(20, 15))) == ["PR"]
    assert codes(ct(-43, lesion(40, 30)), ct(28, lesion(20, 15))) == ["NE"]
    assert codes(ct(0, lesion(40, 30)), ct(28, lesion(20, 15))) == ["PR"]  # on the day itself is before
    assert codes(ct(-43, lesion(40, 30)), pet(28, "2")) == ["CR"]


def test_nothing_after_the_data_cut_counts():
    late = day("2022-09-01") - ZERO
    assert codes(BASE, ct(late, lesion(60, 50))) == []
