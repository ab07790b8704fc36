-- Vital signs and oxygen.
CREATE TABLE memory.cdisc.vs AS
SELECT
  s.studyid,
  'VS' AS domain,
  s.usubjid,
  vs.vsseq,
  vs.record_id AS vsspid,
  memory.cdisc.term('VSTESTCD', vs.vstestcd) AS vstestcd,
  memory.cdisc.decoded('VSTESTCD', vs.vstestcd) AS vstest,
  CASE WHEN vs.vsorres IN ('true', 'false') THEN CASE vs.vsorres WHEN 'true' THEN 'Y' ELSE 'N' END ELSE upper(replace(vs.vsorres, '_', ' ')) END AS vsorres,
  memory.cdisc.term('VSRESU', vs.vsorresu) AS vsorresu,
  CASE WHEN vs.vsorres IN ('true', 'false') THEN CASE vs.vsorres WHEN 'true' THEN 'Y' ELSE 'N' END ELSE upper(replace(vs.vsorres, '_', ' ')) END AS vsstresc,
  TRY_CAST(vs.vsorres AS DOUBLE) AS vsstresn,
  memory.cdisc.term('VSRESU', vs.vsorresu) AS vsstresu,
  CASE
    WHEN vs.vsorres IS NOT NULL AND memory.cdisc.whole_day(vs.vsdtc) < s.start AND row_number() OVER (
      PARTITION BY vs.usubjid, vs.vstestcd, vs.vsorres IS NOT NULL AND coalesce(memory.cdisc.whole_day(vs.vsdtc) < s.start, false)
      ORDER BY vs.vsdtc DESC, vs.vsseq DESC
    ) = 1 THEN 'Y'
  END AS vslobxfl,
  memory.cdisc.visit(s.start, vs.vsdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, vs.vsdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, vs.vsdtc) AS epoch,
  vs.vsdtc,
  memory.cdisc.study_day(s.start, vs.vsdtc) AS vsdy
FROM sdtm.vs AS vs
INNER JOIN memory.cdisc.subject AS s ON vs.usubjid = s.usubjid
WHERE vs.vsdtc IS NULL OR vs.vsdtc <= CAST(s.data_cut_date AS VARCHAR);
