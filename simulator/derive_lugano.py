"""Time-point responses by Lugano 2014 (Cheson 2014, doi 10.1200/JCO.2013.54.8800), reference implementation.

Readings chosen where the texts leave room:
- All reports of one day are one visit: of two statements the worse, of two sizes of a lesion the larger product.
- CT baseline: the last visit with an evaluable CT or with measured lesions in the 42 days up to the anchor, and the
  visits up to 14 days before it without a therapy in between; PET baseline is only needed for SUVmax, when the reader
  gave no change of uptake, and decides beyond 25 % only.
- A visit with CT alone and the next one with PET alone (or the other way round) are one time point within 14 days,
  unless a therapy starts after the first and up to the day of the second.
- A new lesion counts for PD when the reader is sure; a doubtful one that is sure later (no therapy in between) counts
  from where it was first seen. On PET it must be FDG-avid.
- A lesion that had gone has regrown when it is abnormal again: a node over 15 mm, an extranodal lesion over 10 mm.
- Score X gives no PET response. Marrow that is only reduced is not clear: with Deauville 1-3 it is PR, as unchanged is.
- CT without an evaluable measurement of every baseline lesion is not evaluable unless it shows PD.
- Merged and split lesions are not simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cartwright.simulator.days import DATA_CUT
from cartwright.simulator.derive_visible import Rows, dated

BASELINE_DAYS = 42
MERGE_DAYS = 14
NORMAL_SPLEEN_MM = 130
SUV_CHANGE = 0.25
_BEST_FIRST = ("CR", "PR", "SD", "PD", "NE")
_WORST = {"NE": 0, "CR": 1, "PR": 2, "SD": 3, "PD": 4}  # which of two visits of a time point counts
_MARROW = ("new", "unchanged", "reduced", "normal", "not_assessed")  # the first said counts
_NONTARGET = ("progressed", "stable", "regressed", "absent", "normal", "not_assessed", "none")
_SCORES = ("5", "4", "3", "2", "1", "X")
_UPTAKE = ("increased", "unchanged", "decreased")

Starts = Sequence[tuple[int, int]]  # first and last day on which a therapy may have started


class TimePoint(NamedTuple):
    """Response at one time point after an anchor."""

    date: int
    response: str


class Visit(NamedTuple):
    """What the evaluable reports of one day say together. `kinds`: CT, PET or both, evaluable or not."""

    day: int
    kinds: frozenset[str]
    readable: Rows
    new: Rows  # new lesions that are sure, or prove so later

    def said(self, name: str, order: tuple[str, ...], among: Rows | None = None) -> str | None:
        found = [report[name] for report in (self.readable if among is None else among)]
        return next((code for code in order if code in found), None)

    @property
    def pets(self) -> Rows:
        return [report for report in self.readable if report["modality_code"] == "PET_CT"]

    @property
    def spleen(self) -> float | None:
        return max((r["spleen_length_mm"] for r in self.readable if r["spleen_length_mm"] is not None), default=None)

    @property
    def lesions(self) -> dict[str, dict[str, Any]]:
        """The measured lesions by label; the longer diameter is the longest, one diameter of 0 is no measurement."""
        found: dict[str, dict[str, Any]] = {}
        for said in (lesion for report in self.readable for lesion in report["target_lesions"]):
            sizes = (said["ldi_mm"], said["sdi_mm"])
            if None in sizes or (0 in sizes and any(sizes)):
                continue
            lesion = {**said, "ldi_mm": max(sizes), "sdi_mm": min(sizes)}
            held = found.get(lesion["lesion_code"])
            if held is None or _product(lesion) > _product(held):
                found[lesion["lesion_code"]] = lesion
        return found

    @property
    def is_measured(self) -> bool:
        return any(r["modality_code"] != "PET_CT" for r in self.readable) or bool(self.lesions)


def best_of(responses: list[str]) -> str | None:
    """CR > PR > SD > PD; None when there is none of these."""
    rated = [code for code in _BEST_FIRST[:4] if code in responses]
    return rated[0] if rated else None


def time_points(reports: Rows, anchor: int, starts: Starts = ()) -> list[TimePoint]:
    """All time points strictly after `anchor` and up to the data cut, in order of date, none left out after PD."""
    visits = _visits([report for report in reports if dated(report["performed_at"]) <= DATA_CUT], starts)
    before = [visit for visit in visits if anchor - BASELINE_DAYS <= visit.day <= anchor]
    ct, pet = _CtReader(_baseline(before, anchor, starts)), _PetReader(before)
    points: list[TimePoint] = []
    for group in _groups([visit for visit in visits if visit.day > anchor], starts):
        ct_code = max((ct.read(visit) for visit in group), key=_WORST.__getitem__)
        pet_codes = [pet.read(visit) for visit in group if "PET" in visit.kinds]
        pet_code = max(pet_codes, key=_WORST.__getitem__) if pet_codes else None
        code = _combine(pet_code, ct_code, pet.last_evaluable, pet.had_cmr)
        pet.remember(pet_code)
        days = [visit.day for visit in group]
        points.append(TimePoint(min(days) if code == "PD" else max(days), code))
    return sorted(points)


def _treated(starts: Starts, after: int, until: int) -> bool:
    return any(last > after and first <= until for first, last in starts)


def _visits(reports: Rows, starts: Starts) -> list[Visit]:
    by_day: dict[int, Rows] = {}
    for report in reports:
        by_day.setdefault(dated(report["performed_at"]), []).append(report)
    seen = [
        (day, lesion)
        for day, own in by_day.items()
        for report in own
        if report["is_evaluable"]
        for lesion in report["new_lesions"]
    ]

    def is_new(day: int, lesion: dict[str, Any]) -> bool:
        return not lesion["is_equivocal"] or any(
            later > day
            and not other["is_equivocal"]
            and other["lesion_code"] == lesion["lesion_code"]
            and not _treated(starts, day, later)
            for later, other in seen
        )

    visits = []
    for day, own in sorted(by_day.items()):
        readable = [report for report in own if report["is_evaluable"]]
        new = [
            {**lesion, "on_pet": report["modality_code"] == "PET_CT"}
            for report in readable
            for lesion in report["new_lesions"]
            if is_new(day, lesion)
        ]
        kinds = frozenset("PET" if report["modality_code"] == "PET_CT" else "CT" for report in own)
        visits.append(Visit(day, kinds, readable, new))
    return visits


def _baseline(before: list[Visit], anchor: int, starts: Starts) -> list[Visit]:
    measured = [visit for visit in before if visit.is_measured]
    if not measured:
        return []
    last = measured[-1].day
    until = min(last, anchor - 1)  # what starts on the anchor day starts after its scan
    return [
        visit
        for visit in measured
        if visit.day == last or (last - visit.day <= MERGE_DAYS and not _treated(starts, visit.day, until))
    ]


def _groups(visits: list[Visit], starts: Starts) -> list[list[Visit]]:
    """Rule 4: CT and PET within 14 days form one time point, unless a therapy starts in between."""
    groups: list[list[Visit]] = []
    for visit in visits:
        if groups and len(groups[-1]) == 1:
            (opened,) = groups[-1]
            apart = visit.day - opened.day
            is_pair = len(opened.kinds) == len(visit.kinds) == 1 and opened.kinds != visit.kinds
            if is_pair and apart <= MERGE_DAYS and not _treated(starts, opened.day, visit.day):
                groups[-1].append(visit)
                continue
        groups.append([visit])
    return groups


def _product(lesion: dict[str, Any]) -> float:
    return lesion["ldi_mm"] * lesion["sdi_mm"]


def _combine(pet: str | None, ct: str | None, last_pet: str | None, had_cmr: bool) -> str:
    """U8 with rule 4. None means not done."""
    if pet is not None and pet != "NE":
        return pet
    if ct == "PD":
        return "PD"
    if ct is None or ct == "NE":
        return "NE"
    if pet == "NE":
        return last_pet or ct
    return "CR" if had_cmr else ct


class _PetReader:
    """PET responses against the baseline; remembers the last evaluable one (U8: carried forward)."""

    def __init__(self, before: list[Visit]) -> None:
        suv = [high for visit in before if (high := _suv(visit)) is not None]
        self.baseline_suv = suv[-1] if suv else None
        self.last_evaluable: str | None = None
        self.had_cmr = False

    def remember(self, code: str | None) -> None:
        if code in ("CR", "PR", "SD", "PD"):
            self.last_evaluable, self.had_cmr = code, code == "CR"

    def read(self, visit: Visit) -> str:
        """U1, U2, rules 5 and 17."""
        score = visit.said("deauville_code", _SCORES, visit.pets)
        marrow = visit.said("marrow_code", _MARROW, visit.pets)
        if not visit.pets:
            return "NE"
        if any(lesion["on_pet"] and lesion["is_fdg_avid"] for lesion in visit.new) or marrow == "new":
            return "PD"
        if score in (None, "X"):
            return "NE"
        if score in ("1", "2", "3"):
            return "PR" if marrow in ("unchanged", "reduced") else "CR"
        hot = [report for report in visit.pets if report["deauville_code"] in ("4", "5")]
        change = visit.said("uptake_change_code", _UPTAKE, hot) or visit.said("uptake_change_code", _UPTAKE, visit.pets)
        return {"decreased": "PR", "unchanged": "SD", "increased": "PD", None: "NE"}[change or self._suv_change(visit)]

    def _suv_change(self, visit: Visit) -> str | None:
        suv, base = _suv(visit), self.baseline_suv
        if suv is None or base is None:
            return None
        if abs(suv - base) <= SUV_CHANGE * base:
            return "unchanged"
        return "decreased" if suv < base else "increased"


def _suv(visit: Visit) -> float | None:
    return max((report["suv_max"] for report in visit.pets if report["suv_max"] is not None), default=None)


class _CtReader:
    """CT responses of visits, read in order of time, against the baseline and the nadir since it."""

    def __init__(self, baseline: list[Visit]) -> None:
        self.known = bool(baseline)
        self.base: dict[str, dict[str, Any]] = {}  # lesion -> its last size at baseline
        self.nadir: dict[str, tuple[float, float, float]] = {}  # lesion -> PPD, LDi, SDi where PPD was smallest
        self.kind: dict[str, str] = {}  # what the lesion was called first
        self.spleen = self.marrow = self.nontarget = None
        for visit in baseline:
            self.base |= visit.lesions
            self.spleen = self.spleen if visit.spleen is None else visit.spleen
            marrow = visit.said("marrow_code", _MARROW[:4])
            self.marrow = marrow or self.marrow
            self.nontarget = visit.said("nontarget_code", _NONTARGET[:5]) or self.nontarget
        self._note(self.base)
        self.targets = [code for code in self.base if self._is_abnormal(code, self.base[code])]
        self.spleen_excess_nadir = max((self.spleen or 0) - NORMAL_SPLEEN_MM, 0)

    def _note(self, lesions: dict[str, dict[str, Any]]) -> None:
        for code, lesion in lesions.items():
            self.kind.setdefault(code, lesion["lesion_kind"])
            if code not in self.nadir or _product(lesion) < self.nadir[code][0]:
                self.nadir[code] = (_product(lesion), lesion["ldi_mm"], lesion["sdi_mm"])

    def _is_abnormal(self, code: str, lesion: dict[str, Any]) -> bool:
        return lesion["ldi_mm"] > (15 if self.kind.get(code, lesion["lesion_kind"]) == "nodal" else 10)

    def read(self, visit: Visit) -> str:
        code = self._judge(visit)
        self._note(visit.lesions)
        if visit.spleen is not None:
            self.spleen_excess_nadir = min(self.spleen_excess_nadir, max(visit.spleen - NORMAL_SPLEEN_MM, 0))
        return code

    def _judge(self, visit: Visit) -> str:
        if not self.known or not visit.readable:  # rule 18: no baseline, no CT response
            return "NE"
        if self._progressed(visit):
            return "PD"
        now = [visit.lesions[code] for code in self.targets if code in visit.lesions]
        if not now or len(now) < len(self.targets):
            return "NE"
        if self._complete(visit):
            return "CR"
        before = sum(_product(self.base[code]) for code in self.targets)
        halved = before > 0 and (before - sum(map(_product, now))) / before >= 0.5
        return "PR" if halved and self._spleen_regressed(visit.spleen) else "SD"

    def _complete(self, visit: Visit) -> bool:
        """U4 with rule 16: organs and other disease block CR only if abnormal at baseline and not normal now."""
        for code in self.targets:
            if visit.lesions[code]["ldi_mm"] > (15 if self.kind[code] == "nodal" else 0):
                return False
        if (self.spleen or 0) > NORMAL_SPLEEN_MM and not _at_most(visit.spleen):
            return False
        if self.marrow in ("unchanged", "reduced", "new") and visit.said("marrow_code", _MARROW) != "normal":
            return False
        involved = self.nontarget in ("regressed", "stable", "progressed")
        return not involved or visit.said("nontarget_code", _NONTARGET) in ("absent", "normal", "none")

    def _spleen_regressed(self, now: float | None) -> bool:
        """U5: an enlarged spleen loses more than half of its length beyond normal."""
        excess = (self.spleen or 0) - NORMAL_SPLEEN_MM
        return excess <= 0 or (now is not None and (now - NORMAL_SPLEEN_MM) < excess / 2)

    def _progressed(self, visit: Visit) -> bool:
        """U7 a to e with rule 16."""
        return (
            any(self._lesion_grew(code, lesion) for code, lesion in visit.lesions.items())
            or self._spleen_grew(visit.spleen)
            or visit.said("nontarget_code", _NONTARGET) == "progressed"
            or bool(visit.new)
            or visit.said("marrow_code", _MARROW) == "new"
        )

    def _lesion_grew(self, code: str, lesion: dict[str, Any]) -> bool:
        if code not in self.nadir:
            return False
        (product, low_ldi, low_sdi), ldi, sdi = self.nadir[code], lesion["ldi_mm"], lesion["sdi_mm"]
        if low_ldi == 0 and self._is_abnormal(code, lesion):  # U7d: a lesion that had resolved is there again
            return True
        step = 5 if low_ldi <= 20 else 10
        return ldi > 15 and ldi * sdi >= 1.5 * product and (ldi - low_ldi >= step or sdi - low_sdi >= step)

    def _spleen_grew(self, length: float | None) -> bool:
        if length is None or self.spleen is None or length <= NORMAL_SPLEEN_MM:
            return False
        if self.spleen <= NORMAL_SPLEEN_MM:
            return length - self.spleen >= 20
        return length - NORMAL_SPLEEN_MM > 1.5 * self.spleen_excess_nadir


def _at_most(length: float | None) -> bool:
    return length is not None and length <= NORMAL_SPLEEN_MM
