"""A real Spark cluster on this machine: one master and workers as processes of their own, all bound to 127.0.0.1."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

HOST = "127.0.0.1"
# A night that is killed leaves no process behind. Java hears no signal that was ignored where it was started; TERM is
# where Dagster runs in the background of a script, as it treats TERM like Ctrl-C, which shells ignore for such.
ENDS_WITH_US = ("env", "--default-signal=TERM", "setpriv", "--pdeathsig", "TERM")
PATIENCE = 300  # seconds in which every worker must have said that it is there


class NoSpark(RuntimeError):
    """Spark or Java is missing, or the cluster did not come up; says what to do."""


@dataclass(frozen=True)
class Cluster:
    """The URL of a master, and the address at which its workers reach this machine."""

    master: str
    host: str = HOST


def spark_home() -> Path:
    """The folder of the installed Spark. Raises NoSpark where it or Java is missing."""
    found = find_spec("pyspark")
    if found is None or found.origin is None or find_spec("dbt.adapters.spark") is None:
        raise NoSpark("Spark is not installed: pip install -r requirements/spark.lock")
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise NoSpark("Java is not installed: apt-get install openjdk-17-jre-headless (or any Java from 17 on)")
    return Path(found.origin).parent


@contextmanager
def standalone(folder: Path, workers: int = 2, cores: int = 1, memory: str = "2g") -> Iterator[Cluster]:
    """A cluster that lives as long as the block: `workers` of so many cores and so much memory each.

    folder: for what its processes write. Raises NoSpark when not all workers are there in time.
    """
    home, port, web_port = spark_home(), _free_port(), _free_port()
    url, processes = f"spark://{HOST}:{port}", []
    folder.mkdir(parents=True, exist_ok=True)
    master = ["deploy.master.Master", "--host", HOST, "--port", str(port), "--webui-port", str(web_port)]
    worker = ["deploy.worker.Worker", "--host", HOST, "--webui-port", "0", "--cores", str(cores), "--memory", memory]
    try:
        processes.append(_start(home, master, folder / "master.log"))
        for number in range(1, workers + 1):
            own = folder / f"worker{number}"
            processes.append(_start(home, [*worker, "--work-dir", str(own), url], folder / f"{own.name}.log"))
        _wait_for(workers, f"http://{HOST}:{web_port}/json/", processes, folder)
        yield Cluster(url)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait()


def _start(home: Path, arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    local = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST, "SPARK_NO_DAEMONIZE": "1"}
    # Master and workers only arrange; on a busy machine they wait for each other as long as we do for them.
    options = f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dspark.worker.timeout={PATIENCE}"
    local |= {"SPARK_DAEMON_JAVA_OPTS": options}
    command = [*ENDS_WITH_US, str(home / "bin" / "spark-class"), f"org.apache.spark.{arguments[0]}", *arguments[1:]]
    with log.open("wb") as words:
        return subprocess.Popen(command, env={**os.environ, **local}, stdout=words, stderr=words)


def _wait_for(workers: int, page: str, processes: list[subprocess.Popen[bytes]], folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and all(process.poll() is None for process in processes):
        try:
            with urlopen(page, timeout=5) as answer:
                if json.load(answer)["aliveworkers"] == workers:
                    return
        except OSError:
            pass  # the master's page is not there yet
        time.sleep(0.2)
    raise NoSpark(f"the Spark cluster did not come up; its words are in {folder}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])
