"""Where a run on Apache Spark happens: its cluster, and the folder that it writes to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cartwright.orchestration.spark.cluster import Cluster, standalone
from cartwright.warehouse.settings import Settings


@contextmanager
def cluster(settings: Settings, folder: Path) -> Iterator[Cluster]:
    """The cluster that the settings name, else one on this machine that ends with the block."""
    if settings.spark_master:
        yield Cluster(settings.spark_master, settings.spark_host)
    else:
        with standalone(folder) as own:
            yield own


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A new private folder that goes with the block: it holds what may identify patients."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
