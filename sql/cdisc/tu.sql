-- Lesions as identified, one row a report and lesion.
CREATE TABLE memory.cdisc.tu AS
SELECT
  s.studyid,
  'TU' AS domain,
  s.usubjid,
  tu.tuseq,
  tu.turefid,
  tu.record_id AS tuspid,
  tu.tulnkid,
  'TUMIDENT' AS tutestcd,
  'Tumor Identification' AS tutest,
  tu.tuorres,
  tu.tuorres AS tustresc,
  memory.cdisc.term('LOC', tu.tuloc) AS tuloc,
  memory.cdisc.term('METHOD', (SELECT max(i.scan_kind) FROM facts.imaging_study AS i WHERE i.record_id = tu.record_id)) AS tumethod,
  'RADIOLOGIST' AS tueval,
  CASE
    WHEN tu.tuorres IS NOT NULL AND memory.cdisc.whole_day(tu.tudtc) < s.start AND row_number() OVER (
      PARTITION BY tu.usubjid, tu.tulnkid, tu.tuorres IS NOT NULL AND coalesce(memory.cdisc.whole_day(tu.tudtc) < s.start, false)
      ORDER BY tu.tudtc DESC, tu.tuseq DESC
    ) = 1 THEN 'Y'
  END AS tulobxfl,
  memory.cdisc.visit(s.start, tu.tudtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, tu.tudtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, tu.tudtc) AS epoch,
  tu.tudtc,
  memory.cdisc.study_day(s.start, tu.tudtc) AS tudy
FROM sdtm.tu AS tu
INNER JOIN memory.cdisc.subject AS s ON tu.usubjid = s.usubjid
WHERE tu.tudtc IS NULL OR tu.tudtc <= CAST(s.data_cut_date AS VARCHAR);
