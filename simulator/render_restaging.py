"""Imaging around bridging: a scan before it where the last one is too old, and what the scan before the cells shows.

The CT before the cells is the baseline of the next response and stays as it is: the response to bridging is seen on PET
beside it, and how large the disease was before bridging follows from the response.
"""

from __future__ import annotations

from cartwright.simulator.chart import Chart, Record
from cartwright.simulator.derive_lugano import BASELINE_DAYS
from cartwright.simulator.render_imaging import read_pet, write_report

_CT = ("CT", "MRI")
_BASELINE_WINDOW = 14  # a scan up to so many days after the failure would describe the failure
_BEFORE = {"CR": 1.7, "PR": 1.6, "SD": 1.0, "PD": 0.7}  # diameters before bridging, as a share of those after it


def restage(chart: Chart) -> None:
    """Scans of a bridged patient that show the planned response to bridging; none without a scan before the cells."""
    plan = chart.plan
    code, start, infused = plan["bridging_response_code"], plan["bridging_start_date"], plan["time_zero_date"]
    scans = [r for r in chart.records if r.table == "imaging_report" and r.row["is_evaluable"]]
    after = [r for r in scans if r.row["modality_code"] in _CT and start is not None and start < r.day <= infused]
    if code is None or not after:
        return
    _scan_before(chart, scans, after[-1], code)
    pets = [r for r in scans if r.row["modality_code"] == "PET_CT" and start < r.day <= infused]
    for pet in pets:
        pet.row.update(read_pet(chart.rng, code, _marrow(pet, code)))
    if not pets and code != "SD":
        write_report(
            chart,
            after[-1].day,
            "PET_CT",
            minute=chart.rng.randrange(780, 1000),
            is_evaluable=True,
            **read_pet(chart.rng, code, _marrow(after[-1], code)),
        )


def _scan_before(chart: Chart, scans: list[Record], after: Record, code: str) -> None:
    start, failure = chart.plan["bridging_start_date"], chart.plan["cd19_failure_date"]
    measured = [r for r in scans if r.row["target_lesions"] and start - BASELINE_DAYS <= r.day <= start]
    day = max(start - chart.rng.randrange(1, 4), failure + _BASELINE_WINDOW + 1)
    if measured or day > start:
        return
    lesions = [
        {**lesion, "ldi_mm": round(lesion["ldi_mm"] * _BEFORE[code]), "sdi_mm": round(lesion["sdi_mm"] * _BEFORE[code])}
        for lesion in after.row["target_lesions"]
    ]
    told = {name: after.row[name] for name in ("marrow_code", "spleen_length_mm", "nontarget_code")}
    write_report(chart, day, after.row["modality_code"], is_evaluable=True, target_lesions=lesions, **told)


def _marrow(scan: Record, code: str) -> str:
    marrow = scan.row["marrow_code"]
    return "normal" if code == "CR" or marrow == "not_assessed" else marrow
