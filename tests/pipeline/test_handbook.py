"""The documentation as a site: whole, without a broken link, complete about a release, and nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import chromium
from cartwright.warehouse.connect import NoRelease, open_release
from cartwright.warehouse.settings import Settings
from handbook.__main__ import write
from handbook.build import ROOT, SiteError, build
from handbook.dictionary import Table
from houses import House

pytestmark = pytest.mark.slow
LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|object|embed)\b[^>]*?\s(?:src|srcset|data)=[\"']?\s*(?:https?:)?//"
    r"|<link\b(?![^>]*rel=[\"']?canonical)[^>]*?\shref=[\"']?\s*(?:https?:)?//"
    r"|url\(\s*[\"']?\s*(?:https?:)?//"
    r"|@import\s+[\"']?(?:https?:)?//",
    re.IGNORECASE,
)
# Of the theme's script: each is fetched where a page has such a thing, and none has.
FETCHED_FOR = ("mermaid", "glightbox", "pyodide")


@pytest.fixture(scope="module")
def built(house: House, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Table]]:
    target = tmp_path_factory.mktemp("handbook") / "site"
    return target, write(house.settings, house.place, target)


@pytest.fixture(scope="module")
def site(built: tuple[Path, list[Table]]) -> Path:
    return built[0]


@pytest.fixture(scope="module")
def tables(built: tuple[Path, list[Table]]) -> list[Table]:
    return built[1]


def test_the_dictionary_has_every_published_column_with_type_and_meaning(house: House, site: Path) -> None:
    with open_release(house.place.current_db) as con:
        due = con.execute(
            "SELECT schema_name, schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = current_database()"
        ).fetchall()
    assert len(due) > 1_500
    shown = {schema: (site / "dictionary" / f"{schema}.html").read_text() for schema in {row[0] for row in due}}
    found = {
        (table, column, kind)
        for page in shown.values()
        for table, section in re.findall(r'<h2 id="[^"]*">([a-z_.0-9]+)<.*?</h2>(.*?)(?=<h2|\Z)', page, re.DOTALL)
        for column, kind in re.findall(r"<tr>\s*<td><code>(.*?)</code></td>\s*<td>(.*?)(?:<br\s*/?>.*?)?</td>", section)
    }
    assert not {row[1:] for row in due} - found


def test_every_table_and_column_is_described(tables: list[Table]) -> None:
    assert not [table.name for table in tables if not table.meaning]
    assert not [f"{table.name}.{column.name}" for table in tables for column in table.columns if not column.meaning]


def test_units_codes_lineage_and_feeds_are_those_declared(tables: list[Table]) -> None:
    known = {table.name: table for table in tables}
    columns = {f"{table.name}.{column.name}": column for table in tables for column in table.columns}
    assert columns["mart.outcomes.os_months"].unit == "months"
    assert columns["adam.adae.atoxgr"].codes == "`1`, `2`, `3`, `4`, `5`"
    assert columns["adam.adsl.death_cause_code"].codes == "list `death_cause`"
    assert ("adam.adtte", "duration_days") in columns["mart.outcomes.os_days"].sources
    assert next(iter(known["adam.adae"].feeds)) == "ehr_adverse_event"
    assert not known["results.ard"].feeds


def test_nothing_is_loaded_from_outside(site: Path) -> None:
    """Links that a reader follows may lead out; what a browser fetches by itself may not."""
    text = {
        path: path.read_text(encoding="utf-8") for path in site.rglob("*") if path.suffix in (".html", ".css", ".svg")
    }
    assert len(text) > 20
    assert not [(path.name, found[0][:80]) for path, content in text.items() if (found := LOADED.findall(content))]
    pages = [content for path, content in text.items() if path.suffix == ".html"]
    assert not [name for name in FETCHED_FOR if any(re.search(f'class="[^"]*{name}', page) for page in pages)]


def test_no_page_asks_for_its_parts_at_the_root_of_a_server(site: Path) -> None:
    """In a folder there is none: the theme's page for what is not found stood there bare."""
    rooted = re.compile(r"""<(?:link(?! rel="canonical")|script|img|a)\b[^>]*\s(?:href|src)=["']/(?!/)""")
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    assert [page.name for page in pages if rooted.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.browser
def test_pages_are_open_to_who_hears_them_or_has_no_mouse(site: Path, tmp_path: Path) -> None:
    """axe-core found some forty things a page: links without a name, a search that nobody was told of."""
    run = "const done = arguments[0]; axe.run().then(found => done(found.violations.map(one => one.id)))"
    pages = ["index", "docs/analysts", "docs/feeds", "docs/studies", "docs/audit", "dictionary/adam"]
    browser = chromium.started(tmp_path)
    try:
        found = {}
        for scheme in ("light", "dark"):
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            for page in pages:
                browser.get((site / f"{page}.html").as_uri())
                browser.execute_script(chromium.AXE)
                found[scheme, page] = browser.execute_async_script(run)
    finally:
        browser.quit()
    assert found == {(scheme, page): [] for scheme in ("light", "dark") for page in pages}


def test_before_the_first_night_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    with pytest.raises(NoRelease, match="run a refresh first"):
        write(Settings(), Settings().places()[0], tmp_path / "site")


@pytest.mark.parametrize("link", ["nowhere.md", "docs/glossary.md#no-such-head"])
def test_a_broken_link_builds_no_site(tmp_path: Path, link: str) -> None:
    pages = {"README.md": tmp_path / "page.md", "docs/glossary.md": ROOT / "docs" / "glossary.md"}
    pages["README.md"].write_text(f"# Home\n\n[There]({link})\n", encoding="utf-8")
    with pytest.raises(SiteError, match=r"(page|anchor) does not exist"):
        build(tmp_path / "site", pages, {}, "dictionary")
    assert not (tmp_path / "site").exists()
