"""Every macro that DuckDB and Apache Spark spell differently, asked on both with the same rows: one answer is due."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from jinja2 import Environment

import spark_session
from cartwright.orchestration.dbt.manifest import PROJECT_DIR

pytestmark = pytest.mark.slow

ENGINES = ("duckdb", "spark")
FILES = ("portable.sql", "dates.sql", "study_parameter.sql")
DIALECTS = {"duckdb": "default", "spark": "spark"}
# What a test says of an instant or a list, in the words of each engine.
OWN = {
    "duckdb": {"told": "strftime(timezone('UTC', {}), '%Y-%m-%d %H:%M')", "parts": "string_split({}, ',')"},
    "spark": {"told": "date_format({}, 'yyyy-MM-dd HH:mm')", "parts": "split({}, ',')"},
}
Rows = Sequence[tuple[tuple[str | None, str | None], str | None]]
Answer = Callable[[str, Sequence[tuple[str | None, ...]]], list[str | None]]

CASES: dict[str, tuple[str, Rows]] = {
    "days_between": (
        "{{ days_between('cast(a as date)', 'cast(b as date)') }}",
        [
            (("2024-02-28", "2024-03-01"), "2"),
            (("2024-03-01", "2024-02-28"), "-2"),
            (("2024-02-29", "2024-02-29"), "0"),
            (("0001-01-01", "9999-12-31"), "3652058"),
            ((None, "2024-01-01"), None),
            (("2024-01-01", None), None),
        ],
    ),
    "add_days": (
        "{{ add_days('cast(a as date)', 'b') }}",
        [
            (("2024-02-28", "2"), "2024-03-01"),
            (("2024-03-01", "-1"), "2024-02-29"),
            (("2024-03-01", "0"), "2024-03-01"),
            ((None, "1"), None),
            (("2024-03-01", None), None),
        ],
    ),
    "explode": (
        "{{ explode(parts('a')) }}",
        [(("one", None), "one"), (("µ", None), "µ"), ((None, None), "no row"), (("", None), "")],
    ),
    "completed_years": (
        "{{ completed_years('cast(a as date)', 'cast(b as date)') }}",
        [
            (("2000-02-29", "2001-02-28"), "0"),
            (("2000-02-29", "2001-03-01"), "1"),
            (("2000-05-05", "2020-05-04"), "19"),
            (("2000-05-05", "2020-05-05"), "20"),
            ((None, "2020-05-05"), None),
        ],
    ),
    "number_text": (
        "{{ number_text('cast(a as double)') }}",
        [
            (("5", None), "5.0"),
            (("0", None), "0.0"),
            (("-0.25", None), "-0.25"),
            (("37.2", None), "37.2"),
            (("0.1", None), "0.1"),
            (("0.001", None), "0.001"),
            (("0.0001", None), "0.0001"),
            (("0.00001", None), "0.00001"),
            (("-0.000000001", None), "-0.000000001"),
            (("9999999.5", None), "9999999.5"),
            (("10000000", None), "10000000.0"),
            (("123456789.1", None), "123456789.1"),
            (("999999999999999", None), "999999999999999.0"),
            (("7.8999999999999995", None), "7.8999999999999995"),
            (("0.00012345678901234567", None), "0.00012345678901234567"),
            ((None, None), None),
        ],
    ),
    "trimmed": (
        "{{ trimmed('a') }}",
        [
            (("  x y ", None), "x y"),
            (("\u00a0x\u3000\u2009", None), "x"),
            (("\tx", None), "\tx"),
            (("   ", None), ""),
            (("", None), ""),
            ((None, None), None),
        ],
    ),
    "fully_matches": (
        "{{ fully_matches('a', '[0-9]{1,5}-[0-9]|\\\\S\\\\s[^\\\\s\"]µ') }}",
        [
            (("12345-6", None), "true"),
            (("123456-7", None), "false"),
            (("x1-2", None), "false"),
            (("1-2\n", None), "false"),
            (("1 2µ", None), "true"),
            (('1 "µ', None), "false"),
            (("", None), "false"),
            ((None, None), None),
        ],
    ),
    "fully_matches a count of signs": (
        "{{ fully_matches('a', '.{2,3}') }}",
        [(("😀é", None), "true"), (("😀é😀", None), "true"), (("😀é😀é", None), "false"), (("a\nb", None), "false")],
    ),
    "matches": (
        "{{ matches('a', '^[0-9]*,[0-9]+$') }}",
        [
            (("1,5", None), "true"),
            ((",5", None), "true"),
            (("1,", None), "false"),
            (("-1,5", None), "false"),
            (("1,5\n", None), "false"),
            (("", None), "false"),
            ((None, None), None),
        ],
    ),
    "matches a quotation mark and a backslash": (
        "{{ matches('a', \"^1(''[0-9]{3})+|[(\\\\[\\\\\\\\]$\") }}",
        [(("1'000", None), "true"), (("1000", None), "false"), (("x[", None), "true"), (("x\\", None), "true")],
    ),
    "matched": (
        "{{ matched('a', '^([<>])\\\\s*(-?[0-9]+)(µ)?', 2) }}",
        [
            (("< 12", None), "12"),
            ((">-3µg", None), "-3"),
            (("12", None), ""),
            (("", None), ""),
            ((None, None), None),
        ],
    ),
    "matched as a whole": ("{{ matched('a', '[0-9]+$', 0) }}", [(("a12", None), "12"), (("a12\n", None), "")]),
    "matched by a group that is not there": ("{{ matched('a', 'x(y)?', 1) }}", [(("x", None), "")]),
    "wall_clock_to_utc": (
        "{{ told(wall_clock_to_utc('cast(a as timestamp)')) }}",
        [
            (("2024-07-01 12:00:00", "Europe/Paris"), "2024-07-01 10:00"),
            (("2024-01-01 00:30:00", "Europe/Paris"), "2023-12-31 23:30"),
            (("2024-03-31 02:30:00", "Europe/Paris"), "2024-03-31 01:30"),  # an hour that never was
            (("2024-10-27 02:30:00", "Europe/Paris"), "2024-10-27 01:30"),  # the second of two
            (("2024-10-27 01:59:00", "Europe/Paris"), "2024-10-26 23:59"),
            (("2024-10-27 03:00:00", "Europe/Paris"), "2024-10-27 02:00"),
            (("2024-11-03 01:30:00", "America/New_York"), "2024-11-03 06:30"),
            (("2024-01-01 00:00:00", "Asia/Shanghai"), "2023-12-31 16:00"),
            ((None, "Asia/Shanghai"), None),
        ],
    ),
    "local_day and instant_type": (
        "{{ local_day('cast(a as ' ~ instant_type() ~ ')', 'hospital_zone') }}",
        [
            (("2024-12-31 23:30:00+00:00", "Europe/Paris"), "2025-01-01"),
            (("2024-12-31 22:59:00+00:00", "Europe/Paris"), "2024-12-31"),
            (("2024-03-01 04:00:00+00:00", "America/New_York"), "2024-02-29"),
            ((None, "Europe/Paris"), None),
        ],
    ),
    "a day as an instant": (
        "{{ told('cast(cast(a as date) as ' ~ instant_type() ~ ')') }}",
        [(("2024-12-31", None), "2024-12-31 00:00"), ((None, None), None)],
    ),
    "impute_last": (
        "{{ impute_last('a') }}",
        [(("2024-02", None), "2024-02-29"), (("2023", None), "2023-12-31"), (("2023-02-03", None), "2023-02-03")],
    ),
}


def rendered(expression: str, engine: str, run_query: Callable[[str], object] | None = None) -> str:
    """An expression of macros as SQL of an engine, dispatched as dbt does; run_query as dbt's own."""
    sources = "".join((PROJECT_DIR / "macros" / name).read_text(encoding="utf-8") for name in FILES)
    jinja = Environment(autoescape=False, extensions=["jinja2.ext.do"])
    known: dict[str, Any] = {}

    def dispatch(name: str, project: str) -> Any:
        return known.get(f"{DIALECTS[engine]}__{name}") or known[f"default__{name}"]

    own = {name: words.format for name, words in OWN[engine].items()}
    running = {"execute": True, "flags": SimpleNamespace(WHICH="run"), "run_query": run_query}
    running["this"] = SimpleNamespace(schema="default")
    jinja.globals |= {"adapter": SimpleNamespace(dispatch=dispatch), **running, **own}
    known |= vars(jinja.from_string(sources).module)
    jinja.globals |= {name: value for name, value in known.items() if not name.startswith("_")}
    return jinja.from_string(expression).render()


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Answer]]:
    """An engine, and what it answers to a query of the rows `given` (row_no, a, b; hospital_zone is b)."""
    if request.param == "duckdb":
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            con.execute("CREATE TABLE given (row_no INTEGER, a VARCHAR, b VARCHAR, hospital_zone VARCHAR)")

            def ask(query: str, rows: Sequence[tuple[str | None, ...]]) -> list[str | None]:
                con.execute("DELETE FROM given")
                con.executemany("INSERT INTO given VALUES ($1, $2, $3, $3)", [(n, *row) for n, row in enumerate(rows)])
                return con.execute(query).fetchall()

            yield request.param, ask
        return
    with spark_session.session(tmp_path_factory.mktemp("spark")) as spark:

        def ask_spark(query: str, rows: Sequence[tuple[str | None, ...]]) -> list[str | None]:
            shape = "row_no int, a string, b string, hospital_zone string"
            given = spark.createDataFrame([(n, *row, row[1]) for n, row in enumerate(rows)], shape)
            given.createOrReplaceTempView("given")
            return [tuple(row) for row in spark.sql(query).collect()]

        yield request.param, ask_spark


