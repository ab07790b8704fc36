"""A release of two subjects: one followed, one screened only; rows as tests need.

Time zero of the first is 2022-03-10; the study calls treatment-emergent what starts up to 30 days after it; the data
cut is 2022-08-31; a visit is declared on day 30, give or take 14 days.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

DOMAINS = {
    "ae": "aeseq INT, aeterm TEXT, aetoxgr BIGINT, aerel TEXT, aestdtc TEXT, aeendtc TEXT",
    "cm": "cmseq INT, cmtrt TEXT, cmindc TEXT, cmdose DOUBLE, cmdosu TEXT, cmgrpid TEXT, cmstdtc TEXT, cmendtc TEXT",
    "cp": "cpseq INT, cptestcd TEXT, cporres TEXT, cporresu TEXT, cplloq DOUBLE, cpspec TEXT, cpdtc TEXT",
    "dm": "sex TEXT, rfstdtc TEXT, dthdtc TEXT, dthfl TEXT",
    "ds": "dsseq INT, dsdecod TEXT, dsterm TEXT, dsstdtc TEXT",
    "ex": "exseq INT, extrt TEXT, exdose DOUBLE, exweight DOUBLE, exrefid TEXT, exstdtc TEXT",
    "ft": "ftseq INT, fttestcd TEXT, ftstresn BIGINT, ftdtc TEXT",
    "gf": "gfseq INT, gftestcd TEXT, gfsym TEXT, gforres TEXT, gfpvrid TEXT, gfrefid TEXT, gfdtc TEXT",
    "lb": "lbseq INT, lbtestcd TEXT, lbtest TEXT, lbloinc TEXT, lborres TEXT, lborresu TEXT, lbornrlo DOUBLE, "
    "lbornrhi DOUBLE, lbstresc TEXT, lbstresn DOUBLE, lbstresu TEXT, lbstnrlo DOUBLE, lbstnrhi DOUBLE, lbspec TEXT, "
    "lbdtc TEXT",
    "mi": "miseq INT, mitestcd TEXT, miorres TEXT, miorresu TEXT, mirefid TEXT, midtc TEXT",
    "nv": "nvseq INT, nvtestcd TEXT, nvrel TEXT, nvdtc TEXT",
    "pr": "prseq INT, prtrt TEXT, prdose DOUBLE, prstdtc TEXT, prendtc TEXT",
    "rs": "rsseq INT, rstestcd TEXT, rscat TEXT, rsorres TEXT, rsdtc TEXT",
    "ss": "ssseq INT, sstestcd TEXT, ssstresc TEXT, ssorres TEXT, ssdtc TEXT",
    "tr": "trseq INT, trtestcd TEXT, trlnkid TEXT, trstresn DOUBLE, trstresu TEXT, trrefid TEXT, trdtc TEXT",
    "tu": "tuseq INT, tuorres TEXT, tulnkid TEXT, tuloc TEXT, tulesion TEXT, turefid TEXT, tudtc TEXT",
    "vs": "vsseq INT, vstestcd TEXT, vsorres TEXT, vsorresu TEXT, vsdtc TEXT",
}
FOLLOWED, SCREENED = "CW-0A", "CW-0B"
_REST = f"""
CREATE SCHEMA study; CREATE SCHEMA meta; CREATE SCHEMA eligibility; CREATE SCHEMA facts; CREATE SCHEMA adam;
CREATE SCHEMA results;
CREATE TABLE study.study AS
SELECT 'tiny' AS study_id, 'A study of two' AS title, DATE '2022-08-31' AS data_cut_date;
CREATE TABLE study.study_group AS SELECT 1 AS seq, 'cells' AS group_code, 'Cells' AS label;
CREATE TABLE study.safety AS SELECT 30 AS emergent_to_day;
CREATE TABLE study.visit AS SELECT 1 AS seq, 'RESPM01' AS paramcd, 'Month 1' AS param, 30 AS day, 14 AS window_days;
CREATE TABLE study.dataset AS SELECT 'adtte' AS dataset;
CREATE TABLE study.item AS SELECT 1 AS seq, 'age' AS item, 'age' AS kind_code, 'Age at the start' AS label,
       'age_years' AS column_name
