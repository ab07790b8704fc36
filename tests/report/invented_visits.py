"""Invented responses, kinds of event and visits for the report: shaped like adrs, adrv, adtte and adic."""

import json

import numpy as np
import pandas as pd

START = pd.Timestamp("2021-01-01")


def name_events(adtte, draw):
    """The columns evntcd (what each event was) and startdt of adtte, in place."""
    adtte["startdt"] = START
    kinds = np.array(["imaging_pd", "clinical_pd", "death"], dtype=object)
    code = draw.choice(kinds, p=[0.75, 0.1, 0.15], size=len(adtte))
    code = np.where(adtte["paramcd"] == "OS", "death", code)
    adtte["evntcd"] = np.where(adtte["cnsr"] == 0, code, None)


def visits(adsl, adtte, draw):
    """adrs with first responses and their scans, adrv with every status, adic with the intervals of PFS."""
    responders = adsl.loc[adsl["is_responder"] == True, "usubjid"]  # noqa: E712
    adrs = pd.DataFrame({"usubjid": responders, "paramcd": "RSP", "ady": draw.integers(25, 60, len(responders))})
    scans = adrs.assign(
        paramcd="OVRLRESP",
        avalc=np.resize(np.array(["PR", "CR"], dtype=object), len(adrs)),
        adt=START + pd.to_timedelta(adrs["ady"] - 1, unit="D"),
        anl01fl="Y",
    )
    adrs = pd.concat([adrs, scans])
    statuses = np.array(["CR", "PR", "SD", "PD", "NE", "ND", "ENDED", None], dtype=object)
    adrv = pd.concat(
        [
            pd.DataFrame({"usubjid": adsl["usubjid"], "paramcd": paramcd, "avalc": np.resize(statuses, len(adsl))})
            for paramcd in ("RESPM01", "RESPM03", "RESPM06", "RESPM12")
        ]
    )
    pfs = adtte[adtte["paramcd"] == "PFS"].reset_index(drop=True)
    left = (pfs["duration_days"] // 30 * 30 - draw.integers(0, 2, len(pfs)) * 30).clip(lower=0)
    adic = pd.DataFrame(
        {
            "usubjid": pfs["usubjid"],
            "paramcd": "PFS",
            "left_days": left,
            "right_days": pfs["duration_days"].where(pfs["cnsr"] == 0),
        }
    )
    places = [{"place": "cohort.funnel", "kind": "output"}, {"place": "adam.adsl", "kind": "table"}]
    checklist = pd.DataFrame(
        {
            "seq": [1, 2],
            "standard": ["STROBE", "RECORD"],
            "item": ["13", "22.1"],
            "topic": ["Flow of patients", "Access to code"],
            "places": [json.dumps(places), "[]"],
            "note": ["Reasons in their order", "In the publication"],
        }
    )
    return {"adrs": adrs, "adrv": adrv, "adic": adic, "checklist": checklist}
