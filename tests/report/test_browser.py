"""The report in a real browser: no errors, no sideways scrolling on a phone, every figure drawn and downloadable."""

import base64
import time

import pytest

import chromium
from cartwright.analysis.report.journal import document
from cartwright.analysis.report.page import render
from cartwright.analysis.report.sections import TITLES, is_annex
from invented_audit import rendered, two_claims

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(results, plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    context = {"title": "Example", "is_simulated": True, "provenance": {"Release": "r-1"}}
    word = document(results, plan["outputs"], is_simulated=True)
    path.write_bytes(render(results, plan["outputs"], context, word=word))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = chromium.started(tmp_path_factory.mktemp("profile"), "browser")
    yield driver
    driver.quit()


def _open(browser, page, width, is_phone=False):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": is_phone}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(page)


@pytest.mark.parametrize(("width", "is_phone"), [(1280, False), (390, True)])
def test_page_fits_its_width_without_errors(browser, page, width, is_phone):
    _open(browser, page, width, is_phone)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.get_log("browser") == []


def test_every_figure_is_drawn(browser, page, plan):
    _open(browser, page, 1280)
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('figure svg')].map(svg => svg.getBoundingClientRect())"
        ".map(box => [box.width, box.height])"
    )
    assert len(sizes) == sum(output["kind"] == "figure" for output in plan["outputs"])
    assert all(width > 300 and height > 60 for width, height in sizes)


def test_figures_and_data_can_be_downloaded(browser, page, tmp_path):
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    _open(browser, page, 1280)
    browser.execute_script("document.querySelector('a.svg').click()")
    assert browser.execute_script("return document.querySelector('a.svg').href").startswith("blob:")
    link = "#baseline-table1 a.packed"
    assert browser.execute_script(f"return document.querySelector('{link}').download") == "baseline-table1.csv.gz"
    browser.execute_script(f"document.querySelector('{link}').click()")
    path, deadline = tmp_path / "baseline-table1.csv", time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert path.read_text(encoding="utf-8-sig").startswith("Characteristic,CD20-SD-CART [n = 54],")
    assert browser.execute_script("return document.querySelector('a[download=\"tables.docx\"]') !== null")


def test_every_link_within_the_page_leads_somewhere_and_the_sections_stay_in_reach(browser, page):
    _open(browser, page, 390, is_phone=True)
    lost = browser.execute_script(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1)))"
        ".map(a => a.hash)"
    )
    assert lost == []
    browser.execute_script("scrollTo({top: 20000, behavior: 'instant'})")
    assert browser.execute_script("return document.querySelector('nav').getBoundingClientRect().top") == 0


@pytest.mark.parametrize(("width", "is_phone"), [(1280, False), (390, True)])
def test_wide_parts_scroll_in_their_own_container(browser, page, width, is_phone):
    _open(browser, page, width, is_phone)
    browser.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true })")
    sticking_out = browser.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.scroll, .canvas, nav')).map(e => e.outerHTML.slice(0, 80))"
    )
    assert sticking_out == []


@pytest.fixture(scope="module")
def printed(browser, page):
    """Texts of the printed pages without spaces, which are the printer's own: as the page opens, and all unfolded."""
    pypdfium2 = pytest.importorskip("pypdfium2")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get(page)

    def sheets():
        data = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
        pdf = pypdfium2.PdfDocument(base64.b64decode(data))
        assert all(sheet.get_size() == pytest.approx((595, 842), abs=2) for sheet in pdf)  # A4 in points
        return ["".join(sheet.get_textpage().get_text_range().split()) for sheet in pdf]

    short = sheets()
    browser.execute_script("document.getElementById('open-all').click()")
    return short, sheets()


def test_what_is_printed_is_the_main_part_and_names_its_annexes(printed, plan):
    short = printed[0]
    assert len(short) <= 12
    whole = "".join(short)
    for output in plan["outputs"]:
        assert is_annex(output) == ("".join(output["title"].split()) not in whole), output["output_id"]
    assert "Annexes,foldedawayonscreen" in whole
    headings = {"".join(title.split()) for title in TITLES.values()}
    assert not any(text.endswith(tuple(headings)) for text in short)  # no lone heading at the end of a page


