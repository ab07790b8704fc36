"""A process that compiles dbt projects: dbt is loaded once, then each project has a child of its own, two at a time.

Standard input: a JSON list with, of each project, the arguments of `dbt parse` and of `dbt compile` and what dbt wants
in its environment. Standard output: a JSON list with dbt's words of each, null of one that compiled.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
import tempfile
from typing import Any, cast

from cartwright.warehouse.process import end_with_parent

_AT_ONCE = 2  # each is a process that computes


def main() -> None:
    end_with_parent()  # what it writes belongs to a night that holds a lock: a killed one holds none
    gc.disable()  # all that a parse makes stays until it is written: looking for garbage took a quarter of the time
    import dbt.cli.main  # noqa: F401 - the children have it with them

    tasks = json.loads(sys.stdin.read() or "[]")  # nothing: who started it ahead had no need of it, or was killed
    with multiprocessing.get_context("fork").Pool(_AT_ONCE, end_with_parent, maxtasksperchild=1) as pool:
        words = pool.map(_compile, tasks, chunksize=1)
    json.dump(words, sys.stdout)


def _compile(task: dict[str, Any]) -> str | None:
    from dbt.cli.main import dbtRunner

    os.environ.update(task["environment"])
    with tempfile.TemporaryFile("w+") as said:
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
        done = dbtRunner().invoke(task["parse"])
        if done.success:  # what was parsed is handed on, and written once, with the SQL in it
            done = dbtRunner(manifest=cast(Any, done.result)).invoke(task["compile"])
        sys.stdout.flush()
        said.seek(0)
        return None if done.success else said.read() or str(done.exception)


if __name__ == "__main__":
    main()
