"""The schemas of a house by who fills them, and those that a release shows."""

from __future__ import annotations

STORE = ("raw", "ingest", "quarantine", "identity", "desk", "hospital")  # what the store writes of the hospital
HOSPITAL_LAYERS = ("standards", "staging", "sdtm", "facts", "dated")  # what the models make of it
STUDY_LAYERS = ("private", "eligibility", "adam", "mart")  # what they make of it for a study
BOOKS = ("quality", "meta")  # both sides write them
BUILT = "built"  # what each side's tables were last built from
PUBLISHED = ("adam", "eligibility", "mart", "results", "facts", "sdtm", "study", *BOOKS)
ALL = frozenset({*STORE, *HOSPITAL_LAYERS, *STUDY_LAYERS, *BOOKS, *PUBLISHED, BUILT})
