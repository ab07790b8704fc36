-- Infusions of cells. EXENDTC is the day of the infusion: it does not last.
CREATE TABLE memory.cdisc.ex AS
SELECT
  s.studyid,
  'EX' AS domain,
  s.usubjid,
  ex.exseq,
  ex.exrefid,
  ex.record_id AS exspid,
  ex.extrt,
  ex.exdose,
  CASE WHEN ex.exdose IS NOT NULL THEN 'CELLS' END AS exdosu,
  'SUSPENSION' AS exdosfrm,
  'INTRAVENOUS' AS exroute,
  memory.cdisc.epoch(s.start, s.last_day, ex.exstdtc) AS epoch,
  ex.exstdtc,
  ex.exstdtc AS exendtc,
  memory.cdisc.study_day(s.start, ex.exstdtc) AS exstdy,
  memory.cdisc.study_day(s.start, ex.exstdtc) AS exendy
FROM sdtm.ex AS ex
INNER JOIN memory.cdisc.subject AS s ON ex.usubjid = s.usubjid
WHERE ex.exstdtc IS NULL OR ex.exstdtc <= CAST(s.data_cut_date AS VARCHAR);
