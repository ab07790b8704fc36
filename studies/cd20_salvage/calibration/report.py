"""The attained share by stage, and the claims missed with their distance, as text and as data beside the cohort."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from studies.cd20_salvage.calibration.score import Part, by_stage


def shares(parts: Iterable[Part]) -> list[str]:
    """One line a stage that has parts."""
    parts, text = list(parts), []
    for stage, (hit, aimed) in by_stage(parts).items():
        own = [part.is_attained for part in parts if part.stage == stage]
        if own:
            text.append(f"{stage}: {hit} of {aimed} claims whole, {sum(own)} of {len(own)} printed parts")
    return text


def lines(parts: Iterable[Part]) -> list[str]:
    """One line a stage, then one line a missed part."""
    parts = list(parts)
    text = shares(parts)
    for part in parts:
        if not part.is_attained:
            printed = f"{part.printed_from:.4g} to {part.printed_to:.4g}"
            text.append(f"  {part.claim_id} {part.part}: {part.found:.4g}, printed {printed}")
    return text


def write(path: Path, parts: Iterable[Part]) -> None:
    """Every part as a row of a CSV file; `found` is empty where a quantile is not reached."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Part._fields)
        for part in parts:
            found = "" if part.found != part.found else f"{part.found:.6g}"
            ends = (f"{part.printed_from:.6g}", f"{part.printed_to:.6g}")
            writer.writerow((*part[:3], *ends, found, str(part.is_attained).lower()))
