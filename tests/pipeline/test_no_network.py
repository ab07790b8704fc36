"""Nothing of a night reaches out: what would is switched off, and the watch over it sees what it should.

The night itself without a network: test_wheel.py, as an installed copy in an empty folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance

from cartwright.orchestration.instance import prepare
from cartwright.warehouse.settings import Settings
from shut_off import attempts, shut_off

CALLS_OUT = {
    "by address": "import socket; socket.socket().connect_ex(('192.0.2.1', 80))",
    "by name": "import socket\ntry: socket.getaddrinfo('example.org', 80)\nexcept OSError: pass",
    "of a child": "import subprocess, sys; subprocess.run([sys.executable, '-c', "
    "'import socket; socket.socket(socket.AF_INET6).connect_ex((\"2001:db8::1\", 80))'])",
    "a datagram": "import socket\ntry: socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 9))\n"
    "except OSError: pass",
}


@pytest.mark.parametrize("code", CALLS_OUT.values(), ids=CALLS_OUT)
def test_a_call_to_another_machine_is_seen(code: str, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    subprocess.run(shut_off([sys.executable, "-c", code], log), check=True)
    assert attempts(log)


def test_a_call_within_the_machine_is_none(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    code = "import socket; socket.socket().connect_ex(('127.0.0.1', 80))"
    subprocess.run(shut_off([sys.executable, "-c", code], log), check=True)
    assert "127.0.0.1" in log.read_text()
    assert attempts(log) == []


def test_dagster_sends_no_telemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    prepare(Settings())
    with DagsterInstance.get() as instance:
        assert instance.telemetry_enabled is False


def test_dbt_sends_no_telemetry() -> None:
    project = yaml.safe_load((Path(__file__).resolve().parents[2] / "sql" / "dbt_project.yml").read_text())
    assert project["flags"]["send_anonymous_usage_stats"] is False


def test_great_expectations_is_told_to_send_no_telemetry() -> None:
    code = (
        "from cartwright.expectations.run import import_great_expectations as load; gx, _ = load()\n"
        "import os; assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'\n"
        "assert gx.get_context(mode='ephemeral').variables.analytics_enabled in (None, False)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GX_")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
