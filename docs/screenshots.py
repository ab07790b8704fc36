"""Take the pictures of docs/img.

`python docs/screenshots.py http://127.0.0.1:3000` from a running Dagster (`cartwright ui` in another terminal),
`python docs/screenshots.py path/to/report.html` from a report.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By

IMAGES = Path(__file__).parent / "img"
# name -> (page, window size in pixels, a word that is there when the page is ready)
PAGES = {
    "lineage": ("/asset-groups", (2200, 1300), "mart"),
    "asset": ("/assets/adam/adtte?view=overview", (1700, 1150), "duration_days"),
    "checked_asset": ("/assets/adam/adtte?view=checks", (1600, 1100), "leaving"),
}
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
)


# name -> (anchor of the report, width and height in pixels, is it a phone)
REPORT_VIEWS = {
    "report_desktop": ("", 1280, 1000, False),
    "report_phone": ("response-rates", 390, 844, True),
    "report_survival": ("survival-pfs_by_group", 1280, 1000, False),
    "report_waterfall": ("response-waterfall", 1280, 620, False),
    "report_spider": ("response-spider", 1280, 660, False),
}


def main(source: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in [*FLAGS.split(), f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            if source.startswith("http"):
                _dagster(browser, source)
            else:
                _report(browser, Path(source).resolve().as_uri())
        finally:
            browser.quit()


def _dagster(browser: webdriver.Chrome, address: str) -> None:
    for name, (page, size, word) in PAGES.items():
        browser.set_window_size(*size)
        browser.get(address + page)
        deadline = time.monotonic() + 60
        while word not in browser.find_element(By.TAG_NAME, "body").text and time.monotonic() < deadline:
            time.sleep(0.5)
        time.sleep(4)  # the graph is laid out in a worker after its words have arrived
        browser.save_screenshot(str(IMAGES / f"{name}.png"))


def _report(browser: webdriver.Chrome, address: str) -> None:
    for name, (anchor, width, height, is_phone) in REPORT_VIEWS.items():
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.get(address)
        if anchor:
            browser.execute_script(
                "const part = document.getElementById(arguments[0]); part.closest('details')?.setAttribute('open', '');"
                "part.scrollIntoView({block: 'start', behavior: 'instant'})",
                anchor,
            )
        browser.save_screenshot(str(IMAGES / f"{name}.png"))


if __name__ == "__main__":
    main(sys.argv[1])
