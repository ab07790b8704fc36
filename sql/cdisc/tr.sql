-- Diameters of lesions, one row a report, lesion and diameter.
CREATE TABLE memory.cdisc.tr AS
SELECT
  s.studyid,
  'TR' AS domain,
  s.usubjid,
  tr.trseq,
  tr.trrefid,
  tr.record_id AS trspid,
  tr.trlnkid,
  memory.cdisc.term('TRTESTCD', tr.trtestcd) AS trtestcd,
  memory.cdisc.decoded('TRTESTCD', tr.trtestcd) AS trtest,
  CAST(tr.trstresn AS VARCHAR) AS trorres,
  tr.trstresu AS trorresu,
  CAST(tr.trstresn AS VARCHAR) AS trstresc,
  tr.trstresn,
  tr.trstresu,
  memory.cdisc.term('METHOD', (SELECT max(i.scan_kind) FROM facts.imaging_study AS i WHERE i.record_id = tr.record_id)) AS trmethod,
  'RADIOLOGIST' AS treval,
  CASE
    WHEN tr.trstresn IS NOT NULL AND memory.cdisc.whole_day(tr.trdtc) < s.start AND row_number() OVER (
      PARTITION BY tr.usubjid, tr.trlnkid, tr.trtestcd, tr.trstresn IS NOT NULL AND coalesce(memory.cdisc.whole_day(tr.trdtc) < s.start, false)
      ORDER BY tr.trdtc DESC, tr.trseq DESC
    ) = 1 THEN 'Y'
  END AS trlobxfl,
  memory.cdisc.visit(s.start, tr.trdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, tr.trdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, tr.trdtc) AS epoch,
  tr.trdtc,
  memory.cdisc.study_day(s.start, tr.trdtc) AS trdy
FROM sdtm.tr AS tr
INNER JOIN memory.cdisc.subject AS s ON tr.usubjid = s.usubjid
WHERE tr.trdtc IS NULL OR tr.trdtc <= CAST(s.data_cut_date AS VARCHAR);
