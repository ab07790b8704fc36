"""The mistakes of a user of the command line, each in one sentence. All else is ours and keeps its traceback."""

from __future__ import annotations

import sys

from cartwright.orchestration.demonstration import NoPlaceForSimulation
from cartwright.orchestration.spark.cluster import NoSpark
from cartwright.warehouse.disk import in_words
from cartwright.warehouse.identity.key import KeyTrouble
from cartwright.warehouse.not_found import NoRelease, NotInstalled, UnknownName
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.writer import AnotherNightIsWriting

_FORESEEN = (
    UnknownName,
    NoRelease,
    KeyTrouble,
    AnotherNightIsWriting,
    NoPlaceForSimulation,
    NoSpark,
    NotInstalled,
)


def in_plain_words(error: Exception) -> str | None:
    """What to tell the user about a foreseen mistake; None for any other error.

    Foreseen: unknown names, no release yet, a statement that the database refuses, a build file that a night holds, no
    Spark, a library of an optional lock, settings, a key, a hospital or a study folder that cannot be, a disk that is
    full or may not be written.
    """
    from pydantic import ValidationError

    if isinstance(error, _FORESEEN):
        return str(error)
    if isinstance(error, ValidationError) and error.title == "Settings":
        return "\n".join(_setting(e["loc"], e["msg"]) for e in error.errors())
    duckdb, study = (
        sys.modules.get(name) for name in ("duckdb", "cartwright.warehouse.study.loader")
    )  # not imported: not its error
    if duckdb and isinstance(error, duckdb.IOException) and "lock" in str(error):
        return "a night is writing the build file; try again when it has ended"
    if duckdb and isinstance(error, duckdb.InterruptException):
        return "the statement ran too long and was ended; narrow it, or raise CARTWRIGHT_QUERY_SECONDS (0: no limit)"
    if words := _of_disk(error):
        return words
    if (restore := sys.modules.get("cartwright.warehouse.upkeep.restore")) and isinstance(error, restore.Damaged):
        return str(error)
    if (rows := sys.modules.get("cartwright.warehouse.export.rows")) and isinstance(error, rows.NotWritable):
        return str(error)
    hospital = sys.modules.get("cartwright.warehouse.hospital.definition")
    if hospital and isinstance(error, hospital.HospitalError):
        return str(error)
    if (duckdb and isinstance(error, duckdb.Error)) or (study and isinstance(error, study.StudyError)):
        return str(error)
    return None


def _of_disk(error: Exception) -> str | None:
    """Dagster's books are SQLite behind SQLAlchemy, whose text goes on with the statement."""
    kinds = [OSError, *(sys.modules[name].Error for name in ("duckdb", "sqlite3") if name in sys.modules)]
    if "sqlalchemy.exc" in sys.modules:
        kinds.append(sys.modules["sqlalchemy.exc"].SQLAlchemyError)
    return in_words(str(error).partition("\n")[0], Settings()) if isinstance(error, tuple(kinds)) else None


def _setting(place: tuple, words: str) -> str:
    words = words.removeprefix("Value error, ")
    return f"CARTWRIGHT_{'_'.join(map(str, place)).upper()}: {words}" if place else words
