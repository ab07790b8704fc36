"""The report in a real browser: no errors, no sideways scrolling on a phone, every figure drawn and downloadable."""

import shutil

import pytest
from invented_audit import rendered, two_claims

from analysis.report import render

pytestmark = pytest.mark.browser
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(results, plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    context = {"title": "Example", "is_simulated": True, "provenance": {"Release": "r-1"}}
    path.write_bytes(render(results, plan["outputs"], context))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("needs Chromium and its driver")
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


def test_figures_and_data_can_be_downloaded(browser, page):
    _open(browser, page, 1280)
    browser.execute_script("document.querySelector('a.svg').click()")
    assert browser.execute_script("return document.querySelector('a.svg').href").startswith("blob:")
    data = browser.execute_script("return [...document.querySelectorAll('a[download$=\".csv\"]')].map(a => a.href)")
    assert data
    assert all(link.startswith("data:text/csv;base64,") for link in data)


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
