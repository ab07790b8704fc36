"""What changed since last night, on the page: counted and led by the answer's numbers first, listed up to a bound."""

import re

from cartwright.analysis.report.page import SINCE_LAST_NIGHT, SINCE_LIST
from cartwright.analysis.report.since import SHOWN, Told, with_changes

PAGE = f"<p>{SINCE_LAST_NIGHT}</p><div>{SINCE_LIST}</div>".encode()
WORDS = {"os_cox": "Overall survival: Cox hazard ratio", "other": "Other: Test"}


def change(who, column="value", old="0.3562333", new="0.4", item="hr", records=()):
    return {"who": who, "item": item, "column": column, "old": old, "new": new, "records": records, "kind": "changed"}


def told(records=0, **changes):
    counts = {"records": records, "loaded": records, "rejected": 0, "duplicates": 0}
    by_table = {"lis_lab_result": counts} if records else {}
    counted = {asked: len(found) for asked, found in changes.items()}
    return Told("r1", "2026-11-29T03:40:00+00:00", counts, by_table, counted, changes)


def text(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def test_a_first_release_says_so():
    assert "this is the study's first release" in text(with_changes(PAGE, None, WORDS))


def test_a_night_without_news_says_so():
    words = text(with_changes(PAGE, told(), WORDS))
    assert "Since the release of 2026-11-29, 03:40 UTC: no record delivered; changed: nothing" in words
    assert "Nothing changed." in words


def test_the_numbers_of_the_answer_are_named_first_with_old_and_new_value():
    words = text(
        with_changes(
            PAGE,
            told(12, results=[change("other"), change("os_cox", item="p a b"), change("os_cox", item="hr a b")]),
            WORDS,
            ["os_cox"],
        )
    )
    assert "12 records delivered, 12 loaded, 0 rejected" in words
    assert words.count("Overall survival: Cox hazard ratio : 0.3562 → 0.4") == 1
    assert words.index("Cox hazard ratio p a b value") < words.index("Other: Test hr value")


def test_a_list_is_bounded_and_says_of_how_many():
    many = [change(f"CW-{number:016X}", "cnsr", "1", None, "OS", ["+r1", "-r2", "+r3", "+r4"]) for number in range(60)]
    words = text(with_changes(PAGE, told(1, endpoints=many), WORDS))
    assert f"Endpoints ({SHOWN} of 60; `cartwright changes --csv` gives all)" in words
    assert "+r1 -r2 +r3 and 1 more" in words
    assert words.count("CW-") == SHOWN


def test_nothing_of_a_value_becomes_markup():
    page = with_changes(PAGE, told(1, subjects=[change("P1", new="<b>bold</b>")]), WORDS).decode()
    assert "&lt;b&gt;bold" in page
