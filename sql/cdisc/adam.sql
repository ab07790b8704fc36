-- The form of every other ADaM data set {name}: the subject's identifiers and treatment, then its own columns, {changed}.
CREATE TABLE memory.cdisc.{name} AS
SELECT
  adsl.studyid,
  adsl.subjid,
  adsl.siteid,
  adsl.trt01p AS trtp,
  adsl.trt01pn AS trtpn,
  adsl.trt01a AS trta,
  d.* {replaced}
FROM adam.{name} AS d
INNER JOIN memory.cdisc.adsl AS adsl ON d.usubjid = adsl.usubjid;
