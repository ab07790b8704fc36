"""CD19 failure, bridging, index therapy and group by hand, from sections A and B of the protocol."""

import pytest

from cartwright.simulator.days import day, iso
from cartwright.simulator.derive_therapy import course_outcome, index_therapy, therapies
from cartwright.simulator.tables import TABLES

FAILURE = day("2021-06-01")


def empty():
    return {table: [] for table in TABLES}


def line(key, offset, *drugs, intent="treatment", start=None):
    """A line whose drugs are all given on its first day."""
    text = start or _iso(offset)
    return (
        {"line_id": key, "intent_code": intent, "start_date": text, "cycles_count": 1},
        [dose(drug, offset, line_id=key, start=start) for drug in drugs],
    )


def dose(drug, offset, *, line_id=None, status="given", indication="lymphoma", start=None):
    return {
        "administration_id": f"A{drug}{offset}",
        "line_id": line_id,
        "drug_code": drug,
        "start_date": start or _iso(offset),
        "administration_status": status,
        "indication_code": indication,
    }


def _iso(offset):
    return iso(FAILURE + offset)


def infusion(offset, product="P20", order="O1"):
    return {"infusion_id": f"I{offset}", "product_code": product, "infused_date": _iso(offset), "order_id": order}


def index(*lines, infusions=(), orders=(), procedures=(), doses=()):
    rows = empty()
    rows["therapy_line"] = [row for row, _ in lines]
    rows["drug_administration"] = [dose for _, given in lines for dose in given] + list(doses)
    rows["cart_infusion"], rows["procedure"] = list(infusions), list(procedures)
    rows["cart_product"] = [{"product_code": f"P{n}", "target_antigen": f"CD{n}"} for n in (20, 22)]
    rows["cart_order"] = [{"order_id": k, "product_code": "P20", "ordered_date": _iso(day)} for k, day in orders]
    return index_therapy(rows, therapies(rows), FAILURE)


@pytest.mark.parametrize(
    ("course", "treated", "expected"),
    [
        ([(30, "PD")], False, ("met", 30, "refractory", "PD")),
        ([(30, "SD"), (60, "PD")], False, ("met", 60, "refractory", "SD")),
        ([(30, "PR"), (60, "PD")], False, ("met", 60, "relapsed", "PR")),
        ([(30, "CR")], False, ("not_met", None, None, "CR")),
        ([(30, "CR")], True, ("not_met", None, None, "CR")),
        ([(30, "SD"), (50, "SD")], True, ("met", 50, "refractory", "SD")),
        ([(30, "SD")], False, ("not_met", None, None, "SD")),
        ([(30, "NE")], True, ("unknown", None, None, None)),
        ([], True, ("unknown", None, None, None)),
        ([(30, "NE"), (40, "PD")], False, ("met", 40, "refractory", "PD")),
    ],
)
def test_a2_outcome_of_a_course(course, treated, expected):
    assert course_outcome(course, treated) == expected


def test_b1_infusion_with_bridging():
    found = index(line("L1", 10, "venetoclax", intent="bridging"), infusions=[infusion(50)], orders=[("O1", 2)])
    assert (found.day - FAILURE, found.group, [b.key for b in found.bridging]) == (50, "cd20", ["L1"])


def test_b1_bridging_goes_by_dates_not_by_what_it_is_called():
    found = index(line("L1", 10, "venetoclax"), infusions=[infusion(50)], orders=[("O1", 2)])
    assert found.group == "cd20"


@pytest.mark.parametrize(("ordered", "started", "group"), [(10, 9, "noncart"), (10, 10, "cd20")])
def test_b1_line_before_the_order_is_the_index_line(ordered, started, group):
    found = index(line("L1", started, "gemcitabine"), infusions=[infusion(50)], orders=[("O1", ordered)])
    assert found.group == group


