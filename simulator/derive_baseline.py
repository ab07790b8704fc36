"""The three baselines of the protocol (section F), reference implementation.

Readings: bulky looks at the nearest evaluable report with any measured diameter; the staging items are each taken from
the nearest row that states them; LDH from the nearest numeric result that carries an upper limit.
"""

from __future__ import annotations

from typing import Any

from cartwright.simulator.days import iso
from cartwright.simulator.derive_lugano import time_points
from cartwright.simulator.derive_therapy import Failure, Index, Therapy, possible_days
from cartwright.simulator.derive_visible import Rows, dated, first, nearest

BEFORE_DAYS, AFTER_DAYS = 28, 14
BULKY_MM = 75
HANS_PERCENT = 30


def completed_years(born: str, when: int) -> int:
    """Age in completed years on a day."""
    year, rest = int(born[:4]), born[5:10]
    text = iso(when)
    return int(text[:4]) - year - (text[5:10] < rest)


def number(text: str | None) -> float | None:
    """A reported value that is a plain number."""
    try:
        return float(text or "")
    except ValueError:
        return None


def baselines(rows: dict[str, Rows], failure: Failure, index: Index, starts: list[Therapy]) -> dict[str, Any]:
    """Baseline columns of one included patient, named as in adsl; unknown is None. Raises ValueError without a day of
    failure, which every included patient has."""
    if failure.date is None:
        raise ValueError("a baseline needs the day of failure")
    values = _study_baseline(rows, failure.date, index)
    values |= _history(rows, failure.infusion.day, starts)
    values |= _biology(rows, failure, index)
    values |= _treatment(rows, index, starts)
    values["cd19_failure_type_code"] = failure.type_code
    values["cd19_best_response_code"] = failure.best
    return values


def _study_baseline(rows: dict[str, Rows], target: int, index: Index) -> dict[str, Any]:
    """F: nearest to the failure date, -28..+14 days, up to the day of the first salvage or bridging dose."""
    first_dose = min([index.day, *(item.day for item in index.bridging)])
    window = (target, target - BEFORE_DAYS, min(target + AFTER_DAYS, first_dose))
    person = rows["patient"][0]
    status = [(dated(r["assessed_date"]), r["ecog_grade"]) for r in rows["performance_status"]]
    staged = [(dated(r["assessed_date"]), r) for r in rows["disease_staging"]]
    staging = {
        name: nearest([(when, r[name]) for when, r in staged if r[name] is not None], *window)
        for name in ("ann_arbor_stage", "extranodal_sites_count", "is_marrow_involved", "is_cns_involved")
    }
    values = {
        "age_years": completed_years(person["birth_date"], target),
        "sex_code": person["sex_code"],
        "ecog_grade": nearest([item for item in status if item[1] is not None], *window),
        **staging,
        "is_ldh_gt_uln": _ldh_high(rows, window),
        "is_bulky": _bulky(rows, window),
    }
    return values | prognostic_index(values)


def _ldh_high(rows: dict[str, Rows], window: tuple[int, int, int]) -> bool | None:
    results = sorted((r for r in rows["lab_result"] if r["local_code"] == "LDH"), key=lambda r: r["collected_at"])
    usable = [
        (dated(r["collected_at"]), value > r["reference_high"])
        for r in results
        if (value := number(r["value_text"])) is not None and r["reference_high"]
    ]
    return nearest(usable, *window)


def _bulky(rows: dict[str, Rows], window: tuple[int, int, int]) -> bool | None:
    measured: dict[int, float] = {}
    for report in rows["imaging_report"]:
        sizes = [lesion[name] or 0 for lesion in report["target_lesions"] for name in ("ldi_mm", "sdi_mm")]
        sizes += [lesion["longest_mm"] or 0 for lesion in report["new_lesions"]]
        if report["is_evaluable"] and sizes:
            when = dated(report["performed_at"])
            measured[when] = max(measured.get(when, 0), *sizes)
    largest = nearest(sorted(measured.items()), *window)
    return None if largest is None else largest >= BULKY_MM


def prognostic_index(values: dict[str, Any]) -> dict[str, Any]:
    """Rule 11: with a factor missing the score is unknown, and its cut known only if both bounds agree."""
    sites, stage, ecog = (values[name] for name in ("extranodal_sites_count", "ann_arbor_stage", "ecog_grade"))
    factors = [
        values["age_years"] > 60,
        values["is_ldh_gt_uln"],
        None if ecog is None else ecog >= 2,
        None if stage is None else stage >= 3,
        None if sites is None else sites > 1,
    ]
    low = sum(factor is True for factor in factors)
    high = low + sum(factor is None for factor in factors)
    return {
        "ipi_score": low if low == high else None,
        "is_ipi_ge3": True if low >= 3 else False if high < 3 else None,
    }


def _history(rows: dict[str, Rows], infusion: int, starts: list[Therapy]) -> dict[str, Any]:
    """Ever before the CD19 infusion: lines of treatment, their cycles, transplant, radiotherapy."""
    lines = drug_lines(rows, infusion)
    earlier = {item.kind for item in starts if item.day < infusion}
    return {
        "prior_lines_count": prior_lines(rows, infusion, starts),
        "prior_cycles_count": sum(line["cycles_count"] or 0 for line in lines),
        "has_prior_sct": "transplant" in earlier,
        "has_prior_radiotherapy": "radiotherapy" in earlier,
    }


