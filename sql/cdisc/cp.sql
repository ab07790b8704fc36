-- Cell populations by flow cytometry, in the unit reported.
CREATE TABLE memory.cdisc.cp AS
SELECT
  s.studyid,
  'CP' AS domain,
  s.usubjid,
  cp.cpseq,
  cp.record_id AS cpspid,
  memory.cdisc.term('CPTESTCD', cp.cptestcd) AS cptestcd,
  memory.cdisc.decoded('CPTESTCD', cp.cptestcd) AS cptest,
  cp.cporres,
  memory.cdisc.term('UNIT', cp.cporresu) AS cporresu,
  cp.cporres AS cpstresc,
  TRY_CAST(cp.cporres AS DOUBLE) AS cpstresn,
  memory.cdisc.term('UNIT', cp.cporresu) AS cpstresu,
  memory.cdisc.term('SPECTYPE', cp.cpspec) AS cpspec,
  'FLOW CYTOMETRY' AS cpmethod,
  cp.cplloq,
  CASE
    WHEN cp.cporres IS NOT NULL AND memory.cdisc.whole_day(cp.cpdtc) < s.start AND row_number() OVER (
      PARTITION BY cp.usubjid, cp.cptestcd, cp.cpspec, cp.cporres IS NOT NULL AND coalesce(memory.cdisc.whole_day(cp.cpdtc) < s.start, false)
      ORDER BY cp.cpdtc DESC, cp.cpseq DESC
    ) = 1 THEN 'Y'
  END AS cplobxfl,
  memory.cdisc.visit(s.start, cp.cpdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, cp.cpdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, cp.cpdtc) AS epoch,
  cp.cpdtc,
  memory.cdisc.study_day(s.start, cp.cpdtc) AS cpdy
FROM sdtm.cp AS cp
INNER JOIN memory.cdisc.subject AS s ON cp.usubjid = s.usubjid
WHERE cp.cpdtc IS NULL OR cp.cpdtc <= CAST(s.data_cut_date AS VARCHAR);
