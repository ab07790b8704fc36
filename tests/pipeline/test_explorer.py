"""The explorer as investigators meet it: in a real browser, behind its guard, on a published release."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import chromium
from houses import House

pytestmark = pytest.mark.browser
SECONDS = 180


@pytest.fixture(scope="module")
def address(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What `cartwright explore` prints, in a house with two studies alike: the address with its token."""
    home = tmp_path_factory.mktemp("house")
    for name in (house.place.study_id, "second"):
        shutil.copytree(house.place.home, home / "studies" / name, symlinks=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("cartwright")
    environment = {**os.environ, "CARTWRIGHT_HOME": str(home)}
    log = tmp_path_factory.mktemp("explorer") / "log"
    with log.open("w") as words:
        server = subprocess.Popen(
            [program, "explore", "--port", str(port)], env=environment, stdout=words, stderr=words, text=True
        )
    try:
        deadline = time.monotonic() + SECONDS
        while not _listens(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield log.read_text().strip()
    finally:
        server.terminate()
        server.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    driver = chromium.started(tmp_path_factory.mktemp("profile"), "browser", "performance")
    driver.set_script_timeout(SECONDS)
    driver.get("about:blank")
    driver.get_log("performance")  # what the browser itself asked for
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def opened(browser, address: str):
    """The page with its first view."""
    browser.get(address)
    _wait(browser, "return document.querySelector('.look figure svg') !== null")
    return browser


def _wait(browser, condition: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not browser.execute_script(condition):
        assert time.monotonic() < deadline, browser.execute_script("return document.body.innerText")
        time.sleep(0.2)


def _choose(browser, name: str, value: str) -> None:
    """Choose a value and wait for what is shown of it, and for what that brings along."""
    browser.execute_script(
        "window.before = document.querySelector('.look');"
        "const list = document.getElementById(arguments[0]); list.value = arguments[1];"
        "list.dispatchEvent(new Event('change', {bubbles: true}))",
        name,
        value,
    )
    _wait(browser, "const now = document.querySelector('.look'); return now !== null && now !== window.before")
    for _ in range(3):  # a select that is made anew sends its value once more
        _wait(
            browser,
            "return !document.documentElement.classList.contains('shiny-busy')"
            " && !document.querySelector('.recalculating')",
        )
        time.sleep(0.5)


def _words(browser) -> str:
    return browser.execute_script("return document.body.innerText")


def test_nothing_is_asked_of_another_machine_and_nothing_is_wrong(opened, address: str) -> None:
    _choose(opened, "endpoint", "OS")
    asked = set()
    for entry in opened.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"])
        elif message["method"] == "Network.webSocketCreated":
            asked.add(message["params"]["url"])
    own = urlsplit(address).netloc
    assert len(asked) > 5
    assert {url for url in asked if urlsplit(url).scheme != "data" and urlsplit(url).netloc != own} == set()
    assert opened.get_log("browser") == []


def test_the_declared_comparison_is_shown_as_the_report_has_it(opened) -> None:
    _choose(opened, "endpoint", "PFS")
    _choose(opened, "endpoint", "OS")
    words = _words(opened)
    assert "Simulated data." in words
    assert "hazard ratio 0.36" in words
    assert "Declared" in words
    assert "Number at risk" in opened.execute_script("return document.querySelector('.look svg').textContent")


def test_another_study_of_the_house_can_be_chosen(opened) -> None:
    _choose(opened, "study", "second")
    assert "Declared" in _words(opened)


def test_what_no_plan_declares_is_marked(opened) -> None:
    _choose(opened, "endpoint", "PFSA56")
    words = _words(opened)
    assert "Explored, not declared." in words
    plan = opened.execute_script("return document.querySelector('pre.plan').textContent")
    assert "endpoint: PFSA56" in plan


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("width", "is_phone"), [(1280, False), (390, True)])
def test_the_page_is_accessible_and_fits(opened, mode: str, width: int, is_phone: bool) -> None:
    opened.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": mode}]}
    )
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": is_phone}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    opened.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true })")
    opened.execute_script(chromium.AXE)
    found = opened.execute_async_script("axe.run().then(arguments[0])")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


_COMPUTES = """
import sys
from cartwright.orchestration.explorer import serve

async def pages(scope, receive, send):
    if scope["type"] == "http":
        print("computes", flush=True)
        while True:
            pass

serve(pages, int(sys.argv[1]))
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)], ids=["term", "ctrl-c"])
def test_it_ends_at_once_also_while_it_computes(sent: signal.Signals, code: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", _COMPUTES, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        while not _listens(port):
            assert server.poll() is None
            time.sleep(0.1)
        with socket.create_connection(("127.0.0.1", port)) as asking:
            asking.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert server.stdout is not None
            assert server.stdout.readline() == "computes\n"
            server.send_signal(sent)
            assert server.wait(20) == code
    finally:
        server.kill()


def _status(address: str, path: str, headers: dict[str, str]) -> int:
    at = urlsplit(address)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
    connection.request("GET", path, headers=headers)
    return connection.getresponse().status


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/", {}, 403, id="no token"),
        pytest.param("/?token=guessed", {}, 403, id="another token"),
        pytest.param("/?token=", {}, 403, id="an empty token"),
        pytest.param("/lib/shiny/shiny.js", {}, 403, id="a file without token"),
        pytest.param("/?{token}", {}, 303, id="the token"),
        pytest.param("/?{token}", {"Host": "elsewhere.example"}, 400, id="another name that leads here"),
        pytest.param("/", {"Cookie": "{cookie}"}, 200, id="the cookie"),
        pytest.param("/", {"Cookie": "{cookie}", "Origin": "http://elsewhere.example"}, 403, id="another site"),
        pytest.param(
            "/",
            {"Cookie": "{cookie}", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
            403,
            id="a picture on another site",
        ),
    ],
)
def test_only_the_browser_that_was_let_in_is_answered(
    address: str, path: str, headers: dict[str, str], status: int
) -> None:
    at = urlsplit(address)
    known = {"token": at.query, "cookie": f"cartwright_{at.port}={at.query.removeprefix('token=')}"}
    assert (
        _status(address, path.format(**known), {name: text.format(**known) for name, text in headers.items()}) == status
    )


@pytest.mark.parametrize(
    ("headers", "is_answered"),
    [
        pytest.param({}, False, id="no cookie"),
        pytest.param({"Cookie": "{cookie}", "Origin": "http://elsewhere.example"}, False, id="another site"),
        pytest.param({"Cookie": "{cookie}", "Origin": "http://{netloc}"}, True, id="the page itself"),
    ],
)
def test_a_socket_is_opened_for_the_page_alone(address: str, headers: dict[str, str], is_answered: bool) -> None:
    at = urlsplit(address)
    known = {"cookie": f"cartwright_{at.port}={at.query.removeprefix('token=')}", "netloc": at.netloc}
    sent = {name: text.format(**known) for name, text in headers.items()}
    key = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert _status(address, "/websocket/", sent | key) == (101 if is_answered else 403)
