"""The documentation as a site: the pages as they are, in the order of site.yml, and the data dictionary behind them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = Path(__file__).with_name("site.yml")
SCRIPTS = [Path(__file__).with_name(name) for name in ("iframe-worker.js", "accessible.js")]
_BESIDE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")


class SiteError(Exception):
    """The site was not built; the message has zensical's words."""


def pages_of(root: Path) -> dict[str, Path]:
    """What is committed: path in the site -> file. The tree is kept, so that links hold as they are."""
    found = [root / name for name in _BESIDE]
    found += [*(root / "docs").glob("*.md"), *(root / "docs" / "img").iterdir(), *(root / "docs" / "schema").iterdir()]
    return {path.relative_to(root).as_posix(): path for path in sorted(found)}


def _copy(files: Mapping[str, Path], folder: Path) -> None:
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / name)


def listed(navigation: object) -> Iterator[str]:
    """The pages that a navigation names."""
    if isinstance(navigation, str):
        yield navigation
    elif isinstance(navigation, Mapping):
        yield from listed(list(navigation.values()))
    elif isinstance(navigation, list):
        for entry in navigation:
            yield from listed(entry)


def configuration() -> dict[str, Any]:
    """site.yml."""
    return yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))


def build(target: Path, written: Mapping[str, Path], made: Mapping[str, str], dictionary: str) -> None:
    """Write the site into the folder `target`, instead of what stood there.

    written: as `pages_of`; made: further pages, path -> text; dictionary: folder of those that stand last in the
    navigation. Raises SiteError when a link leads nowhere.
    """
    scratch = target.with_name(f".{target.name}")
    shutil.rmtree(scratch, ignore_errors=True)
    pages = scratch / "pages"
    _copy({**written, **{script.name: script for script in SCRIPTS}}, pages)
    for name, text in made.items():
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        (pages / name).write_text(text, encoding="utf-8")
    settings = configuration()
    settings["nav"] += [{"Data dictionary": [name for name in made if name.startswith(f"{dictionary}/")]}]
    (scratch / "mkdocs.yml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", scratch / "mkdocs.yml"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
    )
    if done.returncode:
        raise SiteError(f"{done.stdout}\n{done.stderr}")
    shutil.rmtree(target, ignore_errors=True)
    built = scratch / settings["site_dir"]
    # Of the theme: it asks for its parts at the root of a server, and in a folder has none.
    (built / "404.html").unlink()
    built.rename(target)
    shutil.rmtree(scratch)