def test_open_annexes_are_printed_behind_and_each_page_says_that_data_are_simulated(printed, plan):
    texts = printed[1]
    assert all("Simulateddata:everypatienthereisinvented" in text for text in texts)
    assert f"{len(texts)}/{len(texts)}" in texts[-1]
    whole = "".join(texts)
    for output in plan["outputs"]:
        assert "".join(output["title"].split()) in whole
    assert "cartwrighttraceos_by_group" in whole


def test_tables_have_captions_and_headers_and_wide_parts_take_the_keyboard(browser, page):
    _open(browser, page, 1280)
    assert browser.execute_script("return [...document.querySelectorAll('table')].every(t => t.caption && t.tHead)")
    assert browser.execute_script(
        "return [...document.querySelectorAll('.scroll, .canvas')].every(e => e.tabIndex === 0 && e.ariaLabel)"
    )
    assert browser.execute_script("return document.querySelectorAll('h1').length") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "is_phone"), [(1280, False), (390, True)])
def test_axe_finds_nothing_in_light_and_dark(browser, page, scheme, width, is_phone):
    """axe-core's rules for accessibility, with every annex open; of each table a few rows, as the others are alike."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        _open(browser, page, width, is_phone)
        browser.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true })")
        browser.execute_script(
            "for (const body of document.querySelectorAll('tbody'))"
            " [...body.rows].slice(5).forEach(row => row.remove())"
        )
        browser.execute_script(chromium.AXE)
        found = browser.execute_async_script("axe.run({resultTypes: ['violations']}).then(arguments[0])")["violations"]
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in found] == []


def test_the_navigation_shows_where_one_is(browser, page):
    _open(browser, page, 1440)
    browser.execute_script("document.getElementById('response').scrollIntoView({behavior: 'instant'})")
    current = "return document.querySelector('nav a[aria-current]')?.hash"
    deadline = time.monotonic() + 5
    while browser.execute_script(current) != "#response" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert browser.execute_script(current) == "#response"


def test_a_number_leads_to_how_it_came_about_which_unfolds(browser, page):
    _open(browser, page, 1280)
    browser.execute_script("document.querySelector('#response-rates a.n').click()")
    row = "return document.getElementById('how-response').checkVisibility()"
    deadline = time.monotonic() + 5
    while not browser.execute_script(row) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert browser.execute_script(row)
    assert "cartwright trace response" in browser.execute_script(
        "return document.getElementById('how-response').innerText"
    )


def test_a_figure_is_enlarged_and_closed_again(browser, page):
    _open(browser, page, 1280)
    browser.execute_script("document.querySelector('button.zoom').click()")
    assert browser.execute_script(
        "return document.querySelector('dialog[open] svg').getBoundingClientRect().width > 600"
    )
    browser.execute_script("document.querySelector('dialog button').click()")
    assert browser.execute_script("return document.querySelector('dialog[open]')") is None


def test_the_audit_is_filtered_by_verdict_section_and_words(browser, tmp_path):
    path = tmp_path / "audit.html"
    path.write_bytes(rendered(two_claims()))
    _open(browser, path.as_uri(), 390, is_phone=True)
    shown = """
        document.querySelector("#audit details").open = true;
        const form = document.querySelector("#audit .filter");
        form.reset();
        form.elements[arguments[0]].value = arguments[1];
        form.dispatchEvent(new Event("input"));
        return [...document.querySelectorAll("#claims tbody tr")].filter(row => row.checkVisibility())
            .map(row => row.querySelector("th").firstChild.textContent)"""
    assert browser.execute_script(shown, "verdict", "") == ["r.os", "t1.p"]
    assert browser.execute_script(shown, "verdict", "incoherent") == ["t1.p"]
    assert browser.execute_script(shown, "section", "text") == ["r.os"]
    assert browser.execute_script(shown, "words", "yates bulky") == ["t1.p"]
    assert browser.execute_script(shown, "words", "yates 0.376") == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert browser.get_log("browser") == []
