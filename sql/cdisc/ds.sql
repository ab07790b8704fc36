-- Consents to products, their orders, deaths. DSTERM is what was recorded: the product, the cause of death.
CREATE TABLE memory.cdisc.ds AS
SELECT
  s.studyid,
  'DS' AS domain,
  s.usubjid,
  ds.dsseq,
  ds.record_id AS dsspid,
  upper(coalesce(ds.dsterm, ds.dsdecod)) AS dsterm,
  ds.dsdecod,
  CASE ds.dsdecod WHEN 'DEATH' THEN 'DISPOSITION EVENT' WHEN 'INFORMED CONSENT OBTAINED' THEN 'PROTOCOL MILESTONE' ELSE 'OTHER EVENT' END AS dscat,
  memory.cdisc.epoch(s.start, s.last_day, ds.dsstdtc) AS epoch,
  ds.dsstdtc,
  memory.cdisc.study_day(s.start, ds.dsstdtc) AS dsstdy
FROM sdtm.ds AS ds
INNER JOIN memory.cdisc.subject AS s ON ds.usubjid = s.usubjid
WHERE ds.dsstdtc IS NULL OR ds.dsstdtc <= CAST(s.data_cut_date AS VARCHAR);
