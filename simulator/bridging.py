"""What bridging before the CD20 cells achieved: dealt over a study once its patients are known."""

from __future__ import annotations

from random import Random
from typing import Any

# Of 37 bridged patients one was in complete remission before lymphodepletion (Xue F et al., Front Oncol
# 2024;14:1376490). What the others had is not published: most are stable or progress.
_COMPLETE = 1
_PARTIAL_SHARE, _PROGRESSED_SHARE = 0.16, 0.2


def deal_responses(rows: list[dict[str, Any]], seed: int) -> None:
    """Set `bridging_response_code` of the bridged CD20 patients, in place, with random numbers of its own.

    Complete remission goes to a patient in whom the cells then kept it; those who progress under bridging are not
    among them.
    """
    rng = Random(f"bridging:{seed}")
    bridged = [row for row in rows if row["role"] == "cd20" and row["bridging_classes"]]
    kept = [row for row in bridged if row["best_response_code"] == "CR"]
    others = [row for row in bridged if row["best_response_code"] != "CR"]
    for row in bridged:
        row["bridging_response_code"] = "SD"
    for row in rng.sample(others, round(_PROGRESSED_SHARE * len(bridged))):
        row["bridging_response_code"] = "PD"
    stable = [row for row in others if row["bridging_response_code"] == "SD"]
    for row in rng.sample(stable, round(_PARTIAL_SHARE * len(bridged))):
        row["bridging_response_code"] = "PR"
    for row in rng.sample(kept, min(_COMPLETE, len(kept))):
        row["bridging_response_code"] = "CR"
