"""The report in a real browser: no errors, no sideways scrolling on a phone, every figure drawn and downloadable."""

import base64
import shutil
import time

import pytest

from cartwright.analysis.report.journal import document
from cartwright.analysis.report.page import render
from invented_audit import rendered, two_claims

pytestmark = pytest.mark.browser
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def page(results, plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    context = {"title": "Example", "is_simulated": True, "provenance": {"Release": "r-1"}}
    word = document(results, plan["outputs"], is_simulated=True)
    path.write_bytes(render(results, plan["outputs"], context, word=word))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.fail("these tests need Chromium and its driver; without them: -m 'not browser'")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
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


def test_contents_lead_to_every_output_and_the_sections_stay_in_reach(browser, page, plan):
    _open(browser, page, 390, is_phone=True)
    targets = browser.execute_script(
        "return [...document.querySelectorAll('.contents a, nav a')].map(a => document.querySelector(a.hash) !== null)"
    )
    assert all(targets)
    assert len(targets) > len(plan["outputs"])
    browser.execute_script("scrollTo({top: 20000, behavior: 'instant'})")
    assert browser.execute_script("return document.querySelector('nav').getBoundingClientRect().top") == 0


@pytest.mark.parametrize(("width", "is_phone"), [(1280, False), (390, True)])
def test_wide_parts_scroll_in_their_own_container(browser, page, width, is_phone):
    _open(browser, page, width, is_phone)
    browser.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true })")
    sticking_out = browser.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.scroll, .canvas, nav ul')).map(e => e.outerHTML.slice(0, 80))"
    )
    assert sticking_out == []


def test_printed_pages_are_complete_and_each_says_that_data_are_simulated(browser, page, plan):
    pypdfium2 = pytest.importorskip("pypdfium2")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get(page)
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    pdf = pypdfium2.PdfDocument(base64.b64decode(printed))
    texts = ["".join(sheet.get_textpage().get_text_range().split()) for sheet in pdf]  # spaces are the printer's own
    assert all("Simulateddata:everypatienthereisinvented" in text for text in texts)
    assert f"{len(texts)}/{len(texts)}" in texts[-1]
    whole = "".join(texts)
    for output in plan["outputs"]:
        assert "".join(output["title"].split()) in whole
    assert "Methodsbyanalysis" in whole  # what is folded away on screen belongs on paper
    assert all(sheet.get_size() == pytest.approx((595, 842), abs=2) for sheet in pdf)  # A4 in points


def test_tables_have_captions_and_headers_and_wide_parts_take_the_keyboard(browser, page):
    _open(browser, page, 1280)
    assert browser.execute_script("return [...document.querySelectorAll('table')].every(t => t.caption && t.tHead)")
    assert browser.execute_script(
        "return [...document.querySelectorAll('.scroll, .canvas')].every(e => e.tabIndex === 0 && e.ariaLabel)"
    )
    assert browser.execute_script("return document.querySelectorAll('h1').length") == 1


def test_the_audit_is_filtered_by_verdict_section_and_words(browser, tmp_path):
    path = tmp_path / "audit.html"
    path.write_bytes(rendered(two_claims()))
    _open(browser, path.as_uri(), 390, is_phone=True)
    shown = """
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
