"""All files of the CDISC export of one release, and a folder of them.

sdtm/ and adam/ hold each data set as transport file and Dataset-JSON beside their define.xml; adam/v8/ the analysis
data sets with the full names of their columns; ars.json the plan and the results; guide.html says what to know first.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cartwright.warehouse.cdisc.ars import reporting_event
from cartwright.warehouse.cdisc.check import findings
from cartwright.warehouse.cdisc.dataset_json import dataset_json
from cartwright.warehouse.cdisc.define import define_xml
from cartwright.warehouse.cdisc.guide import guide
from cartwright.warehouse.cdisc.rows import read
from cartwright.warehouse.cdisc.shape import shape
from cartwright.warehouse.cdisc.study import about
from cartwright.warehouse.cdisc.xpt import TooLong, transport_file
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.export.rows import NotWritable


def files(database: Path, release_id: str) -> Iterator[tuple[str, bytes]]:
    """Name below the folder and content of every file, of the release in `database`."""
    with open_release(database) as con:
        shaped = shape(con)
        told = about(con, release_id)
        for standard in ("SDTM", "ADaM"):
            folder = standard.lower()
            every = [read(con, each) for each in shaped if each.about.standard == standard]
            for rows in every:
                name = rows.shaped.about.name.lower()
                yield f"{folder}/{name}.json", dataset_json(told, rows)
                with suppress(TooLong):  # the guide tells it
                    yield f"{folder}/{name}.xpt", transport_file(rows, told.moment)
                if standard == "ADaM":
                    yield f"{folder}/v8/{name}.xpt", transport_file(rows, told.moment, version=8)
            yield f"{folder}/define.xml", define_xml(told, standard, every)
        subjects = next(each for each in shaped if each.about.name == "ADSL")
        yield "ars.json", reporting_event(con, told, subjects)
        yield "guide.html", guide(told, shaped, findings(con, shaped))


def write_folder(database: Path, folder: Path) -> int:
    """Write the export of a published release into a new folder, open to its owner alone; returns the number of files.

    Nothing is left behind when something fails. Raises NotWritable for a folder that exists.
    """
    if folder.exists():
        raise NotWritable(f"{folder} exists; name a folder that does not")
    manifest = json.loads((database.parent / "manifest.json").read_text(encoding="utf-8"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        count = 0
        for name, content in files(database, manifest["release_id"]):
            target = scratch / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.touch(mode=0o600)
            target.write_bytes(content)
            count += 1
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return count
