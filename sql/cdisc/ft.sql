-- Items of the score of the immune effector cell-associated encephalopathy.
CREATE TABLE memory.cdisc.ft AS
SELECT
  s.studyid,
  'FT' AS domain,
  s.usubjid,
  ft.ftseq,
  ft.record_id AS ftspid,
  memory.cdisc.term('FTTESTCD', ft.fttestcd) AS fttestcd,
  memory.cdisc.decoded('FTTESTCD', ft.fttestcd) AS fttest,
  'ICE' AS ftcat,
  CAST(ft.ftstresn AS VARCHAR) AS ftorres,
  CAST(ft.ftstresn AS VARCHAR) AS ftstresc,
  CAST(ft.ftstresn AS DOUBLE) AS ftstresn,
  CASE
    WHEN ft.ftstresn IS NOT NULL AND memory.cdisc.whole_day(ft.ftdtc) < s.start AND row_number() OVER (
      PARTITION BY ft.usubjid, ft.fttestcd, ft.ftstresn IS NOT NULL AND coalesce(memory.cdisc.whole_day(ft.ftdtc) < s.start, false)
      ORDER BY ft.ftdtc DESC, ft.ftseq DESC
    ) = 1 THEN 'Y'
  END AS ftlobxfl,
  memory.cdisc.visit(s.start, ft.ftdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, ft.ftdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, ft.ftdtc) AS epoch,
  ft.ftdtc,
  memory.cdisc.study_day(s.start, ft.ftdtc) AS ftdy
FROM sdtm.ft AS ft
INNER JOIN memory.cdisc.subject AS s ON ft.usubjid = s.usubjid
WHERE ft.ftdtc IS NULL OR ft.ftdtc <= CAST(s.data_cut_date AS VARCHAR);
