-- Words of the shaping, as macros of DuckDB. `start` is the subject's reference start (RFSTDTC); a day is ISO 8601, whole or in part.

CREATE MACRO memory.cdisc.whole_day(dtc) AS CASE WHEN length(dtc) >= 10 THEN CAST(left(dtc, 10) AS DATE) END;

-- Study day: 1 on the day of the start, -1 on the day before; a day known in part has none.
CREATE MACRO memory.cdisc.study_day(start, dtc) AS
  CAST(date_diff('day', start, memory.cdisc.whole_day(dtc)) + CASE WHEN memory.cdisc.whole_day(dtc) >= start THEN 1 ELSE 0 END AS INTEGER);

-- Epoch: before the start, up to the last day that the study calls treatment-emergent, after it. Whoever never starts is screened.
CREATE MACRO memory.cdisc.epoch(start, last_day, dtc) AS CASE
  WHEN dtc IS NULL THEN NULL
  WHEN start IS NULL THEN 'SCREENING'
  WHEN memory.cdisc.whole_day(dtc) < start THEN 'SCREENING'
  WHEN last_day IS NULL AND memory.cdisc.whole_day(dtc) >= start THEN 'TREATMENT'
  WHEN memory.cdisc.whole_day(dtc) <= last_day THEN 'TREATMENT'
  WHEN memory.cdisc.whole_day(dtc) > last_day THEN 'FOLLOW-UP'
END;

-- The visit of the study whose window holds the day, the nearest of several; care outside of them has no visit.
CREATE TABLE memory.cdisc.visit_day AS
SELECT since, min_by(seq, apart * 1000 + seq) AS seq
FROM (
  SELECT v.seq, abs(r.since - v.day) AS apart, r.since
  FROM study.visit AS v, unnest(range(v.day - v.window_days, v.day + v.window_days + 1)) AS r(since)
)
GROUP BY since;
CREATE MACRO memory.cdisc.visit(start, dtc) AS (
  SELECT max(v.seq) FROM memory.cdisc.visit_day AS v WHERE v.since = date_diff('day', start, memory.cdisc.whole_day(dtc))
);

-- The term of a code list for a code of ours; what the list does not have stands in capitals, and the check tells it.
CREATE MACRO memory.cdisc.term(list, sent) AS coalesce(
  (SELECT max(t.term) FROM memory.cdisc.term AS t WHERE t.codelist = list AND t.code = sent), upper(replace(sent, '_', ' '))
);
CREATE MACRO memory.cdisc.decoded(list, sent) AS coalesce(
  (SELECT max(t.decode) FROM memory.cdisc.term AS t WHERE t.codelist = list AND t.code = sent), upper(left(sent, 1)) || replace(substr(sent, 2), '_', ' ')
);
CREATE MACRO memory.cdisc.visit_name(num) AS (SELECT max('DAY ' || v.day) FROM study.visit AS v WHERE v.seq = num);
