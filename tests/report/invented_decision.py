"""Invented decisions after failure: who was eligible, what was ordered, survival from failure and from the decision."""

import numpy as np
import pandas as pd


def add_decision(adsl, adtte, draw):
    """Columns of adsl about the decision, in place; returns adtte with OSF and OSITT of everybody who has them."""
    n, included, is_cd20 = len(adsl), adsl["inclfl"] == "Y", adsl["group_code"] == "cd20"
    extra = np.flatnonzero(~included)[:20]  # eligible at failure, never compared; the first four with cells on order
    adsl["failfl"] = np.where(included | adsl.index.isin(extra), "Y", "N")
    adsl["ittfl"] = np.where(included | adsl.index.isin(extra[:4]), "Y", "N")
    adsl["itt_group_code"] = adsl["group_code"].where(included, None)
    adsl.loc[extra[:4], "itt_group_code"] = "cd20"
    adsl["failure_to_cd20_days"] = np.where(is_cd20, draw.integers(15, 60, n), np.nan)
    wait = np.where(is_cd20, adsl["failure_to_cd20_days"], draw.integers(0, 30, n))
    published = adtte[adtte["paramcd"] == "OS"].set_index("usubjid")
    rows = []
    for patient, days in zip(adsl.itertuples(), wait, strict=True):
        if patient.failfl == "N":
            continue
        known = patient.usubjid in published.index
        after, cnsr = published.loc[patient.usubjid, ["duration_days", "cnsr"]] if known else (draw.integers(5, 90), 0)
        total = int(after + days)
        rows.append((patient.usubjid, "OSF", total + 1, total, days if known else np.nan, int(cnsr)))
        if patient.ittfl == "Y":
            rows.append((patient.usubjid, "OSITT", total, total - 1, np.nan, int(cnsr)))
    columns = ["usubjid", "paramcd", "aval", "duration_days", "entry_days", "cnsr"]
    other_days = pd.DataFrame(rows, columns=columns).assign(param="Overall survival from another day")
    return pd.concat([adtte, other_days], ignore_index=True)
