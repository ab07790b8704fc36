"""What would stop the release of a hospital of small patients: fatal checks of what arrives, is built and leaves."""

from __future__ import annotations

from case_hospital import CaseHospital

from expectations import arriving, leaving
from expectations.run import failing_rows_sql
from orchestration import dbt_tests
from orchestration.manifest import manifest_path, read_manifest


def fatal_failures(hospital: CaseHospital) -> list[str]:
    """Ids of the fatal checks that do not pass. That rows are due is not asked: the hospital is small."""
    checks = [*arriving.checks(), *arriving.bookkeeping_checks(), *leaving.checks()]
    fatal = [check for check in checks if check.severity == "fatal" and not check.due]
    wrong = [check.check_id for check in fatal if hospital.con.execute(failing_rows_sql(check)).fetchall()]
    manifest = read_manifest(manifest_path(hospital.settings.build_db, hospital.settings.study))
    tests = [test for test in dbt_tests.tests(manifest) if dbt_tests.severity(test) == "fatal"]
    return wrong + [dbt_tests.check_id(test) for test in tests if dbt_tests.run(hospital.con, test).outcome != "passed"]
