"""A real browser without a window, and axe-core for it: what the tests of pages share."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import axe_core_python
import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
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


def started(profile: Path, *logs: str) -> Chrome:
    """A browser with an empty profile that keeps these logs (`browser`, `performance`); `quit` it."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.fail("these tests need Chromium and its driver; without them: -m 'not browser'")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", dict.fromkeys(logs, "ALL"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
