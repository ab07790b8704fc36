"""The folders of the checkout as rooms of one package: outside it, nothing is called `analysis` or `warehouse`."""

from setuptools import find_namespace_packages, setup

ROOMS = (
    "analysis",
    "expectations",
    "explore",
    "hospitals",
    "orchestration",
    "simulator",
    "sql",
    "studies",
    "warehouse",
)
DATA = ("docs.schema", "requirements")  # what the program reads of the other folders
PATTERNS = [*DATA, *(pattern for room in ROOMS for pattern in (room, f"{room}.*"))]
MADE = ("__pycache__", "sql.target", "sql.logs", "sql.dbt_packages")

folders = find_namespace_packages(include=PATTERNS, exclude=[f"{made}{rest}" for made in MADE for rest in ("", ".*")])
setup(
    packages=[f"cartwright.{folder}" for folder in folders if "__pycache__" not in folder],
    package_dir={f"cartwright.{room}": room.replace(".", "/") for room in (*ROOMS, *DATA)},
    package_data={"": ["*"]},
)
