-- Neurological findings: a row says that the finding was there.
CREATE TABLE memory.cdisc.nv AS
SELECT
  s.studyid,
  'NV' AS domain,
  s.usubjid,
  nv.nvseq,
  nv.record_id AS nvspid,
  memory.cdisc.term('NVTESTCD', nv.nvtestcd) AS nvtestcd,
  memory.cdisc.decoded('NVTESTCD', nv.nvtestcd) AS nvtest,
  'PRESENT' AS nvorres,
  'PRESENT' AS nvstresc,
  CASE
    WHEN nv.nvtestcd IS NOT NULL AND memory.cdisc.whole_day(nv.nvdtc) < s.start AND row_number() OVER (
      PARTITION BY nv.usubjid, nv.nvtestcd, nv.nvtestcd IS NOT NULL AND coalesce(memory.cdisc.whole_day(nv.nvdtc) < s.start, false)
      ORDER BY nv.nvdtc DESC, nv.nvseq DESC
    ) = 1 THEN 'Y'
  END AS nvlobxfl,
  memory.cdisc.visit(s.start, nv.nvdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, nv.nvdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, nv.nvdtc) AS epoch,
  nv.nvdtc,
  memory.cdisc.study_day(s.start, nv.nvdtc) AS nvdy
FROM sdtm.nv AS nv
INNER JOIN memory.cdisc.subject AS s ON nv.usubjid = s.usubjid
WHERE nv.nvdtc IS NULL OR nv.nvdtc <= CAST(s.data_cut_date AS VARCHAR);