def prior_lines(rows: dict[str, Rows], infusion: int, starts: list[Therapy]) -> int:
    """Criterion 6: lines of drugs, and earlier courses of cells (rule 22), before the infusion."""
    cells = {item.day for item in starts if item.kind == "cart" and item.day < infusion}
    return len(drug_lines(rows, infusion)) + len(cells)


def drug_lines(rows: dict[str, Rows], infusion: int) -> Rows:
    """Recorded lines of treatment that start before the infusion (not bridging, conditioning, ...)."""
    return [r for r in rows["therapy_line"] if r["intent_code"] == "treatment" and first(r["start_date"]) < infusion]


def _biology(rows: dict[str, Rows], failure: Failure, index: Index) -> dict[str, Any]:
    """Latest ever before time zero; CD19 and CD20 only from a biopsy between the infusion and time zero."""
    infusion, zero = failure.infusion.day, index.day
    reports = sorted(
        (dated(r["collected_at"]), r["histology_code"], r["report_no"])
        for r in rows["pathology"]
        if dated(r["collected_at"]) < zero
    )
    fish = _latest(rows["fish"], "gene_code", "fish_result", zero)
    tp53 = [r for r in rows["ngs"] if r["gene_code"] == "TP53"]
    mutated = _latest(tp53, "gene_code", "ngs_result", zero).get("TP53")
    rebiopsy = [r for r in rows["ihc"] if infusion < dated(r["collected_at"]) < zero]
    markers = _latest(rebiopsy, "marker_code", "positive_percent", zero)
    flow = [r for r in rows["flow_cytometry"] if infusion < dated(r["collected_at"]) < zero]
    return {
        "histology_code": reports[-1][1] if reports else None,
        "coo_code": hans(_latest(rows["ihc"], "marker_code", "positive_percent", zero)),
        "is_double_triple_hit": double_hit(fish),
        "is_tp53_mutated": {"mutated": True, "wild_type": False}.get(mutated or ""),
        "has_rebiopsy": any(infusion < when < zero for when, _, _ in reports),
        "cd19_status_code": _antigen_status(flow, "cd19_on_tumour", markers.get("CD19")),
        "cd20_status_code": _antigen_status(flow, "cd20_on_tumour", markers.get("CD20")),
        "cd20_expression_percent": markers.get("CD20"),
    }


def _antigen_status(flow: Rows, population: str, stained_percent: float | None) -> str | None:
    """Positive from 1 % of stained cells or by any population in flow cytometry; None when nothing was measured."""
    evidence = [
        not r["value_text"].startswith("<") and (number(r["value_text"]) or 0) > 0
        for r in flow
        if r["population_code"] == population
    ]
    evidence += [] if stained_percent is None else [stained_percent >= 1]
    return None if not evidence else "positive" if any(evidence) else "negative"


def _latest(rows: Rows, name: str, value: str, before: int) -> dict[str, Any]:
    """The latest value of each marker or gene before a day."""
    found = sorted((r for r in rows if dated(r["collected_at"]) < before), key=lambda r: r["collected_at"])
    return {row[name]: row[value] for row in found}


def hans(markers: dict[str, float | None]) -> str | None:
    """I4: cell of origin by Hans; a needed marker that is missing makes it unknown."""
    percents = {marker: markers.get(marker) for marker in ("CD10", "BCL6", "MUM1")}
    positive = {marker: None if p is None else p >= HANS_PERCENT for marker, p in percents.items()}
    if positive["CD10"] is None:
        return None
    if positive["CD10"]:
        return "gcb"
    if positive["BCL6"] is None:
        return None
    if not positive["BCL6"]:
        return "non_gcb"
    return {None: None, True: "non_gcb", False: "gcb"}[positive["MUM1"]]


def double_hit(fish: dict[str, str]) -> bool | None:
    """I5: MYC with BCL2 or BCL6. MYC intact decides alone; MYC untested or failed is unknown."""
    meaning = {"rearranged": True, "not_rearranged": False}
    state = {gene: meaning.get(fish.get(gene, "")) for gene in ("MYC", "BCL2", "BCL6")}
    if not state["MYC"]:
        return state["MYC"]
    partners = (state["BCL2"], state["BCL6"])
    return True if True in partners else None if None in partners else False


def _treatment(rows: dict[str, Rows], index: Index, starts: list[Therapy]) -> dict[str, Any]:
    """Bridging, its response and lymphodepletion of the CD20-SD-CART group; nothing for others."""
    if index.group != "cd20":
        return {}
    classes = sorted({code for item in index.bridging for code in item.classes})
    depletion = {
        r["drug_code"]
        for r in rows["drug_administration"]
        if r["indication_code"] == "lymphodepletion"
        and r["administration_status"] == "given"
        and 0 < index.day - first(r["start_date"]) <= 14
    }
    kind = "fludarabine" if "fludarabine" in depletion else "bendamustine" if "bendamustine" in depletion else "none"
    return {
        "has_bridging": bool(index.bridging),
        "bridging_classes": "+".join(classes) or None,
        "bridging_response_code": _bridging_response(rows, index, starts),
        "lymphodepletion_code": kind,
    }


def _bridging_response(rows: dict[str, Rows], index: Index, starts: list[Therapy]) -> str | None:
    """The last rated time point from the first bridging dose to the day of the cells, against the scan before it."""
    if not index.bridging:
        return None
    first_day = min(item.day for item in index.bridging)
    points = time_points(rows["imaging_report"], first_day, possible_days(starts))
    rated = [point.response for point in points if point.date <= index.day and point.response != "NE"]
    return rated[-1] if rated else None
