"""What an alert or a finding of `cartwright doctor` can be about, and where the runbook says what to do."""

from __future__ import annotations

import re

PAGE = "docs/runbook.md"

# Kind -> the heading of its section. A test holds the page to this list.
TITLES = {
    "night_failed": "A night failed",
    "night_missing": "No night has ended",
    "fatal_check": "A fatal check did not pass",
    "feed_late": "A feed is late or missing",
    "delivery_refused": "A delivery was refused",
    "records_unusual": "Unusually many or few records",
    "landing_zone": "The landing zone is gone or empty",
    "codes_new": "Codes that are not understood",
    "disk": "The disk is nearly full",
    "key": "Trouble with the identity key",
    "warnings": "The morning's digest of warnings",
    "ping_missing": "The ping stayed away",
    "unit_stopped": "A unit was stopped",
    "alerts": "Nobody is told",
    "settings": "A setting is wrong",
    "hospital": "The hospital's folder has defects",
    "study": "A study cannot be read",
    "permissions": "Files that others can read or change",
    "clock": "The clock is wrong",
    "ehr": "The treatment database does not answer",
    "build_file": "The build file cannot be read",
    "versions": "Other versions than the lock's",
    "daemon": "The daemon does not run",
    "schedule": "The schedule is off",
    "orphans": "Runs whose process is gone",
    "leftovers": "Folders left behind",
}


def section(kind: str) -> str:
    """Where the runbook speaks of a kind: docs/runbook.md#a-night-failed."""
    return f"{PAGE}#{re.sub(r'[^a-z0-9 -]', '', TITLES[kind].lower()).replace(' ', '-')}"
