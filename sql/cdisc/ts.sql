-- Trial summary: what the study's definition says of itself.
CREATE TABLE memory.cdisc.ts AS
WITH said(tsparmcd, tsparm, tsval) AS (
  SELECT 'TITLE', 'Trial Title', title FROM study.study
  UNION ALL SELECT 'STYPE', 'Study Type', 'OBSERVATIONAL'
  UNION ALL SELECT 'SDTMVER', 'SDTM Version', '2.0'
  UNION ALL SELECT 'SDTIGVER', 'SDTM IG Version', '3.4'
  UNION ALL SELECT 'DCUTDTC', 'Data Cutoff Date', CAST(max(data_cut_date) AS VARCHAR) FROM meta.build
  UNION ALL SELECT 'DCUTDESC', 'Data Cutoff Description', 'Data cut of the study definition'
  UNION ALL SELECT 'SSTDTC', 'Study Start Date', CAST(min(start) AS VARCHAR) FROM memory.cdisc.subject
  UNION ALL SELECT 'ACTSUB', 'Actual Number of Subjects', CAST(count(start) AS VARCHAR) FROM memory.cdisc.subject
  UNION ALL SELECT 'NARMS', 'Planned Number of Arms', CAST(greatest(count(DISTINCT group_code), 1) AS VARCHAR) FROM memory.cdisc.subject
)
SELECT (SELECT any_value(studyid) FROM memory.cdisc.subject) AS studyid, 'TS' AS domain, CAST(1 AS INTEGER) AS tsseq, tsparmcd, tsparm, tsval
FROM said
WHERE tsval IS NOT NULL;
