-- Subject level: the standard columns (whoever is screened and not included is a screen failure), then what the study declares (its names are shortened where they are longer than 8).
CREATE TABLE memory.cdisc.adsl AS
SELECT
  dm.studyid,
  dm.usubjid,
  dm.subjid,
  dm.siteid,
  dm.age,
  dm.ageu,
  dm.sex,
  coalesce(dm.arm, 'Screen Failure') AS arm,
  coalesce(dm.actarm, 'Screen Failure') AS actarm,
  coalesce(dm.arm, 'Screen Failure') AS trt01p,
  coalesce(dm.actarm, 'Screen Failure') AS trt01a,
  CAST(grp.seq AS INTEGER) AS trt01pn,
  s.start AS trtsdt,
  memory.cdisc.whole_day(dm.dthdtc) AS dthdt,
  adsl.* EXCLUDE (usubjid)
FROM adam.adsl AS adsl
INNER JOIN memory.cdisc.dm AS dm ON adsl.usubjid = dm.usubjid
INNER JOIN memory.cdisc.subject AS s ON adsl.usubjid = s.usubjid
LEFT JOIN study.study_group AS grp ON adsl.group_code = grp.group_code;
