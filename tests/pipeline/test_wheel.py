"""The program as others install it: a wheel in an empty environment, used in an empty folder, with no checkout near."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import venv
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from time import monotonic, sleep

import pytest

from shut_off import attempts, shut_off

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SECONDS_TO_START = 180

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel alone, and the folder in which commands are given."""

    environment: Path
    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return [str(self.environment / "bin" / "cartwright"), *arguments]

    def outside(self) -> dict[str, str]:
        """The shell of somebody who set nothing."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CARTWRIGHT_", "PYTHON"))}
        return {**kept, "PATH": f"{self.environment / 'bin'}:/usr/bin:/bin"}

    def run(self, *arguments: str, shut_off_to: Path | None = None) -> str:
        """What the command prints; without a network when there is a file to note attempts to reach one."""
        command = self.command(*arguments)
        command = shut_off(command, shut_off_to) if shut_off_to else command
        done = subprocess.run(command, cwd=self.folder, env=self.outside(), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of a copy of what git knows, beside the locked libraries, which are those of these tests."""
    source, environment, folder = (tmp_path_factory.mktemp(name) for name in ("source", "environment", "empty"))
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(source / "dist"), str(source)]
    subprocess.run([sys.executable, "-m", "pip", *build], check=True)
    venv.create(environment, with_pip=False)
    site = environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    # Named in a file of its own, the folder's own .pth files are not read: this checkout stays out of sight.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (wheel,) = (source / "dist").glob("*.whl")
    into = ["--python", str(environment / "bin" / "python"), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, "-m", "pip", *into, "--ignore-installed", str(wheel)], check=True)
    (environment / "bin" / "dbt").symlink_to(Path(sys.executable).with_name("dbt"))
    return Installed(environment, folder)


def test_an_installed_copy_adds_one_name_to_site_packages(installed: Installed) -> None:
    (site,) = (installed.environment / "lib").glob("python*/site-packages")
    names = {path.name for path in site.iterdir()}
    assert names == {"libraries.pth", "cartwright", f"cartwright-{VERSION}.dist-info"}


def test_a_night_runs_from_an_empty_folder_and_without_a_network(installed: Installed, tmp_path: Path) -> None:
    assert installed.run("--version").strip() == VERSION
    installed.run("simulate", "--patients", "60", "--seed", "5")
    installed.run("refresh", shut_off_to=tmp_path / "calls")
    assert attempts(tmp_path / "calls") == []
    (manifest,) = (installed.folder / ".cartwright" / "studies").glob("*/current/manifest.json")
    assert json.loads(manifest.read_text(encoding="utf-8"))["software"]["cartwright"] == VERSION
    assert "rows" in installed.run("sql", "SELECT count(*) AS rows FROM adam.adsl")


def test_an_installed_copy_writes_and_checks_a_study(installed: Installed) -> None:
    installed.run("study", "new", "mine")
    schema = re.search(r"\$schema=(\S+)", (installed.folder / "mine" / "protocol.yml").read_text(encoding="utf-8"))
    assert schema
    assert (installed.folder / "mine" / schema.group(1)).is_file()
    installed.run("study", "check", "mine")
    installed.run("hospital", "check", "demonstration")


def test_the_pages_of_an_installed_copy_answer(installed: Installed) -> None:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pages = subprocess.Popen(
        installed.command("ui", "--port", str(port)),
        cwd=installed.folder,
        env=installed.outside(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert _answers(f"http://127.0.0.1:{port}/server_info"), "no answer from the pages"
    finally:
        pages.terminate()
        pages.wait(timeout=60)


def _answers(url: str) -> bool:
    until = monotonic() + SECONDS_TO_START
    while monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
        sleep(1)
    return False


def test_the_version_heads_the_changelog() -> None:
    heads = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert heads[0] == VERSION
