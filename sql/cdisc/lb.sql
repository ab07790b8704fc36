-- Laboratory results, in the unit reported and the standard one. LBLOBXFL: the last result of a test from before the reference start.
CREATE TABLE memory.cdisc.lb AS
SELECT
  s.studyid,
  'LB' AS domain,
  s.usubjid,
  lb.lbseq,
  lb.record_id AS lbspid,
  memory.cdisc.term('LBTESTCD', lb.lbtestcd) AS lbtestcd,
  coalesce((SELECT max(t.decode) FROM memory.cdisc.term AS t WHERE t.codelist = 'LBTESTCD' AND t.code = lb.lbtestcd), lb.lbtest) AS lbtest,
  coalesce((SELECT max(t.category) FROM memory.cdisc.term AS t WHERE t.codelist = 'LBTESTCD' AND t.code = lb.lbtestcd), 'LABORATORY') AS lbcat,
  lb.lborres,
  memory.cdisc.term('UNIT', lb.lborresu) AS lborresu,
  CAST(lb.lbornrlo AS VARCHAR) AS lbornrlo,
  CAST(lb.lbornrhi AS VARCHAR) AS lbornrhi,
  lb.lbstresc,
  lb.lbstresn,
  memory.cdisc.term('UNIT', lb.lbstresu) AS lbstresu,
  lb.lbstnrlo,
  lb.lbstnrhi,
  CASE
    WHEN lb.lbstresn < lb.lbstnrlo THEN 'LOW'
    WHEN lb.lbstresn > lb.lbstnrhi THEN 'HIGH'
    WHEN lb.lbstresn IS NOT NULL AND (lb.lbstnrlo IS NOT NULL OR lb.lbstnrhi IS NOT NULL) THEN 'NORMAL'
  END AS lbnrind,
  lb.lbloinc,
  memory.cdisc.term('SPECTYPE', lb.lbspec) AS lbspec,
  CASE
    WHEN lb.lborres IS NOT NULL AND memory.cdisc.whole_day(lb.lbdtc) < s.start AND row_number() OVER (
      PARTITION BY lb.usubjid, lb.lbtestcd, lb.lborres IS NOT NULL AND coalesce(memory.cdisc.whole_day(lb.lbdtc) < s.start, false)
      ORDER BY lb.lbdtc DESC, lb.lbseq DESC
    ) = 1 THEN 'Y'
  END AS lblobxfl,
  memory.cdisc.visit(s.start, lb.lbdtc) AS visitnum,
  memory.cdisc.visit_name(memory.cdisc.visit(s.start, lb.lbdtc)) AS visit,
  memory.cdisc.epoch(s.start, s.last_day, lb.lbdtc) AS epoch,
  lb.lbdtc,
  memory.cdisc.study_day(s.start, lb.lbdtc) AS lbdy
FROM sdtm.lb AS lb
INNER JOIN memory.cdisc.subject AS s ON lb.usubjid = s.usubjid
WHERE lb.lbdtc IS NULL OR lb.lbdtc <= CAST(s.data_cut_date AS VARCHAR);
