"""Apache Spark in this process, with the settings of the target `spark` of sql/profiles.yml."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from cartwright.orchestration.dbt.manifest import PROJECT_DIR
from cartwright.orchestration.spark.cluster import NoSpark, spark_home


def demanded() -> None:
    """Skip the test, with what to install, where Spark or Java is missing; fail it under CI, which installs both."""
    try:
        spark_home()
    except NoSpark as missing:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(str(missing))


@contextmanager
def session(warehouse: Path) -> Iterator[Any]:
    """A Spark session on one thread."""
    demanded()
    from pyspark.sql import SparkSession

    profile = yaml.safe_load((PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    settings = profile["cartwright"]["outputs"]["spark"]["server_side_parameters"]
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        if "{{" not in str(value) and "eventLog" not in name:
            builder = builder.config(name, value)
    for name in ("host", "bindAddress"):
        builder = builder.config(f"spark.driver.{name}", "127.0.0.1")
    spark = builder.config("spark.sql.warehouse.dir", str(warehouse)).getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()
