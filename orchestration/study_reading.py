"""A study as every part of the program reads it: `cartwright study check` and a night find the same defects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cartwright.analysis.plan import check as plan_check
from cartwright.warehouse.hospital.definition import HospitalError, load_hospital
from cartwright.warehouse.intake.contracts import load_codes
from cartwright.warehouse.names import unknown
from cartwright.warehouse.study.columns import columns_of
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.loader import Checked, Judge, check_folder, read_study
from cartwright.warehouse.yaml_file import Problem


def check(folder: Path, hospital: Path) -> Checked:
    """Every defect of a study folder, read for the hospital of a folder."""
    return check_folder(folder, **checks(hospital))


def read(folder: Path, hospital: Path) -> Study:
    """The study of a folder. Raises StudyError with every defect."""
    return read_study(folder, **checks(hospital))


def checks(hospital: Path) -> dict[str, Any]:
    """What a study is checked by beyond its own words: the codes of a hospital, and what can be computed."""
    codes: Mapping[str, Collection[str]]
    try:
        codes = load_hospital(hospital).code_lists()
    except HospitalError:  # told by its own check
        codes = load_codes()
    return {"judge": _judge(codes), "codes": codes}


def _judge(codes: Mapping[str, Collection[str]]) -> Judge:
    def judge(study: Study) -> Iterator[Problem]:
        columns, own = columns_of(study, codes), study.own_models
        offered = plan_check.Offered(
            columns.types,
            columns.codes,
            [endpoint.paramcd for endpoint in study.protocol.endpoints],
            {"funnel", *(model for models in own.values() for model in models)},
            bool(study.protocol.criteria),
        )
        return plan_check.problems(study.plan.model_dump(), offered, unknown)

    return judge