UNION ALL SELECT 2, 'is_cd19_lost_after_infusion', 'pick', 'Antigen lost', 'is_cd19_lost_after_infusion';
CREATE TABLE study.population AS
SELECT * FROM (VALUES
    ('analysed', 'inclfl', '=', 'Y'), ('old', 'inclfl', '=', 'Y'), ('old', 'age_years', 'known', NULL)
) AS t(population, column_name, operator, value);
CREATE TABLE study.endpoint AS SELECT 1 AS seq, 'OS' AS paramcd, 'Overall survival' AS param;
CREATE TABLE study.output AS
SELECT 'survival.os' AS output_id, 1 AS seq, 'figure' AS kind, 'Survival' AS title, 'Kaplan-Meier' AS footnote;
CREATE TABLE study.analysis AS
SELECT 'os' AS analysis_id, 'survival.os' AS output_id, 1 AS seq, 'hr_cox' AS kind, 'Hazard ratio' AS title,
       'analysed' AS population, 'OS' AS endpoint, 'group_code' AS group_by, '[]' AS group_levels, '[]' AS variables,
       '{{"headline": true}}' AS options;
CREATE TABLE results.ard AS
SELECT 'os' AS analysis_id, 'survival.os' AS output_id, 1 AS seq, 'cells' AS group_level, 'other' AS comparator,
       NULL::TEXT AS variable, NULL::TEXT AS variable_level, 'hr' AS statistic,
       CAST(0.123456789012345 AS DOUBLE) AS value,
       NULL::TEXT AS value_txt, CAST(0.1 AS DOUBLE) AS ci_low, CAST(0.2 AS DOUBLE) AS ci_high, 'cox efron' AS method;
CREATE TABLE meta.build AS
SELECT TIMESTAMPTZ '2022-09-11 03:40:00+00' AS as_of_at, DATE '2022-08-31' AS data_cut_date, true AS is_simulated;
CREATE TABLE eligibility.screening AS
SELECT * FROM (VALUES ('{FOLLOWED}', true), ('{SCREENED}', false)) AS t(usubjid, is_included);
CREATE TABLE eligibility.followed AS
SELECT '{FOLLOWED}' AS usubjid, 'cells' AS group_code, DATE '2022-03-10' AS time_zero_date;
CREATE TABLE eligibility.item AS SELECT '{FOLLOWED}' AS usubjid, 'age' AS item, 61.0 AS value_num;
CREATE TABLE facts.last_alive AS
SELECT * FROM (VALUES
    ('{FOLLOWED}', DATE '2022-07-01'), ('{SCREENED}', DATE '2022-02-01')
) AS t(usubjid, last_alive_date);
CREATE TABLE facts.death (usubjid TEXT, death_date DATE);
CREATE TABLE facts.imaging_study AS SELECT 'r-scan' AS record_id, 'PET_CT' AS scan_kind;
CREATE TABLE adam.adsl AS
SELECT * FROM (VALUES
    ('{FOLLOWED}', 'Y', 'cells', 61, true, DATE '2022-03-10'), ('{SCREENED}', 'N', NULL, NULL, NULL, NULL)
) AS t(usubjid, inclfl, group_code, age_years, is_cd19_lost_after_infusion, time_zero_date);
COMMENT ON COLUMN adam.adsl.is_cd19_lost_after_infusion IS 'Whether the antigen was lost; unknown without a biopsy.';
CREATE TABLE adam.adtte AS
SELECT '{FOLLOWED}' AS usubjid, 'OS' AS paramcd, 'Overall survival' AS param, DATE '2022-03-10' AS startdt,
       DATE '2022-07-01' AS adt, 114.0 AS aval, 1 AS cnsr, NULL::TEXT AS evntdesc, 'ss' AS srcdom, 'ssdtc' AS srcvar,
       3 AS srcseq, 113 AS duration_days;
CREATE TABLE adam.adae (usubjid TEXT, aeseq INT, aedecod TEXT);
"""


def tiny_release(path: Path, **rows: list[dict[str, object]]) -> Path:
    """A release in `path` with these rows of sdtm; a row is of FOLLOWED and of record r, unless it says otherwise."""
    with duckdb.connect(str(path)) as con:
        con.execute(_REST)
        con.execute("CREATE SCHEMA sdtm")
        for domain, columns in DOMAINS.items():
            con.execute(f"CREATE TABLE sdtm.{domain} (usubjid TEXT, {columns}, record_id TEXT)")
            for row in rows.get(domain, []):
                _insert(con, domain, {"usubjid": FOLLOWED, "record_id": "r", **row})
        if "dm" not in rows:
            _insert(con, "dm", {"usubjid": FOLLOWED, "sex": "F"})
            _insert(con, "dm", {"usubjid": SCREENED, "sex": "M"})
    return path


def _insert(con: duckdb.DuckDBPyConnection, domain: str, row: dict[str, object]) -> None:
    marks = ", ".join("?" for _ in row)
    con.execute(f"INSERT INTO sdtm.{domain} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
