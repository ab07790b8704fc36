"""Measured disease that moves as a response says: diameters which truly make CR, PR, SD or PD by Lugano 2014.

Patients differ in how deep a response goes and how fast disease grows; the margins (PR loses at least 56 % of the sum
of products, SD at most 44 %) are wide enough that rounding to whole millimetres never changes a category.
"""

from __future__ import annotations

from random import Random
from typing import Any

_NODAL = ("cervical", "axillary", "mediastinal", "retroperitoneal", "mesenteric", "iliac", "inguinal")
_EXTRANODAL = ("liver", "lung", "bone", "soft_tissue", "gastrointestinal", "kidney", "adrenal", "skin")


_STILL_ABNORMAL = 19  # mm, of a node in partial response


class Disease:
    """Target lesions, spleen, marrow and non-measured disease of one patient over time."""

    def __init__(self, rng: Random, *, bulky: bool, marrow: bool, extranodal: bool) -> None:
        self.rng, self.marrow_involved = rng, marrow
        count = rng.randrange(2, 6)
        self.sites = []
        for i in range(count):
            outside = i == count - 1 and extranodal
            site = rng.choice(_EXTRANODAL if outside else _NODAL)
            self.sites.append((f"T{i + 1}", site, "extranodal" if outside else "nodal"))
        largest = rng.randrange(80, 131) if bulky else rng.randrange(56, 70)
        self.at_failure = [largest] + [rng.randrange(32, 38) for _ in range(count - 1)]
        self.sizes = [self._size(ldi / 1.6) for ldi in self.at_failure]
        self.baseline = list(self.sizes)
        self.spleen_base = rng.randrange(142, 172) if rng.random() < 0.15 else rng.randrange(92, 118)
        self.spleen = self.spleen_base
        self.has_nontarget = rng.random() < 0.5
        self.nontarget = "stable" if self.has_nontarget else "none"
        self.new_count = 0

    @staticmethod
    def _size(ldi: float) -> tuple[int, int]:
        return round(ldi), round(ldi * 0.75)

    def start_course(self) -> None:
        """What is there now becomes the baseline of the next course."""
        self.baseline = list(self.sizes)
        self.spleen_base = self.spleen
        self.nontarget = "stable" if self.has_nontarget else "none"

    def grow_to_failure(self) -> None:
        """Every lesion at the size it has when CD19 cells have failed: far over 1.5 times any earlier product."""
        self.sizes = [self._size(ldi) for ldi in self.at_failure]
        self.nontarget = "stable" if self.has_nontarget else "none"

    def enlarge_for_stable(self) -> None:
        """Stable disease is the failure itself: start so large that it is as large as planned when stable."""
        self.sizes = [self._size(ldi * 1.1) for ldi in self.at_failure]

    def drift(self, low: float, high: float) -> None:
        """Bridging, or time: all lesions by one factor."""
        factor = self.rng.uniform(low, high)
        self.sizes = [self._size(max(ldi * factor, 24)) for ldi, _ in self.sizes]

    def respond(self, code: str) -> None:
        """Move to CR, PR or SD against the course's baseline; never growing while the response lasts."""
        rng, excess = self.rng, max(self.spleen_base - 130, 0)
        if code == "SD":
            kept = rng.triangular(0.77, 1.0, 0.97)
            target = [self._size(ldi * min(kept * rng.uniform(0.98, 1.02), 1.0)) for ldi, _ in self.baseline]
            spleen = self.spleen_base
        elif code == "PR":
            kept = rng.triangular(0.36, 0.65, 0.55)
            target = [self._size(ldi * kept * rng.uniform(0.92, 1.0)) for ldi, _ in self.baseline]
            target[0] = max(target[0], self._size(_STILL_ABNORMAL))
            spleen = 130 + round(excess * 0.3) if excess else self.spleen_base
            if self.nontarget == "stable":
                self.nontarget = "regressed"
        else:
            target = [(0, 0) if kind == "extranodal" else self._normal_node() for _, _, kind in self.sites]
            spleen = 122 if excess else self.spleen_base
            self.nontarget = "absent" if self.has_nontarget else "none"
        self.sizes = [min(new, old) for new, old in zip(target, self.sizes, strict=True)]
        self.spleen = min(spleen, self.spleen)

    def progress(self) -> list[dict[str, Any]]:
        """PD by one of the ways that Lugano knows; returns the new lesions, if it is that way."""
        rng = self.rng
        way = rng.choices(("growth", "new", "nontarget", "spleen"), (55, 28, 9, 8))[0]
        if way == "nontarget" and self.has_nontarget:
            self.nontarget = "progressed"
        elif way == "spleen":
            self.spleen = max(self.spleen + 40, 172)
        elif way == "new":
            return [self.new_lesion()]
        else:
            (ldi, sdi), by = self.sizes[0], rng.triangular(1.4, 2.2, 1.45)
            self.sizes[0] = (max(round(ldi * by), ldi + 14, 22), max(round(sdi * by), sdi + 9, 16))
        return []

    def _normal_node(self) -> tuple[int, int]:
        """What is left of a node in complete response: nothing to see, or normal."""
        if self.rng.random() < 0.3:
            return 0, 0
        ldi = self.rng.randrange(6, 15)
        return ldi, max(round(ldi * self.rng.uniform(0.6, 0.9)), 5)

    def new_lesion(self, *, equivocal: bool = False) -> dict[str, Any]:
        self.new_count += 1
        return {
            "lesion_code": f"N{self.new_count}",
            "site_code": self.rng.choice(_NODAL),
            "lesion_kind": "nodal",
            "longest_mm": 9.0 if equivocal else float(self.rng.randrange(18, 36)),
            "is_fdg_avid": None,
            "is_equivocal": equivocal,
        }

    def targets(self) -> list[dict[str, Any]]:
        return [
            {"lesion_code": code, "site_code": site, "lesion_kind": kind, "ldi_mm": float(ldi), "sdi_mm": float(sdi)}
            for (code, site, kind), (ldi, sdi) in zip(self.sites, self.sizes, strict=True)
        ]

    def marrow(self, state: str) -> str:
        """Marrow as a reader words it in a given response; patients without involvement stay normal."""
        if not self.marrow_involved:
            return "normal"
        return {"CR": "normal", "X": "normal", "PR": "reduced"}.get(state, "unchanged")
