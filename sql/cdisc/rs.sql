-- Response and clinical classification as recorded: by the reader of the images, or by the clinician.
CREATE TABLE memory.cdisc.rs AS
SELECT
  s.studyid,
  'RS' AS domain,
  s.usubjid,
  rs.rsseq,
  rs.record_id AS rsspid,
  memory.cdisc.term('RSTESTCD', rs.rstestcd) AS rstestcd,
  memory.cdisc.decoded('RSTESTCD', rs.rstestcd) AS rstest,
  rs.rscat,
  CASE rs.rsorres WHEN 'true' THEN 'Y' WHEN 'false' THEN 'N' ELSE upper(replace(rs.rsorres, '_', ' ')) END AS rsorres,
  CASE rs.rsorres WHEN 'true' THEN 'Y' WHEN 'false' THEN 'N' ELSE upper(replace(rs.rsorres, '_', ' ')) END AS rsstresc,
  TRY_CAST(rs.rsorres AS DOUBLE) AS rsstresn,
  CASE WHEN rs.rscat = 'IMAGING' THEN 'RADIOLOGIST' ELSE 'INVESTIGATOR' END AS rseval,
  CASE
    WHEN rs.rsorres IS NOT NULL AND memory.cdisc.whole_day(rs.rsdtc) < s.start AND row_number() OVER (
      PARTITION BY rs.usubjid, rs.rstestcd, rs.rsorres IS NOT NULL AND coalesce(memory.cdisc.whole_day(rs.rsdtc) < s.start, false)
      ORDER BY rs.rsdtc DESC, rs.rsseq DESC
    ) = 1 THEN 'Y'
  END AS rslobxfl,
  memory.cdisc.visit(s.start, rs.rsdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, rs.rsdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, rs.rsdtc) AS epoch,
  rs.rsdtc,
  memory.cdisc.study_day(s.start, rs.rsdtc) AS rsdy
FROM sdtm.rs AS rs
INNER JOIN memory.cdisc.subject AS s ON rs.usubjid = s.usubjid
WHERE rs.rsdtc IS NULL OR rs.rsdtc <= CAST(s.data_cut_date AS VARCHAR);
