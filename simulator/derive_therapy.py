"""Starts of anti-lymphoma therapy, CD19 failure, the index therapy and the group, reference implementation.

Readings chosen where the texts leave room:
- A line starts with its first given dose that has a full date; its own start date is used only without one. Doses that
  belong to a line are no starts of their own; a drug without a line starts with its first dose.
- A line whose given drugs are all steroids or supportive is no therapy; one without any recorded drug is.
- Conditioning belongs to its transplant; lymphodepletion is no therapy.
- CD20 cells that were ordered and never infused: a line recorded as bridging stays bridging, any other is salvage.
- Infusions of cells are one course within 7 days; of one product or order within 28, unless progression or a line came
  between. What lies between two infusions of a course belongs to it. Day 0 is the first one's.
- Radiotherapy, transplant, a trial drug, other cells, antibodies alone: outside the compared groups.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cartwright.simulator.days import DATA_CUT, iso
from cartwright.simulator.derive_lugano import best_of, time_points
from cartwright.simulator.derive_visible import Rows, dated, exact, first, last
from cartwright.simulator.vocabulary import DRUG_CLASS, NOT_ANTI_LYMPHOMA

BRIDGING_MAX_DAYS = 90
SAME_COURSE_DAYS, SAME_PRODUCT_DAYS = 7, 28
HIERARCHY = ("pola", "icpi", "bcl2i", "btki", "lenalidomide", "xpo1i", "chemotherapy")


_PROCEDURES = {"radiotherapy": "radiotherapy", "autologous_sct": "transplant", "allogeneic_sct": "transplant"}


class Therapy(NamedTuple):
    """One start of anti-lymphoma therapy. `is_exact` is false when the day is imputed."""

    day: int
    kind: str  # line, drug, radiotherapy, transplant, cart
    classes: frozenset[str]
    intent: str | None
    is_exact: bool
    key: str
    antigen: str | None = None
    order_id: str | None = None


class Failure(NamedTuple):
    """What became of one CD19 infusion: status as of criterion cd19_failed, and the failure."""

    infusion: Therapy
    product_code: str
    status: str
    date: int | None
    type_code: str | None
    best: str | None


def is_anti_lymphoma(row: dict[str, Any]) -> bool:
    """A given dose against the lymphoma (not lymphodepletion, not supportive, not steroids)."""
    return (
        row["administration_status"] == "given"
        and row["indication_code"] not in ("lymphodepletion", "crs_icans")
        and DRUG_CLASS[row["drug_code"]] not in NOT_ANTI_LYMPHOMA
    )


def therapies(rows: dict[str, Rows]) -> list[Therapy]:
    """Every start of anti-lymphoma therapy up to the data cut, in order."""
    doses: dict[str, Rows] = {}
    for row in rows["drug_administration"]:
        doses.setdefault(row["line_id"] or "", []).append(row)
    found = [item for line in rows["therapy_line"] for item in _line(line, doses.get(line["line_id"], []))]
    found += _loose_drugs(doses.get("", []))
    for row in rows["procedure"]:
        kind = _PROCEDURES.get(row["procedure_code"])
        if kind:
            when, text = first(row["performed_date"]), row["performed_date"]
            found.append(Therapy(when, kind, frozenset({kind}), None, exact(text) is not None, row["procedure_id"]))
    found += _cells(rows, [item.day for item in found if item.kind == "line" and item.is_exact])
    return sorted((item for item in found if item.day <= DATA_CUT), key=lambda item: (item.day, item.key))


def possible_days(starts: list[Therapy]) -> list[tuple[int, int]]:
    """First and last day on which each therapy may have started: an imputed day means its month."""
    return [(item.day, item.day if item.is_exact else last(iso(item.day)[:7])) for item in starts]


def _cells(rows: dict[str, Rows], lines: list[int]) -> list[Therapy]:
    """Rule 22: one start for each course of cells and antigen in it."""
    antigen = {row["product_code"]: row["target_antigen"] for row in rows["cart_product"]}
    stops = lines + [when for row in rows["clinical_progression"] if (when := exact(row["progressed_date"]))]
    starts: dict[tuple[int, str], Therapy] = {}
    infused = [row for row in rows["cart_infusion"] if row["product_code"] in antigen]
    for row in sorted(infused, key=lambda r: (r["infused_date"], r["infusion_id"])):
        target, key = antigen[row["product_code"]], row["infusion_id"]
        when = next(low for low, high in courses(infused, stops) if low <= dated(row["infused_date"]) <= high)
        start = Therapy(when, "cart", frozenset({"cart"}), None, True, key, target, row["order_id"])
        starts.setdefault((when, target), start)
    return list(starts.values())


def courses(infused: Rows, stops: list[int]) -> list[tuple[int, int]]:
    """First and last day of every course; `stops` are days of progression and of starts of lines."""
    spans: list[tuple[int, int]] = []
    for row in infused:
        when = dated(row["infused_date"])
        reach = when
        for other in infused:
            apart = dated(other["infused_date"]) - when
            same = other["product_code"] == row["product_code"] or (
                row["order_id"] is not None and other["order_id"] == row["order_id"]
            )
            is_stopped = any(when < stop <= when + apart for stop in stops)
            if 0 <= apart <= SAME_COURSE_DAYS or (same and 0 <= apart <= SAME_PRODUCT_DAYS and not is_stopped):
                reach = max(reach, when + apart)
        spans.append((when, reach))
    united: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if united and low <= united[-1][1]:
            united[-1] = (united[-1][0], max(high, united[-1][1]))
        else:
            united.append((low, high))
    return united


def _line(line: dict[str, Any], doses: Rows) -> list[Therapy]:
    if line["intent_code"] in ("lymphodepletion", "conditioning"):
        return []
    active = [row for row in doses if is_anti_lymphoma(row)]
    if doses and not active:
        return []
    days = [when for row in active if (when := exact(row["start_date"])) is not None]
    start = min(days) if days else first(line["start_date"])
    classes = frozenset(DRUG_CLASS[row["drug_code"]] for row in active)
    if line["intent_code"] == "trial":
        classes |= {"trial"}
    is_exact = bool(days) or exact(line["start_date"]) is not None
    return [Therapy(start, "line", classes, line["intent_code"], is_exact, line["line_id"])]


def _loose_drugs(doses: Rows) -> list[Therapy]:
    starts: dict[str, tuple[int, dict[str, Any]]] = {}
    for row in doses:
        if is_anti_lymphoma(row):
            when = first(row["start_date"])
            if row["drug_code"] not in starts or when < starts[row["drug_code"]][0]:
                starts[row["drug_code"]] = (when, row)
    return [
        Therapy(
            when,
            "drug",
            frozenset({DRUG_CLASS[code]}),
            None,
            exact(row["start_date"]) is not None,
            row["administration_id"],
        )
        for code, (when, row) in starts.items()
    ]


def cd19_failure(rows: dict[str, Rows], starts: list[Therapy]) -> Failure:
    """Protocol A.1 and A.2: the first CD19 infusion whose course fails before the next one, else the last. Raises
    ValueError without any."""
    infusions = [item for item in starts if item.kind == "cart" and item.antigen == "CD19"]
    product = {row["infusion_id"]: row["product_code"] for row in rows["cart_infusion"]}
    clinical = [when for row in rows["clinical_progression"] if (when := exact(row["progressed_date"])) is not None]
    failure = None
    for i, infusion in enumerate(infusions):
        bound = infusions[i + 1].day if i + 1 < len(infusions) else DATA_CUT
        later = [item.day for item in starts if item.day > infusion.day]
        bound = min([bound, *later])
        points = time_points(rows["imaging_report"], infusion.day, possible_days(starts))
        course = [(point.date, point.response) for point in points if point.date <= bound]
        course += [(when, "PD") for when in clinical if infusion.day < when <= bound]
        failure = Failure(infusion, product[infusion.key], *course_outcome(sorted(course), bool(later)))
        if failure.status == "met":
            return failure
    if failure is None:
        raise ValueError("the patient has no CD19 infusion")
    return failure


def course_outcome(course: list[tuple[int, str]], treated: bool) -> tuple[str, int | None, str | None, str | None]:
    """Status, failure date, type and best response of one course (its assessments in order of date)."""
    progressions = [when for when, code in course if code == "PD"]
    progressed = progressions[0] if progressions else None
    until = [code for when, code in course if progressed is None or when <= progressed]
    best = best_of(until)
    if best is None:
        return "unknown", None, None, None
    if best in ("CR", "PR"):
        return ("met", progressed, "relapsed", best) if progressed else ("not_met", None, None, best)
    if progressed:
        return "met", progressed, "refractory", best
    if treated:
        return "met", max(when for when, code in course if code == "SD"), "refractory", best
    return "not_met", None, None, best


class Index(NamedTuple):
    """The therapy that decides the group: `group` and `stratum` are None outside the compared groups."""

    day: int
    is_exact: bool
    group: str | None
    stratum: str | None
    members: frozenset[str]
    bridging: tuple[Therapy, ...]


def index_therapy(rows: dict[str, Rows], starts: list[Therapy], failure: int) -> Index | None:
    """Protocol B1 to B3: the first non-bridging therapy on or after the failure day; None when there is none."""
    after = [_not_before(item, failure) for item in starts]
    after = sorted((item for item in after if item.day >= failure), key=lambda item: (item.day, item.key))
    bridging = _bridging(rows, after, failure)
    if not after:
        return None
    rest = [item for item in after if item not in bridging]
    if not rest:  # nothing but bridging to cells that never came
        return Index(after[0].day, after[0].is_exact, None, None, frozenset(), tuple(bridging))
    when = rest[0].day
    same_day = [item for item in rest if item.day == when]
    group, stratum = _group(same_day)
    members = frozenset(item.key for item in same_day)
    return Index(when, all(item.is_exact for item in same_day), group, stratum, members, tuple(bridging))


def _not_before(item: Therapy, failure: int) -> Therapy:
    """Rule 19: a partial start in the month of the failure is not set before it."""
    same_month = not item.is_exact and item.day < failure and iso(item.day)[:7] == iso(failure)[:7]
    return item._replace(day=failure) if same_month else item


def _bridging(rows: dict[str, Rows], after: list[Therapy], failure: int) -> list[Therapy]:
    ordered = {row["order_id"]: exact(row["ordered_date"]) for row in rows["cart_order"]}
    infusions = [item for item in after if item.antigen == "CD20"]
    others = [item for item in after if item.kind != "cart"]
    if infusions:
        infusion = infusions[0]
        low = max(ordered.get(infusion.order_id) or failure, failure, infusion.day - BRIDGING_MAX_DAYS)
        return [item for item in others if low <= item.day < infusion.day]
    antigen = {row["product_code"]: row["target_antigen"] for row in rows["cart_product"]}
    cd20 = [dated(row["ordered_date"]) for row in rows["cart_order"] if antigen.get(row["product_code"]) == "CD20"]
    return [item for item in others if cd20 and item.intent == "bridging" and item.day >= min(cd20)]


def _group(same_day: list[Therapy]) -> tuple[str | None, str | None]:
    if any(item.antigen == "CD20" for item in same_day):
        return "cd20", "cd20"
    classes = frozenset().union(*(item.classes for item in same_day))
    if classes & {"cart", "trial", "transplant"}:
        return None, None
    strata = [code for code in HIERARCHY if code in classes]
    return ("noncart", strata[0]) if strata else (None, None)
