"""Lugano time points by hand: every expectation comes from the rule named in the test, not from the code."""

import pytest

from simulator.days import day, iso, stamp
from simulator.derive_lugano import time_points

ZERO = day("2021-03-01")


def lesion(ldi, sdi, code="T1", kind="nodal"):
    return {"lesion_code": code, "site_code": "iliac", "lesion_kind": kind, "ldi_mm": ldi, "sdi_mm": sdi}


def new(longest, *, kind="nodal", equivocal=False, avid=None):
    return {"lesion_code": "N1", "site_code": "iliac", "lesion_kind": kind, "longest_mm": longest,
            "is_fdg_avid": avid, "is_equivocal": equivocal}  # fmt: skip


def scan(offset, modality="CT", **fields):
    row = {
        "report_no": f"R{offset}{modality}", "performed_at": stamp(ZERO + offset, 600), "modality_code": modality,
        "is_evaluable": True, "deauville_code": None, "uptake_change_code": None, "suv_max": None, "marrow_code": None,
        "spleen_length_mm": 110.0, "nontarget_code": "none", "target_lesions": [], "new_lesions": [],
    }  # fmt: skip
    return row | fields


def ct(offset, *lesions, **fields):
    return scan(offset, target_lesions=list(lesions), **fields)


def pet(offset, score, change=None, **fields):
    return scan(offset, "PET_CT", deauville_code=score, uptake_change_code=change, **fields)


BASE = ct(-5, lesion(40, 30))


def responses(*scans):
    return [(iso(p.date), p.response) for p in time_points(list(scans), ZERO)]


def codes(*scans):
    return [p.response for p in time_points(list(scans), ZERO)]


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


def test_u7d_a_lesion_that_had_gone_and_is_seen_again_is_progression_at_any_size():
    assert codes(BASE, ct(28, lesion(0, 0)), ct(56, lesion(8, 6))) == ["CR", "PD"]


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
        (new(15), "PR"),  # U7d: a node must be over 15 mm
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


def test_rule_6_worst_of_one_kind_on_one_day():
    second = ct(28, lesion(60, 50), report_no="R28b")
    assert codes(BASE, ct(28, lesion(20, 15)), second) == ["PD"]


def test_rule_18_baseline_window():
    assert codes(ct(-42, lesion(40, 30)), ct(28, lesion(20, 15))) == ["PR"]
    assert codes(ct(-43, lesion(40, 30)), ct(28, lesion(20, 15))) == ["NE"]
    assert codes(ct(0, lesion(40, 30)), ct(28, lesion(20, 15))) == ["PR"]  # on the day itself is before
    assert codes(ct(-43, lesion(40, 30)), pet(28, "2")) == ["CR"]


def test_nothing_after_the_data_cut_counts():
    late = day("2022-09-01") - ZERO
    assert codes(BASE, ct(late, lesion(60, 50))) == []
