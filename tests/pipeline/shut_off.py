"""A program without a network: in a namespace that has none, every attempt to reach one noted by strace."""

from __future__ import annotations

import os
import re
from pathlib import Path

_ATTEMPT = re.compile(r"^\d+ +(?:connect|sendto|sendmsg)\(.*sa_family=AF_INET6?,.*$", re.MULTILINE)
_LOOPBACK = ('inet_addr("127.', '"::1"')


def shut_off(command: list[str], log: Path) -> list[str]:
    """The command, for a program that sees no network card, not even loopback; what it tries goes to `log`."""
    own_user = [] if os.geteuid() == 0 else ["--map-root-user"]
    watch = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(log)]
    return ["unshare", *own_user, "--net", *watch, *command]


def attempts(log: Path) -> list[str]:
    """Each call by which the program or one that it started would have reached another machine (names included: a
    question to a name server is such a call)."""
    found = _ATTEMPT.findall(log.read_text(encoding="utf-8", errors="replace"))
    return [line for line in found if not any(own in line for own in _LOOPBACK)]
