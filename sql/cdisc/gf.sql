-- FISH probes and sequenced genes of a biopsy.
CREATE TABLE memory.cdisc.gf AS
SELECT
  s.studyid,
  'GF' AS domain,
  s.usubjid,
  gf.gfseq,
  gf.gfrefid,
  gf.record_id AS gfspid,
  memory.cdisc.term('GFTESTCD', gf.gftestcd) AS gftestcd,
  memory.cdisc.decoded('GFTESTCD', gf.gftestcd) AS gftest,
  upper(replace(gf.gforres, '_', ' ')) AS gforres,
  upper(replace(gf.gforres, '_', ' ')) AS gfstresc,
  'TISSUE' AS gfspec,
  CASE gf.gftestcd WHEN 'REARRANG' THEN 'FISH' ELSE 'NEXT GENERATION TARGETED SEQUENCING' END AS gfmethod,
  gf.gfsym,
  gf.gfpvrid,
  CASE
    WHEN gf.gforres IS NOT NULL AND memory.cdisc.whole_day(gf.gfdtc) < s.start AND row_number() OVER (
      PARTITION BY gf.usubjid, gf.gftestcd, gf.gfsym, gf.gforres IS NOT NULL AND coalesce(memory.cdisc.whole_day(gf.gfdtc) < s.start, false)
      ORDER BY gf.gfdtc DESC, gf.gfseq DESC
    ) = 1 THEN 'Y'
  END AS gflobxfl,
  memory.cdisc.visit(s.start, gf.gfdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, gf.gfdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, gf.gfdtc) AS epoch,
  gf.gfdtc,
  memory.cdisc.study_day(s.start, gf.gfdtc) AS gfdy
FROM sdtm.gf AS gf
INNER JOIN memory.cdisc.subject AS s ON gf.usubjid = s.usubjid
WHERE gf.gfdtc IS NULL OR gf.gfdtc <= CAST(s.data_cut_date AS VARCHAR);