@pytest.mark.parametrize(("started", "group"), [(9, "noncart"), (10, "cd20")])
def test_b1_bridging_reaches_back_90_days(started, group):
    found = index(line("L1", started, "gemcitabine"), infusions=[infusion(100)], orders=[("O1", 0)])
    assert found.group == group


def test_b1_order_before_failure_counts_from_failure():
    found = index(line("L1", 0, "gemcitabine"), infusions=[infusion(30)], orders=[("O1", -20)])
    assert found.group == "cd20"


def test_b1_same_day_line_and_infusion_is_cd20():
    assert index(line("L1", 30, "sintilimab"), infusions=[infusion(30)], orders=[("O1", 1)]).group == "cd20"


def test_b1_order_never_infused():
    treated = index(line("L1", 10, "gemcitabine"), orders=[("O1", 2)])
    assert (treated.group, treated.stratum) == ("noncart", "chemotherapy")
    bridged = index(line("L1", 10, "venetoclax", intent="bridging"), orders=[("O1", 2)])
    assert bridged.group is None


@pytest.mark.parametrize(
    ("drugs", "stratum"),
    [
        (("polatuzumab", "bendamustine", "rituximab"), "pola"),
        (("venetoclax", "tislelizumab"), "icpi"),
        (("venetoclax", "orelabrutinib"), "bcl2i"),
        (("zanubrutinib", "lenalidomide"), "btki"),
        (("lenalidomide", "rituximab"), "lenalidomide"),
        (("selinexor", "gemcitabine"), "xpo1i"),
        (("gemcitabine", "dexamethasone"), "chemotherapy"),
        (("rituximab",), None),
    ],
)
def test_b3_hierarchy(drugs, stratum):
    found = index(line("L1", 5, *drugs))
    assert (found.group, found.stratum) == ("noncart" if stratum else None, stratum)


def test_records_of_one_day_are_one_combination():
    found = index(line("L1", 5, "venetoclax"), line("L2", 5, "polatuzumab"))
    assert (found.stratum, found.members) == ("pola", {"L1", "L2"})


@pytest.mark.parametrize("code", ["radiotherapy", "allogeneic_sct"])
def test_a9_radiotherapy_or_transplant_alone_is_outside(code):
    done = {"procedure_id": "X", "procedure_code": code, "performed_date": _iso(5)}
    assert index(procedures=[done]).group is None
    with_line = index(line("L1", 5, "gemcitabine"), procedures=[{**done, "procedure_code": "radiotherapy"}])
    assert with_line.group == "noncart"


def test_a9_other_cells_and_trial_drugs_are_outside():
    assert index(infusions=[infusion(20, "P22")]).group is None
    assert index(line("L1", 5, "trial_agent", intent="trial")).group is None


def test_a8_steroids_and_doses_not_given_are_no_therapy():
    assert index(line("L1", 5, "dexamethasone")) is None
    assert index(doses=[dose("polatuzumab", 5, status="not_given")]) is None


def test_b2_time_zero_is_the_first_given_dose_and_never_imputed():
    row = {"line_id": "L1", "intent_code": "treatment", "start_date": _iso(5)}
    assert index((row, [dose("gemcitabine", 7, line_id="L1")])).day - FAILURE == 7
    vague = index(line("L1", 45, "gemcitabine", start="2021-07"))
    assert not vague.is_exact


def test_rule_19_partial_start_in_the_month_of_failure_is_not_before_it():
    failure_later = day("2021-06-20")
    rows = empty()
    row, given = line("L1", 0, "gemcitabine", start="2021-06")
    rows["therapy_line"], rows["drug_administration"] = [row], given
    found = index_therapy(rows, therapies(rows), failure_later)
    assert found.day == failure_later


def test_lymphodepletion_and_conditioning_are_no_therapy():
    rows = empty()
    row, given = line("L1", 5, "fludarabine", intent="lymphodepletion")
    rows["therapy_line"], rows["drug_administration"] = [row], given
    assert therapies(rows) == []
