"""The entry point: simulate a hospital into a home folder, up to a night.

Patients are made in chunks (in two processes when there are many), so memory stays bounded at any size. The same
arguments give byte-identical files; a later `until` adds the nights since the earlier one and moves the EHR forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from cartwright.simulator import others, write
from cartwright.simulator import plan as planning
from cartwright.simulator.derivable import derive
from cartwright.simulator.dirt import LAST_NIGHT, deliver
from cartwright.simulator.ratings import rate
from cartwright.simulator.render import render
from cartwright.simulator.truth import actual_row, derivable_row

DEFAULT_SEED = 20240625
CHUNK = 100


class Summary(NamedTuple):
    """What was written: patients, rows of the file feeds, rows in the EHR, files new in the landing folder."""

    patients: int
    file_rows: int
    ehr_rows: int
    new_files: int


class Job(NamedTuple):
    rows: list[dict[str, Any]]
    first_number: int
    prefix: str
    site: str
    seed: int
    until: int


def simulate(
    out: Path,
    *,
    patients: int = planning.BLOCK,
    seed: int = DEFAULT_SEED,
    sites: int = 1,
    until: date | None = None,
    plan: Any = None,
    ehr_url: str | None = None,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write feeds and truth of a simulated hospital under `out` (CARTWRIGHT_HOME).

    Without other wishes (one site, the default number of patients and seed) the included patients are the calibrated
    cohort of the study, and patients who never had cells come after all of them; else the included are drawn, and there
    are no others. `patients` are per site; site s of many uses seed + s - 1 and numbers that start with its name
    (S01-...). `until`: only what was there after that night's delivery (default: the final state); truth is always that
    of the final state. `plan`: a DataFrame with the columns of `plan.COLUMNS` in place of the random plan (one site).
    `ehr_url`: any SQLAlchemy URL for the treatment database (default: SQLite in the landing folder).
    `progress(done, total)`.
    """
    if patients < 1 or sites < 1:
        raise ValueError("patients and sites must be at least 1")
    night = LAST_NIGHT if until is None else until.toordinal()
    total = len(plan) if plan is not None else patients * sites
    cohort = _cohort(patients, seed, sites, plan)
    jobs = _jobs(patients, seed, sites, night, plan, cohort)
    if processes is None:
        processes = 2 if total > 2000 else 1
    last = date.fromordinal(night).isoformat()
    beside = others.COUNT + others.RATED_COUNT if cohort == "calibrated" else 0
    about = {"seed": seed, "sites": sites, "patients": total + beside, "cohort": cohort, "until": last}
    with write.Hospital(Path(out), night, ehr_url, about) as hospital:
        done = 0
        for chunk in _results(jobs, processes):
            hospital.take(chunk)
            done += len(chunk.truth)
            if progress:
                progress(done, total)
        files = hospital.finish()
    return Summary(total + beside, hospital.file_rows, hospital.ehr_rows, files)


def _cohort(patients: int, seed: int, sites: int, plan: Any) -> str:
    """Where the included patients come from: `given`, `calibrated` or `drawn`."""
    if plan is not None:
        return "given"
    return "calibrated" if (patients, seed, sites) == (planning.BLOCK, DEFAULT_SEED, 1) else "drawn"


def _jobs(patients: int, seed: int, sites: int, until: int, plan: Any, cohort: str) -> Iterator[Job]:
    for number in range(sites):
        site = f"S{number + 1:02d}"
        if cohort == "given":
            rows = planning.from_frame(plan)
        elif cohort == "calibrated":
            rows = planning.calibrated_block(seed)
        else:
            rows = planning.plan_patients(patients, seed + number)
        prefix = f"{site}-" if sites > 1 else ""
        if cohort == "calibrated":
            rows += others.plan_others(seed)
        for start in range(0, len(rows), CHUNK):
            yield Job(rows[start : start + CHUNK], start + 1, prefix, site, seed + number, until)


def _results(jobs: Iterator[Job], processes: int) -> Iterator[write.Chunk]:
    if processes == 1:
        yield from map(make_chunk, jobs)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(make_chunk, jobs)
        # Asked to end, not killed: a child of a shell's background job ignores the signal, and would be waited for.
        pool.close()
        pool.join()


def make_chunk(job: Job) -> write.Chunk:
    """Plan rows -> text of the files, EHR rows as of the night, truth of the final state."""
    chunk = write.Chunk({}, {}, [], 0)
    for offset, row in enumerate(job.rows):
        chart = render(row, job.first_number + offset, job.prefix, job.seed)
        delivered = deliver(chart, job.seed)
        delivered.changes.extend(rate(chart, job.seed))
        chunk.add(delivered, job.until)
        if row["cd19_infusion_date"] is not None:
            chunk.truth.append((actual_row(row, chart, job.site), derivable_row(derive(delivered), chart, job.site)))
    return chunk
