-- Procedures, and the cell collections for products.
CREATE TABLE memory.cdisc.pr AS
SELECT
  s.studyid,
  'PR' AS domain,
  s.usubjid,
  pr.prseq,
  pr.record_id AS prspid,
  memory.cdisc.term('PRTRT', pr.prtrt) AS prtrt,
  pr.prdose,
  CASE WHEN pr.prdose IS NOT NULL THEN 'Gy' END AS prdosu,
  memory.cdisc.epoch(s.start, s.last_day, pr.prstdtc) AS epoch,
  pr.prstdtc,
  CASE WHEN left(pr.prendtc, 10) <= CAST(s.data_cut_date AS VARCHAR) THEN pr.prendtc END AS prendtc,
  memory.cdisc.study_day(s.start, pr.prstdtc) AS prstdy,
  CASE WHEN left(pr.prendtc, 10) <= CAST(s.data_cut_date AS VARCHAR) THEN memory.cdisc.study_day(s.start, pr.prendtc) END AS prendy
FROM sdtm.pr AS pr
INNER JOIN memory.cdisc.subject AS s ON pr.usubjid = s.usubjid
WHERE pr.prstdtc IS NULL OR pr.prstdtc <= CAST(s.data_cut_date AS VARCHAR);
