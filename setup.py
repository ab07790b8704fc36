"""The folders of the checkout as rooms of one package: outside it, nothing is called `analysis` or `warehouse`."""

from setuptools import find_namespace_packages, setup

ROOMS = ("analysis", "expectations", "hospitals", "orchestration", "simulator", "sql", "studies", "warehouse")

folders = find_namespace_packages(include=[pattern for room in ROOMS for pattern in (room, f"{room}.*")])
setup(
    packages=[f"cartwright.{folder}" for folder in folders if ".target" not in folder and "__pycache__" not in folder],
    package_dir={f"cartwright.{room}": room for room in ROOMS},
    package_data={"": ["*"]},
)
