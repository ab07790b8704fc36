"""Endpoints, baselines and record versions by hand, from section E and F of the protocol."""

import pytest

from cartwright.simulator.days import DATA_CUT, day, iso
from cartwright.simulator.derivable import adequate_pfs, best_response, clinical_progression, death_day, window_status
from cartwright.simulator.derive_baseline import completed_years, double_hit, hans, prognostic_index
from cartwright.simulator.derive_lugano import TimePoint
from cartwright.simulator.derive_therapy import Index
from cartwright.simulator.derive_visible import first, last, nearest, visible
from cartwright.simulator.dirt import Change, Delivered, Sent

ZERO = day("2021-01-01")


def points(*pairs):
    return [TimePoint(ZERO + offset, code) for offset, code in pairs]


def pfsa(*pairs, death=None, therapy=None, group="cd20"):
    died, treated = (None if offset is None else ZERO + offset for offset in (death, therapy))
    found, event = adequate_pfs(points(*pairs), died, treated, ZERO, group)
    return found - ZERO, event


def test_e3_progression_and_death_are_events():
    assert pfsa((30, "PR"), (60, "PD")) == (60, True)
    assert pfsa((30, "PR"), death=80) == (80, True)


def test_e3_no_event_is_censored_at_the_last_adequate_assessment():
    assert pfsa((30, "PR"), (60, "CR"), (90, "NE")) == (60, False)
    assert pfsa() == (0, False)


def test_e3_new_therapy_before_the_event_censors():
    assert pfsa((30, "PR"), (60, "PD"), therapy=45) == (30, False)
    assert pfsa((30, "PR"), (60, "PD"), therapy=60) == (60, True)  # a PD on that very day is an event
    assert pfsa((30, "PR"), therapy=30) == (30, False)  # an assessment on the day of therapy is still before it


@pytest.mark.parametrize(
    ("seen", "event", "group", "expected"),
    [
        (30, 104, "cd20", True),  # 2 x 30 + 14 = 74 days
        (30, 105, "cd20", False),
        (184, 380, "cd20", True),  # after day 183: 2 x 91 + 14 = 196
        (184, 381, "cd20", False),
        (28, 98, "noncart", True),  # 2 x 28 + 14 = 70
        (28, 99, "noncart", False),
    ],
)
def test_e3_gap(seen, event, group, expected):
    result = pfsa((seen, "SD"), (event, "PD"), group=group)
    assert result == ((event, True) if expected else (seen, False))


def test_e3_death_before_the_first_assessment():
    assert pfsa(death=74) == (74, True)
    assert pfsa(death=75) == (0, False)


def test_e4_best_response_stops_at_progression_and_new_therapy():
    assert best_response(points((30, "PR"), (60, "PD"), (90, "CR")), None, ZERO + 60, None, None) == "PR"
    assert best_response(points((30, "SD"), (60, "CR")), None, None, ZERO + 60, None) == "CR"
    assert best_response(points((30, "SD"), (61, "CR")), None, None, ZERO + 60, None) == "SD"


def test_e4_what_rates():
    assert best_response(points((30, "NE")), None, None, None, None) is None
    assert best_response(points((30, "NE")), None, None, None, ZERO + 50) == "PD"  # progression by death alone
    assert best_response([], None, None, None, ZERO + 50) is None  # no imaging at all: unrated
    assert best_response([], ZERO + 20, ZERO + 20, None, None) == "PD"  # clinical progression


@pytest.mark.parametrize(
    ("text", "alive", "expected"),
    [
        ("2021-05-20", "2021-05-03", "2021-05-20"),
        ("2021-05", "2021-04-30", "2021-05-01"),
        ("2021-05", "2021-05-12", "2021-05-12"),
        ("2021-05", "2021-06-02", "2021-05-01"),  # rule 19: a known month is never changed
        ("2021", "2021-03-04", "2021-03-04"),
        ("2021", "2020-12-24", "2021-01-01"),
    ],
)
def test_rule_9_partial_death(text, alive, expected):
    assert iso(death_day({"death": [{"death_date": text}]}, [day(alive)])) == expected


def test_death_after_the_cut_does_not_count():
    assert death_day({"death": [{"death_date": "2022-09-01"}]}, [day("2022-08-30")]) is None


@pytest.mark.parametrize(
    ("text", "death", "assessed", "expected"),
    [
        ("2021-05", None, [], "2021-05-31"),
        ("2021-05", "2021-05-20", [], "2021-05-20"),
        ("2021-05", None, ["2021-05-25"], "2021-05-25"),
        ("2022-08", None, [], "2022-08-31"),
    ],
)
def test_rule_9_partial_progression(text, death, assessed, expected):
    rows = {"clinical_progression": [{"progressed_date": text}]}
    found = clinical_progression(rows, ZERO, day(death) if death else None, [day(d) for d in assessed])
    assert iso(found) == expected


@pytest.mark.parametrize(
    ("failure", "zero", "is_exact", "expected"),
    [
        ("2019-12-01", "2022-05-31", True, "met"),
        ("2019-11-30", "2020-05-31", True, "not_met"),
        ("2020-01-01", "2022-06-01", True, "not_met"),
        ("2020-01-01", "2020-03-01", False, "unknown"),
        (None, None, True, "unknown"),
        ("2020-01-01", None, True, "met"),  # untreated: criterion 8 says so
    ],
)
def test_a3_window(failure, zero, is_exact, expected):
    index = Index(day(zero), is_exact, "noncart", "pola", frozenset(), ()) if zero else None
    assert window_status(day(failure) if failure else None, index) == expected


