-- Demographics. The reference start is the study's time zero: the start of the treatment that it follows. Who has none was screened
-- and not included. The end is the last day on which something is known of the subject.
CREATE TABLE memory.cdisc.dm AS
WITH known AS (
  SELECT usubjid, max(seen) AS last_date
  FROM (
    SELECT usubjid, last_alive_date AS seen FROM facts.last_alive
    UNION ALL
    SELECT usubjid, death_date FROM facts.death
  )
  GROUP BY usubjid
),
age AS (
  SELECT item.usubjid, min_by(item.value_num, declared.seq) AS years
  FROM eligibility.item AS item
  INNER JOIN study.item AS declared ON item.item = declared.item AND declared.kind_code = 'age'
  WHERE item.value_num IS NOT NULL
  GROUP BY item.usubjid
)
SELECT
  s.studyid,
  'DM' AS domain,
  s.usubjid,
  regexp_replace(s.usubjid, '^[A-Z]+-', '') AS subjid,
  CAST(s.start AS VARCHAR) AS rfstdtc,
  CASE WHEN s.start IS NOT NULL THEN CAST(least(known.last_date, s.data_cut_date) AS VARCHAR) END AS rfendtc,
  CAST(s.start AS VARCHAR) AS rfxstdtc,
  CAST(least(known.last_date, s.data_cut_date) AS VARCHAR) AS rfpendtc,
  CASE WHEN dm.dthdtc <= CAST(s.data_cut_date AS VARCHAR) THEN dm.dthdtc END AS dthdtc,
  CASE WHEN dm.dthdtc <= CAST(s.data_cut_date AS VARCHAR) OR dm.dthdtc IS NULL THEN dm.dthfl END AS dthfl,
  '01' AS siteid,
  CAST(age.years AS INTEGER) AS age,
  CASE WHEN age.years IS NOT NULL THEN 'YEARS' END AS ageu,
  dm.sex,
  CASE WHEN s.group_code IS NOT NULL THEN upper(left(s.group_code, 20)) END AS armcd,
  s.group_label AS arm,
  CASE WHEN s.group_code IS NOT NULL THEN upper(left(s.group_code, 20)) END AS actarmcd,
  s.group_label AS actarm,
  CASE WHEN s.start IS NULL THEN 'SCREEN FAILURE' END AS armnrs
FROM memory.cdisc.subject AS s
INNER JOIN sdtm.dm AS dm ON s.usubjid = dm.usubjid
LEFT JOIN known ON s.usubjid = known.usubjid
LEFT JOIN age ON s.usubjid = age.usubjid;
