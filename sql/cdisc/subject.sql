-- Whom the study screened: reference start, last epoch day, data cut. Every other data set is of these subjects, up to the cut.
CREATE TABLE memory.cdisc.subject AS
SELECT
  upper(study.study_id) AS studyid,
  screening.usubjid,
  followed.time_zero_date AS start,
  CAST(followed.time_zero_date + CAST(safety.emergent_to_day AS INTEGER) AS DATE) AS last_day,
  followed.group_code,
  coalesce(grp.label, followed.group_code) AS group_label,
  build.data_cut_date
FROM eligibility.screening AS screening
CROSS JOIN study.study AS study
CROSS JOIN meta.build AS build
LEFT JOIN study.safety AS safety ON true
LEFT JOIN eligibility.followed AS followed ON screening.usubjid = followed.usubjid
LEFT JOIN study.study_group AS grp ON followed.group_code = grp.group_code;
