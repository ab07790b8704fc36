-- Contacts at which the subject was seen alive; SSCAT says which kind.
CREATE TABLE memory.cdisc.ss AS
SELECT
  s.studyid,
  'SS' AS domain,
  s.usubjid,
  ss.ssseq,
  ss.record_id AS ssspid,
  ss.sstestcd,
  memory.cdisc.decoded('SSTESTCD', ss.sstestcd) AS sstest,
  upper(ss.ssorres) AS sscat,
  ss.ssstresc AS ssorres,
  ss.ssstresc,
  memory.cdisc.visit(s.start, ss.ssdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, ss.ssdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, ss.ssdtc) AS epoch,
  ss.ssdtc,
  memory.cdisc.study_day(s.start, ss.ssdtc) AS ssdy
FROM sdtm.ss AS ss
INNER JOIN memory.cdisc.subject AS s ON ss.usubjid = s.usubjid
WHERE ss.ssdtc IS NULL OR ss.ssdtc <= CAST(s.data_cut_date AS VARCHAR);
