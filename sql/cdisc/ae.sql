-- Adverse events as the clinician recorded them, by CTCAE term (MedDRA is licensed).
CREATE TABLE memory.cdisc.ae AS
SELECT
  s.studyid,
  'AE' AS domain,
  s.usubjid,
  ae.aeseq,
  ae.record_id AS aespid,
  memory.cdisc.term('AETERM', ae.aeterm) AS aeterm,
  memory.cdisc.decoded('AETERM', ae.aeterm) AS aedecod,
  upper(ae.aerel) AS aerel,
  CAST(ae.aetoxgr AS VARCHAR) AS aetoxgr,
  memory.cdisc.epoch(s.start, s.last_day, ae.aestdtc) AS epoch,
  ae.aestdtc,
  CASE WHEN left(ae.aeendtc, 10) <= CAST(s.data_cut_date AS VARCHAR) THEN ae.aeendtc END AS aeendtc,
  memory.cdisc.study_day(s.start, ae.aestdtc) AS aestdy,
  CASE WHEN left(ae.aeendtc, 10) <= CAST(s.data_cut_date AS VARCHAR) THEN memory.cdisc.study_day(s.start, ae.aeendtc) END AS aeendy
FROM sdtm.ae AS ae
INNER JOIN memory.cdisc.subject AS s ON ae.usubjid = s.usubjid
WHERE ae.aestdtc IS NULL OR ae.aestdtc <= CAST(s.data_cut_date AS VARCHAR);
