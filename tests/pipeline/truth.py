"""The proof of equality: what the pipeline found in the feeds against what the simulator says could be found in them.

Patients are named by pseudonym and items by name; no value of a patient is printed. Also a program:
`python tests/pipeline/truth.py` compares the build file and truth/derivable.csv of the configured house.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass

import duckdb

from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.build_file import attachment

# What the pipeline found, one row a screened patient, with the column names of truth/derivable.csv.
FOUND = """
    SELECT
        s.usubjid,
        s.is_included::VARCHAR AS is_included,
        s.primary_criterion_id,
        s.primary_status,
        g.group_code,
        g.stratum_code,
        g.time_zero_date::VARCHAR AS time_zero_date,
        a.cd19_failure_date::VARCHAR AS cd19_failure_date,
        a.bridging_response_code,
        CASE WHEN a.best_response_code <> 'NE' THEN a.best_response_code END AS best_response_code,
        t.*
    FROM eligibility.screening AS s
    LEFT JOIN eligibility.study_group AS g ON g.usubjid = s.usubjid
    LEFT JOIN adam.adsl AS a ON a.usubjid = s.usubjid
    LEFT JOIN (
        SELECT
            usubjid AS tte_usubjid,
            max(adt) FILTER (paramcd = 'OS')::VARCHAR AS os_date,
            bool_or(cnsr = 0) FILTER (paramcd = 'OS')::VARCHAR AS os_event,
            max(adt) FILTER (paramcd = 'PFS')::VARCHAR AS pfs_date,
            bool_or(cnsr = 0) FILTER (paramcd = 'PFS')::VARCHAR AS pfs_event,
            max(adt) FILTER (paramcd = 'PFSA')::VARCHAR AS pfsa_date,
            bool_or(cnsr = 0) FILTER (paramcd = 'PFSA')::VARCHAR AS pfsa_event
        FROM adam.adtte GROUP BY ALL
    ) AS t ON t.tte_usubjid = s.usubjid
"""
ELIGIBILITY = ("is_included", "primary_criterion_id", "primary_status")
# The protocol defines these for analysed patients only.
OUTCOMES = (
    "group_code",
    "stratum_code",
    "cd19_failure_date",
    "time_zero_date",
    "bridging_response_code",
    "best_response_code",
    "os_date",
    "os_event",
    "pfs_date",
    "pfs_event",
    "pfsa_date",
    "pfsa_event",
)


@dataclass(frozen=True)
class Comparison:
    """Screened patients on both sides, and every difference as (usubjid, item); item '': on one side only."""

    patients: int
    included: int
    differences: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        head = f"{self.patients} screened, {self.included} included, {len(self.differences)} differences"
        counted = Counter(item for _, item in self.differences)
        lines = [f"  {item or 'on one side only'}: {count}" for item, count in counted.most_common()]
        lines += [f"  {subject} {item}" for subject, item in self.differences[:40]]
        return "\n".join([head, *lines])


def compare(house: Settings) -> Comparison:
    """Compare patient by patient, through the identity map of the hospital's file."""
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{house.places()[0].build_db}' AS build (READ_ONLY)")
        con.execute(attachment(house))
        con.execute(
            "CREATE TEMP TABLE expected AS SELECT * FROM read_csv(?, header = true, all_varchar = true, nullstr = '')",
            [str(house.truth / "derivable.csv")],
        )
        con.execute("USE build")
        con.execute(f"CREATE TEMP TABLE found AS {FOUND}")
        con.execute(
            "CREATE TEMP TABLE both_sides AS SELECT coalesce(f.usubjid, m.usubjid, 'unlinked') AS subject, "
            "f.usubjid IS NOT NULL AND e.enterprise_no IS NOT NULL AS is_matched, "
            "lower(e.is_included) = 'true' AS is_analysed, "
            + ", ".join(f"{_same(item)} AS same_{item}" for item in (*ELIGIBILITY, *OUTCOMES))
            + " FROM temp.expected AS e "
            "LEFT JOIN (SELECT DISTINCT enterprise_no, usubjid FROM identity.patient_map) AS m USING (enterprise_no) "
            "FULL JOIN temp.found AS f ON f.usubjid = m.usubjid"
        )
        different = con.execute("SELECT subject, '' FROM temp.both_sides WHERE NOT is_matched ORDER BY 1").fetchall()
        for item in (*ELIGIBILITY, *OUTCOMES):
            only = "AND is_analysed" if item in OUTCOMES else ""
            different += con.execute(
                f"SELECT subject, '{item}' FROM temp.both_sides WHERE is_matched AND NOT same_{item} {only} ORDER BY 1"
            ).fetchall()
        patients, included = con.execute(
            "SELECT count(*), count(*) FILTER (is_analysed) FROM temp.both_sides"
        ).fetchone()
    return Comparison(patients, included, tuple(different))


def _same(item: str) -> str:
    """Equal as text; booleans without regard to case, unknown equal to unknown."""
    return f"lower(e.{item}) IS NOT DISTINCT FROM lower(f.{item})"


if __name__ == "__main__":
    result = compare(Settings())
    print(result)
    sys.exit(bool(result.differences))