def test_partial_dates():
    assert (iso(first("2021")), iso(first("2021-02")), iso(last("2021-02")), iso(last("2021"))) == (
        "2021-01-01",
        "2021-02-01",
        "2021-02-28",
        "2021-12-31",
    )


def test_f_nearest_takes_the_earlier_of_a_tie_and_the_last_of_a_day():
    rows = [(ZERO - 3, "before"), (ZERO + 3, "after")]
    assert nearest(rows, ZERO, ZERO - 28, ZERO + 14) == "before"
    assert nearest([*rows, (ZERO - 3, "second")], ZERO, ZERO - 28, ZERO + 14) == "second"
    assert nearest(rows, ZERO, ZERO - 2, ZERO + 2) is None


@pytest.mark.parametrize(
    ("markers", "expected"),
    [
        ({"CD10": 30}, "gcb"),  # 30 % is positive
        ({"CD10": 29, "BCL6": 0}, "non_gcb"),
        ({"CD10": 0, "BCL6": 50, "MUM1": 0}, "gcb"),
        ({"CD10": 0, "BCL6": 50, "MUM1": 60}, "non_gcb"),
        ({"CD10": 0, "BCL6": 50}, None),
        ({"BCL6": 50, "MUM1": 60}, None),
    ],
)
def test_i4_hans(markers, expected):
    assert hans(markers) == expected


@pytest.mark.parametrize(
    ("fish", "expected"),
    [
        ({"MYC": "not_rearranged"}, False),
        ({"MYC": "rearranged", "BCL2": "rearranged"}, True),
        ({"MYC": "rearranged", "BCL2": "not_rearranged", "BCL6": "rearranged"}, True),
        ({"MYC": "rearranged", "BCL2": "not_rearranged", "BCL6": "not_rearranged"}, False),
        ({"MYC": "rearranged", "BCL2": "not_rearranged"}, None),
        ({"MYC": "failed", "BCL2": "rearranged"}, None),
        ({}, None),
    ],
)
def test_i5_double_hit(fish, expected):
    assert double_hit(fish) is expected


def ipi(age, ldh, ecog, stage, sites):
    factors = {"age_years": age, "is_ldh_gt_uln": ldh, "ecog_grade": ecog, "ann_arbor_stage": stage}
    found = prognostic_index({**factors, "extranodal_sites_count": sites})
    return found["ipi_score"], found["is_ipi_ge3"]


def test_i1_ipi_and_rule_11_bounds():
    assert ipi(61, True, 2, 3, 2) == (5, True)
    assert ipi(60, False, 1, 2, 1) == (0, False)
    assert ipi(61, None, 2, 3, 0) == (None, True)
    assert ipi(60, None, 1, 3, 0) == (None, False)
    assert ipi(60, None, 2, 3, 0) == (None, None)


def test_age_in_completed_years():
    assert completed_years("2003-05-02", day("2021-05-01")) == 17
    assert completed_years("2003-05-01", day("2021-05-01")) == 18


def lab(key, version, status, value, number="L1"):
    row = {"result_no": key, "version_no": version, "result_status": status, "lis_patient_no": number}
    return Sent("lab_result", DATA_CUT, {**row, "value_text": value})


def values(*sent, changes=()):
    link = {"link_id": "K", "system_code": "lis", "local_patient_no": "L1", "row_status": "active", "updated_at": "x"}
    rows = visible(Delivered(list(sent), [Change("patient_link", "K", 0, link), *changes]))
    return [row["value_text"] for row in rows["lab_result"]], rows


def test_rule_15_versions_of_a_result():
    assert values(lab("A", 1, "preliminary", "1"), lab("A", 2, "final", "2"))[0] == ["2"]
    assert values(lab("A", 2, "final", "2"), lab("A", 1, "preliminary", "1"))[0] == ["2"]  # arrived in reverse
    assert values(lab("A", 1, "final", "1"), lab("A", 2, "corrected", "3"))[0] == ["3"]
    assert values(lab("A", 1, "final", "1"), lab("A", 2, "cancelled", "1"))[0] == []
    assert values(lab("A", 1, "preliminary", "1"))[0] == []
    assert values(lab("A", 1, "final", "1"), lab("B", 1, "final", "1"))[0] == ["1", "1"]  # equal content is no identity
    assert values(lab("A", 1, "final", "1", number="L9"))[0] == []  # nobody's number
    assert values(lab("A", 1, "final", "1")._replace(readable=False))[0] == []


def test_rule_15_versions_of_a_row():
    def contact(minute, status, when):
        row = {"contact_id": "C", "contact_date": when, "row_status": status, "updated_at": str(minute)}
        return Change("contact", "C", minute, row)

    def contacts(*changes):
        return [row["contact_date"] for row in values(changes=changes)[1]["contact"]]

    assert contacts(contact(1, "active", "a"), contact(2, "active", "b")) == ["b"]
    assert contacts(contact(1, "active", "a"), contact(2, "withdrawn", "a")) == []
    assert contacts(contact(1, "active", "a"), Change("contact", "C", 2, None)) == []
