"""A real PostgreSQL server on a free loopback port, for as long as a test needs it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def running(user: str) -> Iterator[str]:
    """SQLAlchemy URL of its database for `user`. It refuses to run as root, so root lends it to an account."""
    if BINARIES is None:
        pytest.fail("these tests need a PostgreSQL server: install the distribution's package `postgresql`")
    folder = Path(tempfile.mkdtemp(prefix="cartwright-postgresql-"))  # not pytest's folder: that is closed to others
    account = None
    if os.getuid() == 0:
        account = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
        shutil.chown(folder, account)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    _run(account, "initdb", "-D", data, "-U", user, "--auth=trust", "--encoding=UTF8", "--no-sync")
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c timezone=UTC -c fsync=off"
    )
    _run(account, "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://{user}@127.0.0.1:{port}/postgres"
    finally:
        _run(account, "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _run(account: str | None, program: str, *arguments: object) -> None:
    command = [str(BINARIES / program), *map(str, arguments)]
    lent = {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": ()} if account else {}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/tmp", timeout=60, **lent)