@pytest.mark.parametrize("case", CASES)
def test_says_the_same_on_both(case: str, engine: tuple[str, Answer]) -> None:
    name, ask = engine
    expression, rows = CASES[case]
    query = (
        f"SELECT row_no, cast(answer AS string) FROM (SELECT row_no, {rendered(expression, name)} AS answer FROM given)"
    )
    found = dict(ask(query, [given for given, _ in rows]))
    assert [found.get(number, "no row") for number in range(len(rows))] == [due for _, due in rows]


def test_joins_the_distinct_values_in_order(engine: tuple[str, Answer]) -> None:
    name, ask = engine
    joined = rendered("{{ join_distinct('a') }}", name)
    query = f"SELECT b, {joined} FROM given GROUP BY b"
    rows = [("B", "x"), ("a", "x"), ("B", "x"), (None, "x"), ("é", "x"), (None, "none"), ("", "empty"), ("1", "one")]
    assert dict(ask(query, rows)) == {"x": "B+a+é", "none": None, "empty": "", "one": "1"}


def test_keeps_rows_that_later_rows_are_made_of(engine: tuple[str, Answer]) -> None:
    name, ask = engine
    rows = [("a", "1"), ("b", "2"), (None, "3")]

    def kept(view: str, query: str) -> str:
        return rendered(f"{{{{ kept('{view}', '{query}') }}}}", name, lambda statement: ask(statement, rows))

    one = kept("one", "select a, b from given where a is not null")
    two = kept("two", "select x.b from one as x inner join one as y on x.a = y.a union all select b from one")
    found = ask(f"WITH one AS ({one}), two AS ({two}) SELECT b, count(*) FROM two GROUP BY b", rows)
    assert dict(found) == {"1": 2, "2": 2}


def test_ends_the_query_with_a_message(engine: tuple[str, Answer]) -> None:
    name, ask = engine
    refusal = rendered("{{ raise('it is missing') }}", name)
    query = f"SELECT row_no, coalesce(a, {refusal}) FROM given"
    assert ask(query, [("there", None)]) == [(0, "there")]
    with pytest.raises(Exception, match="it is missing"):
        ask(query, [(None, None)])


def test_every_dispatched_macro_is_asked() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (PROJECT_DIR / "macros").glob("*.sql")}
    assert {name for name, text in written.items() if "adapter.dispatch" in text} == set(FILES)
    macros = set(re.findall(r"macro spark__(\w+)", "".join(written.values())))
    asked = "".join(expression for expression, _ in CASES.values()) + "join_distinct( raise( kept("
    assert not {macro for macro in macros if f"{macro}(" not in asked}
