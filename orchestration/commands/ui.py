"""What `cartwright ui` runs: code server, guarded pages and daemon, which start together and end together."""

from __future__ import annotations

import json
import runpy
import signal
import sys
import time
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from cartwright.warehouse.process import end_with_parent

_DEFINITIONS = "cartwright.orchestration.definitions"
_SECONDS_TO_END = 10


def run(port: int) -> None:
    """Serve until interrupted, terminated, or one of the three ends; then all have ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with TemporaryDirectory(prefix="cartwright-") as folder, ExitStack() as stack:
        socket = Path(folder) / "code.sock"
        code = _start(stack, "dagster", "code-server", "start", "-m", _DEFINITIONS, "-s", str(socket))
        while code.is_alive() and not socket.exists():
            time.sleep(0.1)
        workspace = socket.with_name("workspace.yaml")
        server = {"socket": str(socket), "location_name": _DEFINITIONS}  # schedules are known by the location's name
        workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}), encoding="utf-8")
        pages = _start(
            stack, "cartwright.orchestration.pages", "-h", "127.0.0.1", "-p", str(port), "-w", str(workspace)
        )
        daemon = _start(stack, "dagster._daemon", "run", "-w", str(workspace))
        try:
            wait([child.sentinel for child in (code, pages, daemon)])
        except KeyboardInterrupt:
            return
        finally:
            for child in (code, pages, daemon):
                child.terminate()  # all at once: what is waited for below ends meanwhile
        sys.exit("one of code server, pages and daemon has ended, and the others with it: its words are above")


def _start(stack: ExitStack, module: str, *arguments: str) -> BaseProcess:
    child = get_context("spawn").Process(target=_become, args=(module, *arguments))
    child.start()
    stack.callback(_end, child)
    return child


def _become(module: str, *arguments: str) -> None:
    """`python -m module arguments` in this process, which ends with its parent, however that ends."""
    end_with_parent()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end(child: BaseProcess) -> None:
    child.terminate()
    child.join(_SECONDS_TO_END)
    child.kill()
