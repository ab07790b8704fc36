"""The guard before Dagster's pages, on the real webserver: what other sites have a browser send is refused."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
VERSION = json.dumps({"query": "{ version }"})
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of the guarded webserver, without any code location."""
    home: Path = tmp_path_factory.mktemp("dagster")
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "cartwright.orchestration.pages",
        "--empty-workspace",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env={"DAGSTER_HOME": str(home)}, stdout=log, stderr=log)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int, server: subprocess.Popen) -> None:
    for _ in range(600):
        assert server.poll() is None, "the webserver ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("no webserver after two minutes")


def answer(port: int, method: str, path: str, headers: dict[str, str], body: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.read().decode()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a program of this machine"),
        pytest.param({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, id="the pages themselves"),
    ],
)
def test_our_own_queries_are_answered(port: int, headers: dict[str, str]) -> None:
    own = {"Origin": f"http://127.0.0.1:{port}"} if headers else {}
    status, text = answer(port, "POST", "/graphql", JSON | headers | own, VERSION)
    assert status == 200
    assert "version" in json.loads(text)["data"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, id="a script"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, id="a form"),
        pytest.param({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, id="another port of this machine"),
        pytest.param({"Origin": "http://elsewhere.test"}, id="an older browser"),
        pytest.param({"Origin": "null"}, id="a sandboxed frame"),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql?query=%7Bversion%7D", "/report_asset_materialization/x"])
def test_what_another_site_sends_is_refused(port: int, headers: dict[str, str], path: str) -> None:
    status, text = answer(port, "POST", path, JSON | headers, VERSION)
    assert (status, text[:8]) == (403, "Refused:")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}])
def test_a_link_that_holds_a_query_is_refused(port: int, headers: dict[str, str]) -> None:
    assert answer(port, "GET", "/graphql?query=%7Bversion%7D", headers)[0] == 403


def test_a_link_to_a_page_opens_it(port: int) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
    assert answer(port, "GET", "/assets", link)[0] == 200


@pytest.mark.parametrize("host", ["elsewhere.test", "127.0.0.1.elsewhere.test", "10.0.0.1"])
def test_a_name_that_was_made_to_lead_here_is_refused(port: int, host: str) -> None:
    assert answer(port, "POST", "/graphql", {**JSON, "Host": f"{host}:{port}"}, VERSION)[0] == 400


def test_a_socket_that_another_site_opens_is_closed(port: int) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
        "Sec-WebSocket-Protocol": "graphql-ws",
    }
    assert answer(port, "GET", "/graphql", upgrade | {"Origin": "http://elsewhere.test"})[0] == 403
