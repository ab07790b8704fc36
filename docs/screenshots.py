"""Take the pictures of docs/img from a running Dagster: `cartwright ui` in one terminal, this in another.

`python docs/screenshots.py http://127.0.0.1:3000`
"""

from __future__ import annotations

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
    "asset": ("/assets/adam/adtte?view=overview", (1600, 1400), "duration_days"),
    "checked_asset": ("/assets/adam/adtte?view=checks", (1600, 1100), "leaving"),
    "column_lineage": ("/assets/adam/adtte?view=lineage&column=adt", (1600, 900), "adt"),
}
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
)


def main(address: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        for flag in [*FLAGS.split(), f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options)
        try:
            for name, (page, size, word) in PAGES.items():
                browser.set_window_size(*size)
                browser.get(address + page)
                deadline = time.monotonic() + 60
                while word not in browser.find_element(By.TAG_NAME, "body").text and time.monotonic() < deadline:
                    time.sleep(0.5)
                time.sleep(4)  # the graph is laid out in a worker after its words have arrived
                browser.save_screenshot(str(IMAGES / f"{name}.png"))
        finally:
            browser.quit()


if __name__ == "__main__":
    main(sys.argv[1])
