"""Time-point responses by Lugano 2014 (Cheson 2014, doi 10.1200/JCO.2013.54.8800), reference implementation.

Readings chosen where the texts leave room:
- CT baseline: the last evaluable report with measured lesions in the 42 days up to the anchor; PET baseline is only
  needed for SUVmax, when the reader gave no change of uptake.
- A time point opens with a scan; scans of the other kind (PET against CT or MRI) within 14 days of it belong to it, and
  so do all scans of that same day. Of one kind on one day the worst report counts.
- A new lesion counts for PD when the reader is sure: nodal over 15 mm, extranodal of any size; PET: FDG-avid.
- Score X gives no PET response. Marrow that is only reduced is not clear: with Deauville 1-3 it is PR, as unchanged is.
- CT without an evaluable measurement of every baseline lesion is not evaluable unless it shows PD.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from simulator.days import DATA_CUT
from simulator.derive_visible import Rows, exact

BASELINE_DAYS = 42
MERGE_DAYS = 14
NORMAL_SPLEEN_MM = 130
_BEST_FIRST = ("CR", "PR", "SD", "PD", "NE")
_WORST = {"NE": 0, "CR": 1, "PR": 2, "SD": 3, "PD": 4}  # which of two reports of one kind on one day counts


class TimePoint(NamedTuple):
    """Response at one time point after an anchor."""

    date: int
    response: str


def best_of(responses: list[str]) -> str | None:
    """CR > PR > SD > PD; None when there is none of these."""
    rated = [code for code in _BEST_FIRST[:4] if code in responses]
    return rated[0] if rated else None


def time_points(reports: Rows, anchor: int) -> list[TimePoint]:
    """All time points strictly after `anchor` and up to the data cut, in order of date, none left out after PD."""
    scans = sorted(
        ((exact(r["performed_at"]), r["report_no"], r) for r in reports if exact(r["performed_at"]) <= DATA_CUT),
        key=lambda scan: scan[:2],
    )
    before = [r for when, _, r in scans if anchor - BASELINE_DAYS <= when <= anchor]
    ct, pet = _CtReader(before), _PetReader(before)
    points: list[TimePoint] = []
    for group in _groups([(when, r) for when, _, r in scans if when > anchor]):
        ct_code = ct.read([r for _, r in group if r["modality_code"] != "PET_CT"])
        pet_code = pet.read([r for _, r in group if r["modality_code"] == "PET_CT"])
        code = _combine(pet_code, ct_code, pet.last_evaluable, pet.had_cmr)
        pet.remember(pet_code)
        days = [when for when, _ in group]
        points.append(TimePoint(min(days) if code == "PD" else max(days), code))
    return sorted(points)


def _groups(scans: list[tuple[int, dict[str, Any]]]) -> list[list[tuple[int, dict[str, Any]]]]:
    """Rule 4: CT and PET within 14 days form one time point."""
    groups: list[list[tuple[int, dict[str, Any]]]] = []
    for when, report in scans:
        if groups:
            opened, latest = groups[-1][0][0], groups[-1][-1][0]
            kinds = {r["modality_code"] == "PET_CT" for _, r in groups[-1]}
            other_kind = (report["modality_code"] == "PET_CT") not in kinds
            if when - opened <= MERGE_DAYS and (other_kind or when == latest):
                groups[-1].append((when, report))
                continue
        groups.append([(when, report)])
    return groups


def _combine(pet: str | None, ct: str | None, last_pet: str | None, had_cmr: bool) -> str:
    """U8 with rule 4. None means not done."""
    if pet in ("CR", "PR", "SD", "PD"):
        return pet
    if ct == "PD":
        return "PD"
    if ct in (None, "NE"):
        return "NE"
    if pet == "NE":
        return last_pet or ct
    return "CR" if had_cmr else ct


class _PetReader:
    """PET responses against the baseline; remembers the last evaluable one (U8: carried forward)."""

    def __init__(self, before: Rows) -> None:
        suv = [r["suv_max"] for r in before if r["modality_code"] == "PET_CT" and r["suv_max"] is not None]
        self.baseline_suv = suv[-1] if suv else None
        self.last_evaluable: str | None = None
        self.had_cmr = False

    def remember(self, code: str | None) -> None:
        if code in ("CR", "PR", "SD", "PD"):
            self.last_evaluable, self.had_cmr = code, code == "CR"

    def read(self, reports: Rows) -> str | None:
        codes = [self._one(report) for report in reports]
        return max(codes, key=_WORST.__getitem__) if codes else None

    def _one(self, report: dict[str, Any]) -> str:
        """U1, U2, rules 5 and 17."""
        score, marrow = report["deauville_code"], report["marrow_code"]
        if not report["is_evaluable"] or score is None:
            return "NE"
        avid = [n for n in report["new_lesions"] if n["is_fdg_avid"] and not n["is_equivocal"]]
        if avid or marrow == "new":
            return "PD"
        if score == "X":
            return "NE"
        if score in ("1", "2", "3"):
            return "PR" if marrow in ("unchanged", "reduced") else "CR"
        change = report["uptake_change_code"] or self._suv_change(report["suv_max"])
        return {"decreased": "PR", "unchanged": "SD", "increased": "PD", None: "NE"}[change]

    def _suv_change(self, suv: float | None) -> str | None:
        if suv is None or self.baseline_suv is None:
            return None
        if suv == self.baseline_suv:
            return "unchanged"
        return "decreased" if suv < self.baseline_suv else "increased"


class _CtReader:
    """CT and MRI responses against the baseline scan and the nadir since it."""

    def __init__(self, before: Rows) -> None:
        measured = [r for r in before if r["is_evaluable"] and r["target_lesions"]]
        self.baseline = measured[-1] if measured else None
        self.nadir: dict[str, tuple[float, float, float]] = {}  # lesion -> PPD, LDi, SDi where PPD was smallest
        self.spleen_excess_nadir = 0.0
        if self.baseline:
            for lesion in self.baseline["target_lesions"]:
                self._note(lesion)
            self.spleen_excess_nadir = max((self.baseline["spleen_length_mm"] or 0) - NORMAL_SPLEEN_MM, 0)

    def _note(self, lesion: dict[str, Any]) -> None:
        ldi, sdi = lesion["ldi_mm"], lesion["sdi_mm"]
        if ldi is None or sdi is None:
            return
        code = lesion["lesion_code"]
        if code not in self.nadir or ldi * sdi < self.nadir[code][0]:
            self.nadir[code] = (ldi * sdi, ldi, sdi)

    def read(self, reports: Rows) -> str | None:
        if not reports:
            return None
        codes = [self._one(report) for report in reports]
        for report in reports:
            if report["is_evaluable"]:
                for lesion in report["target_lesions"]:
                    self._note(lesion)
                if report["spleen_length_mm"] is not None:
                    excess = max(report["spleen_length_mm"] - NORMAL_SPLEEN_MM, 0)
                    self.spleen_excess_nadir = min(self.spleen_excess_nadir, excess)
        return max(codes, key=_WORST.__getitem__)

    def _one(self, report: dict[str, Any]) -> str:
        if self.baseline is None or not report["is_evaluable"]:  # rule 18: no baseline, no CT response
            return "NE"
        if self._progressed(report):
            return "PD"
        lesions = {lesion["lesion_code"]: lesion for lesion in report["target_lesions"]}
        base = self.baseline["target_lesions"]
        now = [lesions.get(lesion["lesion_code"]) for lesion in base]
        if any(lesion is None or lesion["ldi_mm"] is None or lesion["sdi_mm"] is None for lesion in now):
            return "NE"
        if self._complete(report, now):
            return "CR"
        before = sum(lesion["ldi_mm"] * lesion["sdi_mm"] for lesion in base)
        after = sum(lesion["ldi_mm"] * lesion["sdi_mm"] for lesion in now)
        halved = before > 0 and (before - after) / before >= 0.5
        return "PR" if halved and self._spleen_regressed(report) else "SD"

    def _complete(self, report: dict[str, Any], now: list[Any]) -> bool:
        """U4 with rule 16: organs and other disease block CR only if abnormal at baseline and not normal now."""
        gone = all(n["ldi_mm"] <= 15 if n["lesion_kind"] == "nodal" else n["ldi_mm"] == 0 for n in now)
        base = self.baseline
        if (base["spleen_length_mm"] or 0) > NORMAL_SPLEEN_MM and not _at_most(report["spleen_length_mm"]):
            return False
        if base["marrow_code"] in ("unchanged", "reduced", "new") and report["marrow_code"] != "normal":
            return False
        involved = base["nontarget_code"] in ("regressed", "stable", "progressed")
        return gone and not (involved and report["nontarget_code"] not in ("absent", "normal"))

    def _spleen_regressed(self, report: dict[str, Any]) -> bool:
        """U5: an enlarged spleen loses more than half of its length beyond normal."""
        excess = (self.baseline["spleen_length_mm"] or 0) - NORMAL_SPLEEN_MM
        if excess <= 0:
            return True
        now = report["spleen_length_mm"]
        return now is not None and (now - NORMAL_SPLEEN_MM) < excess / 2

    def _progressed(self, report: dict[str, Any]) -> bool:
        """U7 a to e with rule 16."""
        return (
            any(self._lesion_grew(lesion) for lesion in report["target_lesions"])
            or self._spleen_grew(report["spleen_length_mm"])
            or report["nontarget_code"] == "progressed"
            or any(_is_new_disease(lesion) for lesion in report["new_lesions"])
            or report["marrow_code"] == "new"
        )

    def _lesion_grew(self, lesion: dict[str, Any]) -> bool:
        nadir, ldi, sdi = self.nadir.get(lesion["lesion_code"]), lesion["ldi_mm"], lesion["sdi_mm"]
        if nadir is None or ldi is None or sdi is None:
            return False
        if nadir[1] == 0 and ldi > 0:  # U7d: a lesion that had resolved is seen again
            return True
        step = 5 if nadir[1] <= 20 else 10
        larger = ldi - nadir[1] >= step or sdi - nadir[2] >= step
        return ldi > 15 and ldi * sdi >= 1.5 * nadir[0] and larger

    def _spleen_grew(self, length: float | None) -> bool:
        base = self.baseline["spleen_length_mm"]
        if length is None or base is None or length <= NORMAL_SPLEEN_MM:
            return False
        if base <= NORMAL_SPLEEN_MM:
            return length - base >= 20
        return length - NORMAL_SPLEEN_MM > 1.5 * self.spleen_excess_nadir


def _at_most(length: float | None) -> bool:
    return length is not None and length <= NORMAL_SPLEEN_MM


def _is_new_disease(lesion: dict[str, Any]) -> bool:
    """U7d: a sure new node over 15 mm, or sure new extranodal disease."""
    if lesion["is_equivocal"]:
        return False
    return lesion["lesion_kind"] == "extranodal" or lesion["longest_mm"] > 15
