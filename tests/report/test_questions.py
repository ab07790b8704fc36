"""The annex of the questions to the sources: each kind and system with its states, the oldest open one, the nights."""

from cartwright.analysis.report.questions import tables


def counted(kind, feed, opened, answered, gone, since):
    return {
        "query_kind": kind,
        "feed_code": feed,
        "open_count": opened,
        "answered_count": answered,
        "gone_count": gone,
        "open_since": since,
    }


def texts(table):
    return [[row.label, *(cell.text for cell in row.cells)] for row in table.rows]


def test_kinds_and_systems_stand_with_their_states_and_the_oldest_open_question():
    rows = [
        counted("not_understood", "lis", 1200, 1, 0, "2022-01-05"),
        counted("missing", "ehr", 0, 2, 3, None),
        counted("rejected", "ris", 1, 0, 0, "2022-01-03"),
    ]
    (table,) = tables(rows, [])
    assert texts(table) == [
        ["Not understood, laboratory", "1,200", "1", "0", "2022-01-05"],
        ["Missing, treatment", "0", "2", "3", "—"],
        ["Rejected, imaging", "1", "0", "0", "2022-01-03"],
        ["All", "1,201", "3", "3", "2022-01-03"],
    ]


def test_nights_stand_with_what_came_went_and_was_asked():
    night = {"night": "2022-01-05 02:30", "new_count": 2, "gone_count": 1, "asked_count": 40}
    _, table = tables([counted("missing", "ehr", 1, 0, 0, "2022-01-03")], [night])
    assert texts(table) == [["2022-01-05 02:30", "2", "1", "40"]]


def test_a_house_that_was_never_asked_has_no_annex():
    assert tables([], []) == []
