-- Diagnoses and stains of a biopsy.
CREATE TABLE memory.cdisc.mi AS
SELECT
  s.studyid,
  'MI' AS domain,
  s.usubjid,
  mi.miseq,
  mi.mirefid,
  mi.record_id AS mispid,
  memory.cdisc.term('MITESTCD', mi.mitestcd) AS mitestcd,
  memory.cdisc.decoded('MITESTCD', mi.mitestcd) AS mitest,
  upper(replace(mi.miorres, '_', ' ')) AS miorres,
  mi.miorresu,
  upper(replace(mi.miorres, '_', ' ')) AS mistresc,
  TRY_CAST(mi.miorres AS DOUBLE) AS mistresn,
  mi.miorresu AS mistresu,
  'TISSUE' AS mispec,
  CASE WHEN mi.mitestcd <> 'HISTOLOGY' THEN 'IHC' END AS mimethod,
  CASE
    WHEN mi.miorres IS NOT NULL AND memory.cdisc.whole_day(mi.midtc) < s.start AND row_number() OVER (
      PARTITION BY mi.usubjid, mi.mitestcd, mi.miorres IS NOT NULL AND coalesce(memory.cdisc.whole_day(mi.midtc) < s.start, false)
      ORDER BY mi.midtc DESC, mi.miseq DESC
    ) = 1 THEN 'Y'
  END AS milobxfl,
  memory.cdisc.visit(s.start, mi.midtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, mi.midtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, mi.midtc) AS epoch,
  mi.midtc,
  memory.cdisc.study_day(s.start, mi.midtc) AS midy
FROM sdtm.mi AS mi
INNER JOIN memory.cdisc.subject AS s ON mi.usubjid = s.usubjid
WHERE mi.midtc IS NULL OR mi.midtc <= CAST(s.data_cut_date AS VARCHAR);
