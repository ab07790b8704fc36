"""Invented products, toxicity and intention to treat for the report: shaped like the tables, with unknowns in them."""

import numpy as np
import pandas as pd

TERMS = (
    "NEUTLOW",
    "LYMLOW",
    "WBCLOW",
    "PLATLOW",
    "HGBLOW",
    "FIBLOW",
    "APTTHIGH",
    "ALTHIGH",
    "ASTHIGH",
    "BILIHIGH",
    "CREAHIGH",
    "LDHHIGH",
)
GRADES = ("btoxgr", "atoxgr30", "atoxgr90")  # of adlbtox


def add_intention(adsl, draw):
    """Columns of adsl about orders, index therapy, unrated patients and causes of death, in place."""
    included, is_cd20 = adsl["inclfl"] == "Y", adsl["group_code"] == "cd20"
    end = np.where(is_cd20, "compared", None)
    fallen = np.flatnonzero(~included)[:5]
    end[fallen] = ("not_manufactured", "not_infused", "not_compared", "not_manufactured", "not_infused")[: len(fallen)]
    adsl["cd20_order_end_code"] = end
    adsl["is_cd20_ordered"] = adsl["cd20_order_end_code"].notna().astype(object)
    adsl["has_therapy_while_waiting"] = adsl["has_bridging"].where(is_cd20, None)
    adsl["order_to_infusion_days"] = np.where(is_cd20, draw.integers(20, 70, len(adsl)), np.nan)
    adsl["index_class_codes"] = np.where(is_cd20, "cart_cd20", adsl["stratum_code"] + "+antibody")
    for column in ("is_responder", "is_complete_responder"):
        adsl[f"{column}_itt"] = (adsl[column] == True).astype(object).where(included, None)  # noqa: E712
    cause = draw.choice(np.array(["lymphoma", "infection", "unknown"], dtype=object), size=len(adsl))
    adsl["death_cause_code"] = pd.Series(cause).where(included & ~adsl["is_alive_at_cut"].astype(bool), None)


def toxicity(adsl, draw):
    """adct and adex of both products, adae, adlbtox, and the steps from order to infusion."""
    grades, products, events, worst = [], [], [], []
    for patient in adsl[adsl["inclfl"] == "Y"].itertuples():
        anchors = ["cd19_infusion_date"] + ["time_zero_date"] * (patient.group_code == "cd20")
        for anchor in anchors:
            course = f"{patient.usubjid}:{getattr(patient, anchor):%Y-%m-%d}"
            for prefix in ("CRS", "ICAN"):
                grade = int(draw.choice(5, p=[0.5, 0.25, 0.15, 0.07, 0.03]))
                grades.append((patient.usubjid, f"{prefix}REC", course, grade))
                if draw.random() > 0.05:
                    grades.append((patient.usubjid, f"{prefix}DER", course, max(0, grade - int(draw.random() < 0.1))))
            products += [
                (patient.usubjid, code, course, draw.uniform(*limits), None)
                for code, limits in (
                    ("DOSE", (1e5, 8e6)),
                    ("HARVEST", (2e5, 9e6)),
                    ("TRANSD", (10, 60)),
                    ("VIAB", (80, 99)),
                )
            ]
            products.append((patient.usubjid, "STERDAYS", course, draw.integers(0, 4), None))
            products.append((patient.usubjid, "LDREG", course, np.nan, draw.choice(["fludarabine", "none"])))
        events += [
            (patient.usubjid, term, int(draw.integers(1, 5)), "Y")
            for term in ("crs", "neutropenia", "anaemia")
            if draw.random() < 0.5
        ]
        worst += [(patient.usubjid, term, term.lower(), *draw.integers(0, 5, 3)) for term in TERMS]
    columns = ["usubjid", "paramcd", "course_id", "aval"]
    return {
        "adct": pd.DataFrame(grades, columns=columns),
        "adex": pd.DataFrame(products, columns=[*columns, "avalc"]),
        "adae": pd.DataFrame(events, columns=["usubjid", "aedecod", "atoxgr", "aoccpifl"]),
        "adlbtox": _with_bounds(pd.DataFrame(worst, columns=["usubjid", "paramcd", "param", *GRADES])),
        "cd20_flow": _flow(adsl["cd20_order_end_code"]),
    }


def _with_bounds(worst):
    """Every grade is exact."""
    return worst.assign(**{f"{grade}_{bound}": worst[grade] for grade in GRADES for bound in ("least", "greatest")})


def _flow(ends):
    steps = (
        ("manufactured", "Harvested", "not_manufactured"),
        ("infused", "Infused", "not_infused"),
        ("compared", "Compared", "not_compared"),
    )
    excluded = [int((ends == end).sum()) for *_, end in steps]
    return pd.DataFrame(
        {
            "seq": [1, 2, 3],
            "criterion_id": [name for name, *_ in steps],
            "label": [label for _, label, _ in steps],
            "end_code": [end for *_, end in steps],
            "excluded_count": excluded,
            "remaining_count": int(ends.notna().sum()) - np.cumsum(excluded),
        }
    )
