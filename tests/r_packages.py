"""R and its packages, for tests that ask it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def demanded(*packages: str) -> None:
    """Skip the test, with what to install, where R or a package is missing; fail it under CI, which installs them."""
    has = f"q(status = !all(sapply(c({', '.join(map(repr, packages))}), requireNamespace, quietly = TRUE)))"
    if shutil.which("Rscript") is None or subprocess.run(["Rscript", "-e", has], capture_output=True).returncode:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"R is not complete: apt-get install r-base-core {' '.join(f'r-cran-{name}' for name in packages)}")
