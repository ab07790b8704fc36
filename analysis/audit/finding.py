"""What a check returns: one alarm, with its arithmetic in words so that a reader can redo it."""

from __future__ import annotations

import math
from dataclasses import dataclass

COLUMNS = ("check", "verdict", "claim_id", "claim_ids", "printed", "computed", "arithmetic")

ROUNDING = "rounding"  # truncated instead of rounded
SUSPICIOUS = "suspicious"  # improbable, not impossible
INCOHERENT = "incoherent"  # cannot be true together with the other claims named
NOT_COMPUTABLE = "not_computable"  # a figure or its method is missing from print
VERDICTS = (ROUNDING, SUSPICIOUS, INCOHERENT, NOT_COMPUTABLE)


@dataclass(frozen=True)
class Finding:
    """`claim_id` is the claim in doubt, `others` those it was held against; `computed` is NaN when nothing was."""

    check: str
    verdict: str
    claim_id: str
    arithmetic: str
    others: tuple[str, ...] = ()
    printed: str = ""
    computed: float = math.nan

    def row(self) -> tuple:
        ids = " ".join(dict.fromkeys((self.claim_id, *self.others)))
        return self.check, self.verdict, self.claim_id, ids, self.printed, self.computed, self.arithmetic
