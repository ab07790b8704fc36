"""What would stop the release of a hospital of small patients: fatal checks of what arrives, is built and leaves."""

from __future__ import annotations

from cartwright.expectations import arriving, leaving
from cartwright.orchestration.dbt import declared_tests as dbt_tests
from cartwright.orchestration.dbt.manifest import (
    Project,
    hospital_project,
    is_of_hospital,
    manifest_path,
    read_manifest,
    study_project,
)
from cartwright.warehouse.study.loader import read_study
from case_hospital import CaseHospital


def fatal_failures(hospital: CaseHospital) -> list[str]:
    """Ids of the fatal checks that do not pass. That rows are due is not asked: the hospital is small."""
    study = read_study(hospital.place.folder)
    checks = [*arriving.checks(), *arriving.bookkeeping_checks(), *leaving.checks(study)]
    fatal = [check for check in checks if check.severity == "fatal" and not check.is_due]
    wrong = [check.check_id for check in fatal if hospital.con.execute(check.sql).fetchall()]
    project = study_project(hospital.settings, hospital.place, study)
    for each in (hospital_project(hospital.settings), project):
        manifest = read_manifest(manifest_path(each))
        tests = [test for test in dbt_tests.tests(manifest) if _is_of(each, test, manifest)]
        tests = [test for test in tests if dbt_tests.severity(test) == "fatal"]
        assert tests
        wrong += [dbt_tests.check_id(test) for test in tests if _fails(hospital, test)]
    return wrong


def _is_of(project: Project, test: dict, manifest: dict) -> bool:
    """Whether the project builds what the test guards; each side compiles its own tests."""
    guarded = dbt_tests.guarded_node(test, manifest)
    return is_of_hospital((manifest["nodes"] | manifest["sources"])[guarded]) == (project.hospital is None)


def _fails(hospital: CaseHospital, test: dict) -> bool:
    """Asked in the file of the study, which shows the hospital's tables under their names."""
    here = test["compiled_code"].replace(f'"{hospital.settings.build_db.stem}".', "")
    return dbt_tests.run(hospital.con, {**test, "compiled_code": here}).outcome != "passed"
