"""A release for SQLAlchemy, with a limit of time for each statement, which no URL can give."""

from __future__ import annotations

import threading
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from cartwright.warehouse.connect import release_url
from cartwright.warehouse.study.place import StudyPlace

_WATCH = "cartwright_watch"  # of a connection of the pool: what ends its statement


def release_engine(place: StudyPlace, seconds: float) -> sa.Engine:
    """An engine on a study's current release. A statement that runs longer, the reading of its rows included, raises
    sqlalchemy.exc.DBAPIError; 0: no limit.

    A guard rail in the analyst's own process, as the rest of `release_url`.
    """
    engine = sa.create_engine(release_url(place))
    if seconds:
        event.listen(engine, "before_cursor_execute", lambda con, *_: _begin(con.connection, seconds))
        event.listen(engine, "checkin", lambda _, record: _end(record.info))
    return engine


def _begin(connection: Any, seconds: float) -> None:
    _end(connection.info)
    watch = threading.Timer(seconds, connection.driver_connection.interrupt)
    watch.daemon = True
    watch.start()
    connection.info[_WATCH] = watch


def _end(info: dict[str, Any]) -> None:
    if (watch := info.pop(_WATCH, None)) is not None:
        watch.cancel()
