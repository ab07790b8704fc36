-- Drugs and vasopressors. Doses in part of a therapy are joined by CMGRPID.
CREATE TABLE memory.cdisc.cm AS
SELECT
  s.studyid,
  'CM' AS domain,
  s.usubjid,
  cm.cmseq,
  cm.cmgrpid,
  cm.record_id AS cmspid,
  upper(replace(cm.cmtrt, '_', ' ')) AS cmtrt,
  upper(replace(cm.cmindc, '_', ' ')) AS cmindc,
  cm.cmdose,
  memory.cdisc.term('UNIT', cm.cmdosu) AS cmdosu,
  memory.cdisc.epoch(s.start, s.last_day, cm.cmstdtc) AS epoch,
  cm.cmstdtc,
  CASE WHEN left(cm.cmendtc, 10) <= CAST(s.data_cut_date AS VARCHAR) THEN cm.cmendtc END AS cmendtc,
  memory.cdisc.study_day(s.start, cm.cmstdtc) AS cmstdy,
  CASE WHEN left(cm.cmendtc, 10) <= CAST(s.data_cut_date AS VARCHAR) THEN memory.cdisc.study_day(s.start, cm.cmendtc) END AS cmendy
FROM sdtm.cm AS cm
INNER JOIN memory.cdisc.subject AS s ON cm.usubjid = s.usubjid
WHERE cm.cmstdtc IS NULL OR cm.cmstdtc <= CAST(s.data_cut_date AS VARCHAR);
