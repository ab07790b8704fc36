"""The parts of the evidence name the records that decided an item and no others: small tables in, records out.

Each case says what the item rests on, and the changes of the rule that must give other records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from sql_rules import Rules

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Case:
    """concepts: those looked at. due: (concept, record, role), what was not found only where a case is about that.
    changes: words of the rule, what they become."""

    name: str
    model: str
    given: dict[str, list[dict[str, Any]]]
    concepts: tuple[str, ...]
    due: set[tuple[str, str | None, str]]
    changes: tuple[tuple[str, str], ...] = field(default=())


def source(therapy_id: str, record: str, role: str, usubjid: str = "P") -> dict[str, str]:
    return {"usubjid": usubjid, "therapy_id": therapy_id, "record_id": record, "role": role}


def ice(record: str, day: str, orientation: int) -> dict[str, Any]:
    points = {"naming_points": 3, "command_points": 1, "writing_points": 1, "attention_points": 1}
    return {"usubjid": "P", "record_id": record, "assessed_date": day, "orientation_points": orientation, **points}


WINDOW = {"cart_window": [{"usubjid": "P", "course_id": "C", "infused_date": "2021-06-01", "last_date": "2021-07-01"}]}
RULE = {"group_code": "control", "stratum_code": "control"}


def started(item: str, fact: str, therapy_id: str, record: str) -> dict[str, str]:
    return {"usubjid": "P", "item": item, "fact": fact, "source_id": therapy_id, "record_id": record}


ZERO = {
    "screened": [{"usubjid": "P"}],
    "study.item": [{"item": "classes", "kind_code": "classes", "level_no": 0}],
    "study.item_leaf": [{"item": "classes", "leaf": "classes"}],
    "study_group": [{"usubjid": "P", **RULE, "subgroup_code": "btki", "record_id": "line_1"}],
    "study.group_rule": [
        {"seq": 1, "class_code": "btki", **RULE, "subgroup_code": "btki"},
        {"seq": 2, "class_code": "imid", **RULE, "subgroup_code": "imid"},
    ],
    "item_occurrence": [
        started(item, "therapy_start", therapy_id, record)
        for item in ("time_zero", "group", "classes")
        for therapy_id, record in (("line:L1", "line_1"), ("line:L2", "line_2"))
    ],
    "antineoplastic_dose": [
        {"usubjid": "P", "line_id": line_id, "class_code": class_code, "dose_date": day, "record_id": record}
        for line_id, class_code, day, record in (
            ("L1", "imid", "2021-09-01", "imid_day_1"),
            ("L1", "btki", "2021-09-10", "btki_day_10"),
            ("L1", "btki", "2021-09-11", "btki_day_11"),
            ("L2", "anti_cd20", "2021-09-01", "cd20_day_1"),
            ("L3", "btki", "2021-09-01", "other_line"),
        )
    ],
    "therapy_source": [
        source("line:L1", "line_1", "line"),
        source("line:L1", "imid_day_1", "first dose"),
        source("line:L2", "line_2", "line"),
        source("line:L2", "cd20_day_1", "first dose"),
        source("line:L3", "line_3", "line"),
    ],
}

CASES = [
    Case(
        "a total rests on the starts of its lines and on its courses of cells, a sum on the lines alone",
        "deciding__item",
        {
            "screened": [{"usubjid": "P"}],
            "study.item": [
                {"item": "drug_lines", "kind_code": "count", "level_no": 0},
                {"item": "cells", "kind_code": "count", "level_no": 0},
                {"item": "cycles", "kind_code": "sum", "level_no": 0},
                {"item": "lines", "kind_code": "total", "level_no": 1},
            ],
            "study.item_leaf": [
                {"item": "cycles", "leaf": "cycles"},
                {"item": "lines", "leaf": "drug_lines"},
                {"item": "lines", "leaf": "cells"},
            ],
            "item_occurrence": [
                started("drug_lines", "therapy_line", "line:L1", "line_1"),
                started("cycles", "therapy_line", "line:L1", "line_1"),
                {
                    "usubjid": "P",
                    "item": "cells",
                    "fact": "cart_course",
                    "detail_code": "cd19",
                    "course_id": "P:1",
                    "source_id": "order",
                    "record_id": "bag_1",
                },
            ],
            "therapy_source": [source("line:L1", "line_1", "line"), source("line:L1", "dose_1", "first dose")],
            "deciding__course": [
                {"usubjid": "P", "concept": concept, "row_key": key, "record_id": record, "role": "infusion"}
                for concept, key, record in (
                    ("dose", "P:1:CD19", "bag_1"),
                    ("dose", "P:1:CD19", "bag_2"),
                    ("dose", "P:1:CD22", "other_target"),
                    ("dose", "P:2:CD19", "other_course"),
                    ("product", "P:1:CD19", "other_concept"),
                )
            ],
        },
        ("item.lines", "item.cycles"),
        {
            ("item.lines", "line_1", "line"),
            ("item.lines", "dose_1", "first dose"),
            ("item.lines", "bag_1", "infusion"),
            ("item.lines", "bag_2", "infusion"),
            ("item.cycles", "line_1", "line"),
        },
        (
            ("course_fact.concept = evidence.concept", "true"),
            ("of_course.course_id || ':' || upper(of_course.detail_code)", "'P:1:CD22'"),
            ("coalesce(declared.kind_code, '') <> 'sum' or", "true or"),
            ("on leaf.item = resting.leaf", "on true"),
        ),
    ),
    Case(
        "time zero rests on what started then, the group on the class that decided, though it came later",
        "deciding__item",
        ZERO,
        ("item.time_zero", "item.group", "item.classes"),
        {
            ("item.time_zero", "line_1", "line"),
            ("item.time_zero", "imid_day_1", "first dose"),
            ("item.time_zero", "line_2", "line"),
            ("item.time_zero", "cd20_day_1", "first dose"),
            ("item.group", "line_1", "line"),
            ("item.group", "btki_day_10", "first dose of the class"),
            ("item.classes", "line_1", "line"),
            ("item.classes", "line_2", "line"),
            ("item.classes", "imid_day_1", "first dose of the class"),
            ("item.classes", "btki_day_10", "first dose of the class"),
            ("item.classes", "cd20_day_1", "first dose of the class"),
        },
        (
            ("order by dose.dose_date, dose.record_id", "order by dose.dose_date desc, dose.record_id"),
            ("and dose.class_code = deciding.class_code", ""),
            ("coalesce(study_group.subgroup_code, '') = coalesce(rule.subgroup_code, '')", "true"),
            ("or start.role <> 'first dose' and", "or"),
            ("and single.source_id = 'line:' || dose.line_id", ""),
        ),
    ),
    Case(
        "what was looked for in a course and not found rests on that course",
        "deciding__item",
        {
            "screened": [{"usubjid": "P"}],
            "study.item": [{"item": "failure_date", "kind_code": "date", "anchor": "failure", "level_no": 0}],
            "study.item_leaf": [{"item": "failure_date", "leaf": "failure_date"}],
            "study.anchor": [{"name": "failure", "fact": "cart_failure", "detail_code": "cd19", "of_course": "index"}],
            "anchor": [
                {"usubjid": "P", "anchor": "index", "course_id": "P:1"},
                {"usubjid": "P", "anchor": "other", "course_id": "P:2"},
            ],
            "deciding__course": [
                {"usubjid": "P", "concept": "failure", "row_key": key, "record_id": record, "role": "assessment"}
                for key, record in (("P:1:CD19", "scan_1"), ("P:2:CD19", "scan_2"))
            ],
        },
        ("item.failure_date",),
        {("item.failure_date", "scan_1", "assessment")},
        (("on day.of_course = known.anchor", "on true"),),
    ),
    Case(
        "neurotoxicity rests on what had the worst grade, its onset on what showed it first",
        "deciding__toxicity",
        {
            **WINDOW,
            "icans_day": [
                {"usubjid": "P", "course_id": "C", "assess_date": "2021-06-04", "least_grade": 1},
                {"usubjid": "P", "course_id": "C", "assess_date": "2021-06-05", "least_grade": 2},
            ],
            "stg_ehr__ice_score": [
                ice("well_4", "2021-06-04", 4),
                ice("mild_4", "2021-06-04", 2),
                ice("mild_5", "2021-06-05", 2),
                {**ice("worse_5", "2021-06-05", 0), "naming_points": 0},
            ],
        },
        ("icans_derived", "icans_onset"),
        {("icans_derived", "worse_5", "ice"), ("icans_onset", "mild_4", "ice")},
        (("and day.worst_grade = evidence.least_grade", ""), ("and evidence.least_grade >= 1", "")),
    ),
    Case(
        "no neurotoxicity rests on every score of the window",
        "deciding__toxicity",
        {
            **WINDOW,
            "icans_day": [
                {"usubjid": "P", "course_id": "C", "assess_date": f"2021-06-0{day}", "least_grade": 0} for day in (4, 5)
            ],
            "stg_ehr__ice_score": [ice("well_4", "2021-06-04", 4), ice("well_5", "2021-06-05", 4)],
        },
        ("icans_derived", "icans_onset"),
        {("icans_derived", "well_4", "ice"), ("icans_derived", "well_5", "ice")},
        (("or day.worst_grade = 0", ""),),
    ),
    Case(
        "no cytokine release syndrome rests on the temperatures of the window, and on signs that came without a fever",
        "deciding__toxicity",
        {
            **WINDOW,
            "stg_ehr__vital_sign": [
                {"usubjid": "P", "measured_date": "2021-06-04", "temperature_cel": 36.8, "record_id": "cool"},
                {"usubjid": "P", "measured_date": "2021-06-05", "temperature_cel": None, "record_id": "no_temperature"},
                {"usubjid": "P", "measured_date": "2021-05-31", "temperature_cel": 36.8, "record_id": "before"},
            ],
            "crs_sign": [{"usubjid": "P", "course_id": "C", "sign_code": "hypoxia", "grade": 2, "record_id": "oxygen"}],
            "crs_unread": [{"usubjid": "P", "course_id": "C", "sign_code": "fever", "record_id": "fahrenheit"}],
        },
        ("crs_derived", "crs_onset"),
        {
            ("crs_derived", "cool", "temperature"),
            ("crs_derived", "oxygen", "hypoxia without fever"),
            ("crs_derived", "fahrenheit", "fever not read"),
        },
        (("where vital.temperature_cel is not null", ""),),
    ),
    Case(
        "cytokine release syndrome rests on its worst signs, not on temperatures without fever",
        "deciding__toxicity",
        {
            **WINDOW,
            "crs_day": [{"usubjid": "P", "course_id": "C", "assess_date": "2021-06-04", "grade": 1}],
            "stg_ehr__vital_sign": [
                {"usubjid": "P", "measured_date": "2021-06-05", "temperature_cel": 36.8, "record_id": "cool"},
            ],
            "crs_sign": [
                {
                    "usubjid": "P",
                    "course_id": "C",
                    "sign_code": "fever",
                    "grade": 1,
                    "record_id": "hot",
                    "from_date": "2021-06-04",
                    "to_date": "2021-06-04",
                }
            ],
        },
        ("crs_derived",),
        {("crs_derived", "hot", "fever")},
        (("where with_syndrome.course_id is null", ""),),
    ),
    Case(
        "an unknown recorded grade rests on the event whose term no list knows",
        "deciding__toxicity",
        {
            **WINDOW,
            "recorded_toxicity": [
                {"usubjid": "P", "course_id": "C", "term_code": "crs", "recorded_grade": None},
                {"usubjid": "P", "course_id": "C", "term_code": "icans", "recorded_grade": 1},
            ],
            "stg_ehr__adverse_event": [
                {
                    "usubjid": "P",
                    "term_code": None,
                    "toxicity_grade": 1,
                    "onset_date": "2021-06-03",
                    "record_id": "strange",
                },
                {
                    "usubjid": "P",
                    "term_code": "icans",
                    "toxicity_grade": 1,
                    "onset_date": "2021-06-03",
                    "record_id": "icans",
                },
            ],
        },
        ("crs_recorded", "icans_recorded"),
        {("crs_recorded", "strange", "recorded"), ("icans_recorded", "icans", "recorded")},
        (("and toxicity.recorded_grade is null", ""), ("or event.term_code is null", "or false")),
    ),
    Case(
        "a recorded grade 0 rests on what shows that the course was watched",
        "deciding__toxicity",
        {
            **WINDOW,
            "watched_course": [{"usubjid": "P", "course_id": "C", "record_id": "vital"}],
            "recorded_toxicity": [{"usubjid": "P", "course_id": "C", "term_code": "crs", "recorded_grade": 2}],
            "stg_ehr__adverse_event": [
                {
                    "usubjid": "P",
                    "term_code": "crs",
                    "toxicity_grade": grade,
                    "onset_date": "2021-06-03",
                    "record_id": f"crs_{grade}",
                }
                for grade in (1, 2)
            ],
        },
        ("crs_recorded", "icans_recorded"),
        {("crs_recorded", "crs_2", "recorded"), ("icans_recorded", "vital", "watched, none recorded")},
        (("where toxicity.course_id is null", ""), ("and term.term_code = toxicity.term_code", "")),
    ),
    Case(
        "a death without a day rests on the last sign of life within its period, whatever came later",
        "deciding__endpoint",
        {
            "endpoint_start": [{"usubjid": "P", "paramcd": "OS", "start_date": "2021-06-01", "record_id": "bag"}],
            "adtte": [
                {
                    "usubjid": "P",
                    "paramcd": "OS",
                    "adt": "2021-08-20",
                    "cnsr": 0,
                    "adtf": "D",
                    "srcdom": "ae",
                    "record_id": "fatal",
                }
            ],
            "death_record": [
                {"usubjid": "P", "record_id": "fatal", "death_date": "2021-08-20", "adtf": "D", "is_counted": True},
                {"usubjid": "P", "record_id": "other", "death_date": "2021-08-03", "adtf": "D", "is_counted": False},
            ],
            "contact": [
                {"usubjid": "P", "contact_date": "2021-08-20", "is_past": True, "srcdom": "ss", "record_id": "visit"},
                {"usubjid": "P", "contact_date": "2021-08-20", "is_past": True, "srcdom": "lb", "record_id": "blood"},
                {"usubjid": "P", "contact_date": "2021-08-03", "is_past": True, "srcdom": "lb", "record_id": "a_day"},
                {"usubjid": "P", "contact_date": "2021-09-09", "is_past": True, "srcdom": "lb", "record_id": "later"},
            ],
        },
        ("endpoint.OS",),
        {
            ("endpoint.OS", "bag", "start"),
            ("endpoint.OS", "fatal", "event"),
            ("endpoint.OS", "blood", "last sign of life"),
        },
        (
            ("and alive.choice = 1", ""),
            ("and death.death_date = contact.contact_date", ""),
            ("where endpoint.cnsr = 0\n", "where endpoint.cnsr > 0\n"),
        ),
    ),
    Case(
        "a death with its day needs no sign of life",
        "deciding__endpoint",
        {
            "endpoint_start": [{"usubjid": "P", "paramcd": "OS", "start_date": "2021-06-01", "record_id": "bag"}],
            "adtte": [
                {"usubjid": "P", "paramcd": "OS", "adt": "2021-08-20", "cnsr": 0, "srcdom": "ds", "record_id": "death"}
            ],
            "death_record": [{"usubjid": "P", "record_id": "death", "death_date": "2021-08-20", "is_counted": True}],
            "contact": [
                {"usubjid": "P", "contact_date": "2021-08-20", "is_past": True, "srcdom": "lb", "record_id": "blood"}
            ],
        },
        ("endpoint.OS",),
        {("endpoint.OS", "bag", "start"), ("endpoint.OS", "death", "event")},
        (("and death.adtf is not null", ""),),
    ),
    Case(
        "lymphodepletion rests on the doses that can lie in its 14 days, those of which the day is not known too",
        "deciding__course",
        {
            "screened": [{"usubjid": "P"}],
            "cart_course": [{"usubjid": "P", "course_id": "C", "target_antigen": "T", "infused_date": "2021-04-05"}],
            "lymphodepletion": [
                {"usubjid": "P", "course_id": "C", "target_antigen": "T", "lymphodepletion_code": "other"}
            ],
            "stg_ehr__drug_administration": [
                {
                    "usubjid": "P",
                    "record_id": f"of {day}",
                    "start_date": day,
                    "administration_status": "given",
                    "indication_code": "lymphodepletion",
                }
                for day in ("2021-02", "2021-03", "2021-03-21", "2021-03-22", "2021-04-04", "2021-04-05")
            ],
        },
        ("lymphodepletion",),
        {("lymphodepletion", f"of {day}", "dose") for day in ("2021-03", "2021-03-22", "2021-04-04")},
        (("<= 14", "<= 15"), ("<= 14", "< 14")),
    ),
    Case(
        "a relapse rests on the first assessment of its best response, a best response that is none on every one",
        "deciding__course",
        {
            "screened": [{"usubjid": "P"}],
            "cart_course": [
                {"usubjid": "P", "course_id": course, "target_antigen": "T", "infused_date": "2021-04-05"}
                for course in ("C", "D")
            ],
            "cart_course_failure": [
                {
                    "usubjid": "P",
                    "course_id": "C",
                    "target_antigen": "T",
                    "best_response_code": "PR",
                    "failure_type_code": "relapsed",
                    "record_id": "pd",
                },
                {"usubjid": "P", "course_id": "D", "target_antigen": "T", "best_response_code": "NE"},
            ],
            "cart_assessment": [
                {
                    "usubjid": "P",
                    "course_id": course,
                    "target_antigen": "T",
                    "assessment_no": number,
                    "avalc": avalc,
                    "record_id": record,
                }
                for course, number, avalc, record in (
                    ("C", 1, "PR", "first"),
                    ("C", 2, "PR", "second"),
                    ("D", 1, "NE", "blurred"),
                    ("D", 2, "NE", "blurred_too"),
                )
            ],
        },
        ("failure", "best_response"),
        {
            ("failure", "pd", "decides"),
            ("failure", "first", "response before: decides"),
            ("failure", "blurred", "assessment: decides"),
            ("failure", "blurred_too", "assessment: decides"),
            ("best_response", "first", "decides"),
            ("best_response", "blurred", "decides"),
            ("best_response", "blurred_too", "decides"),
        },
        (("and assessment.place = 1\n", "\n"), (" or assessment.avalc = 'NE'", "")),
    ),
    Case(
        "a censoring rests on what ended observation and on the event that came after the gap, an event on itself",
        "deciding__endpoint",
        {
            "endpoint_start": [{"usubjid": who, "paramcd": "PFS", "record_id": f"bag_{who}"} for who in "PQR"],
            "adtte": [
                {"usubjid": "P", "paramcd": "PFS", "cnsr": 1, "record_id": "scan_P"},
                {"usubjid": "Q", "paramcd": "PFS", "cnsr": 0, "record_id": "pd_Q"},
                {"usubjid": "R", "paramcd": "PFS", "cnsr": 1, "record_id": "scan_R"},
            ],
            "endpoint_end": [{"usubjid": who, "paramcd": "PFS", "end_date": "2021-09-01"} for who in "PQ"],
            "endpoint_candidate": [
                {
                    "usubjid": who,
                    "paramcd": "PFS",
                    "source_role": "end",
                    "fact_date": "2021-09-01",
                    "record_id": f"therapy_{who}",
                }
                for who in "PQ"
            ],
            "assessment_gap": [{"usubjid": who, "paramcd": "PFS", "gap_date": "2021-10-01"} for who in "PQR"],
            "endpoint_event": [
                {"usubjid": who, "paramcd": "PFS", "fact_date": day, "record_id": f"pd_{who}"}
                for who, day in (("P", "2021-10-02"), ("Q", "2021-10-02"), ("R", "2021-10-01"))
            ],
        },
        ("endpoint.PFS",),
        {
            *(("endpoint.PFS", f"bag_{who}", "start") for who in "PQR"),
            *(("endpoint.PFS", f"scan_{who}", "censored at") for who in "PR"),
            ("endpoint.PFS", "pd_Q", "event"),
            ("endpoint.PFS", "therapy_P", "end of observation"),
            ("endpoint.PFS", "pd_P", "event after the gap"),
        },
        (("event.fact_date > gap.gap_date", "event.fact_date >= gap.gap_date"),),
    ),
    Case(
        "survival rests on a death before the last sign of life, and on the sign that placed it",
        "deciding__endpoint",
        {
            "followed": [{"usubjid": "P"}],
            "endpoint_fact": [
                {"usubjid": "P", "fact": "death", "record_id": "dead"},
                {"usubjid": "P", "fact": "last_alive", "record_id": "visit"},
            ],
            "death_record": [
                {"usubjid": "P", "record_id": "dead", "death_date": "2021-08-20", "adtf": "D", "is_counted": True}
            ],
            "contact": [
                {"usubjid": "P", "contact_date": "2021-08-20", "is_past": True, "srcdom": "lb", "record_id": "blood"},
                {"usubjid": "P", "contact_date": "2021-08-20", "is_past": True, "srcdom": "ss", "record_id": "visit"},
            ],
        },
        ("survival",),
        {("survival", "dead", "death"), ("survival", "blood", "last sign of life")},
    ),
    Case(
        "no syndrome rests on the temperatures of the first to the last day of the window",
        "deciding__toxicity",
        {
            **WINDOW,
            "stg_ehr__vital_sign": [
                {"usubjid": "P", "record_id": f"of {day}", "measured_date": day, "temperature_cel": 37}
                for day in ("2021-05-31", "2021-06-01", "2021-07-01", "2021-07-02")
            ],
        },
        ("crs_derived",),
        {("crs_derived", f"of {day}", "temperature") for day in ("2021-06-01", "2021-07-01")},
    ),
    Case(
        "a recorded toxicity rests on the events that began on the first to the last day of the window",
        "deciding__toxicity",
        {
            **WINDOW,
            "recorded_toxicity": [{"usubjid": "P", "course_id": "C", "term_code": "crs", "recorded_grade": 1}],
            "stg_ehr__adverse_event": [
                {
                    "usubjid": "P",
                    "record_id": f"of {day}",
                    "onset_date": day,
                    "term_code": "crs",
                    "toxicity_grade": 1,
                }
                for day in ("2021-05-31", "2021-06-01", "2021-07-01", "2021-07-02")
            ],
        },
        ("crs_recorded",),
        {("crs_recorded", f"of {day}", "recorded") for day in ("2021-06-01", "2021-07-01")},
    ),
    Case(
        "the onset of a syndrome rests on the fevers of its first day, those that end and those that begin on it too",
        "deciding__toxicity",
        {
            **WINDOW,
            "crs_day": [
                {"usubjid": "P", "course_id": "C", "assess_date": day, "grade": 1}
                for day in ("2021-06-03", "2021-06-04")
            ],
            "crs_sign": [
                {
                    "usubjid": "P",
                    "course_id": "C",
                    "sign_code": "fever",
                    "grade": 1,
                    "record_id": f"from {start} to {end}",
                    "from_date": f"2021-06-0{start}",
                    "to_date": f"2021-06-0{end}",
                }
                for start, end in ((1, 2), (2, 3), (3, 4), (4, 5))
            ],
        },
        ("crs_onset",),
        {("crs_onset", f"from {start} to {end}", "fever") for start, end in ((2, 3), (3, 4))},
    ),
    Case(
        "the onset of neurotoxicity rests on the first day of grade 1 or more",
        "deciding__toxicity",
        {
            **WINDOW,
            "icans_day": [
                {"usubjid": "P", "course_id": "C", "assess_date": f"2021-06-0{day}", "least_grade": grade}
                for day, grade in ((2, 0), (3, 1), (4, 2))
            ],
            "stg_ehr__ice_score": [
                ice("none", "2021-06-02", 4),
                ice("first", "2021-06-03", 2),
                ice("worst", "2021-06-04", 0),
            ],
        },
        ("icans_onset", "icans_derived"),
        {("icans_onset", "first", "ice"), ("icans_derived", "worst", "ice")},
    ),
    Case(
        "the area under the curve rests on the counts of day 1 to 28",
        "deciding__toxicity",
        {
            "cell_kinetics": [{"course_id": "C", "target_antigen": "T", "peak_10e6_per_l": 99}],
            "cart_count": [
                {
                    "usubjid": "P",
                    "course_id": "C",
                    "target_antigen": "T",
                    "days_since_infusion": day,
                    "record_id": f"day {day}",
                }
                for day in (0, 1, 28, 29)
            ],
        },
        ("cart_auc",),
        {("cart_auc", "day 1", "sample"), ("cart_auc", "day 28", "sample")},
    ),
    Case(
        "the worst laboratory grade of 30 days rests on day 30 and not on day 31",
        "deciding__toxicity",
        {
            "followed": [{"usubjid": "P", "course_id": "C"}],
            "ctcae_term": [{"lbtestcd": "X", "direction": "low", "paramcd": "XLOW"}],
            "lab_grade": [
                {
                    "course_id": "C",
                    "lbtestcd": "X",
                    "direction": "low",
                    "grade": grade,
                    "days_since_infusion": day,
                    "record_id": f"day {day}",
                }
                for day, grade in ((29, 1), (30, 2), (31, 3))
            ],
        },
        ("laboratory.atoxgr30", "laboratory.atoxgr90"),
        {
            ("laboratory.atoxgr30", "day 30", "first of the worst grade"),
            ("laboratory.atoxgr90", "day 31", "first of the worst grade"),
        },
    ),
    Case(
        "what is picked and not found is said, of every item that rests on it",
        "deciding__item",
        {
            "screened": [{"usubjid": "P"}],
            "study.item": [
                {"item": "cells", "kind_code": "pick", "label": "cells", "level_no": 0},
                {"item": "many", "kind_code": "cutoff", "label": "many cells", "level_no": 1},
            ],
            "study.item_leaf": [{"item": "cells", "leaf": "cells"}, {"item": "many", "leaf": "cells"}],
        },
        ("item.cells", "item.many"),
        {(f"item.{item}", None, "not found") for item in ("cells", "many")},
        (("where level_no = 0", "where level_no = 1"),),
    ),
    Case(
        "a criterion rests on all its parts when it is met, else on the first part that is not met, else unknown",
        "deciding__criterion",
        {
            "criterion_result": [
                {"usubjid": "P", "criterion_id": name, "status": name} for name in ("met", "unknown", "not_met")
            ],
            "criterion_part": [
                {"usubjid": "P", "criterion_id": name, "item": item, "part_no": number, "status": status}
                for name, parts in {
                    "met": ("met", "met"),
                    "unknown": ("met", "unknown", "unknown"),
                    "not_met": ("met", "unknown", "not_met", "not_met"),
                }.items()
                for number, (item, status) in enumerate(zip("ABCD", parts, strict=False), start=1)
            ],
            "deciding__item": [
                {"usubjid": "P", "concept": f"item.{item}", "record_id": f"of {item}", "role": "value"}
                for item in "ABCD"
            ],
        },
        ("criterion.met", "criterion.unknown", "criterion.not_met"),
        {
            ("criterion.met", "of A", "A: value"),
            ("criterion.met", "of B", "B: value"),
            ("criterion.unknown", "of B", "B: value"),
            ("criterion.not_met", "of C", "C: value"),
        },
        (("part.place = 1", "part.place = 2"),),
    ),
    Case(
        "therapy while waiting is what started from the day of the first order to the day before the cells",
        "deciding__cd20",
        {
            "cd20_intention": [
                {"usubjid": who, "first_ordered_date": "2021-06-02", "first_infused_date": infused}
                | {"has_therapy_while_waiting": True}
                for who, infused in (("treated", "2021-06-04"), ("waits", None))
            ],
            "therapy_after_failure": [
                {"usubjid": who, "therapy_id": f"{who} {day}", "kind": "line", "start_date": f"2021-06-0{day}"}
                for who in ("treated", "waits")
                for day in (1, 2, 3, 4)
            ],
            "therapy_source": [
                source(f"{who} {day}", f"{who} {day}", "line", who)
                for who in ("treated", "waits")
                for day in (1, 2, 3, 4)
            ],
        },
        ("has_therapy_while_waiting",),
        {
            ("has_therapy_while_waiting", record, "line")
            for record in ("treated 2", "treated 3", "waits 2", "waits 3", "waits 4")
        },
        ((">= intended.first_ordered_date", "> intended.first_ordered_date"),),
    ),
]
CHANGES = [(case, change) for case in CASES for change in case.changes]


def found(rules: Rules, case: Case, sql: str) -> set[tuple[str, str | None, str]]:
    rows = rules.ask(case.model, case.given, sql)
    unfound = {(concept, None, "not found") for concept in case.concepts}
    told = {(row["concept"], row["record_id"], row["role"]) for row in rows if row["concept"] in case.concepts}
    return told - (unfound - case.due)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_what_decided_is_named(rules: Rules, case: Case) -> None:
    assert found(rules, case, rules.models[case.model]) == case.due


@pytest.mark.parametrize(("case", "change"), CHANGES, ids=lambda part: part.name if isinstance(part, Case) else part[0])
def test_a_changed_rule_is_caught(rules: Rules, case: Case, change: tuple[str, str]) -> None:
    sql = rules.models[case.model]
    assert change[0] in sql, f"{case.model} no longer says {change[0]!r}: declare the change anew"
    assert found(rules, case, sql.replace(*change)) != case.due


def test_the_longest_lesion_is_that_of_the_study_whose_known_diameter_is_the_value(rules: Rules) -> None:
    longest = {"usubjid": "P", "item": "longest", "fact": "max_lesion_mm", "value_num": 15, "record_id": "scan"}
    given = {
        "study.item_leaf": [{"item": "longest", "leaf": "longest"}],
        "item_occurrence": [longest],
        "stg_ris__target_lesion": [
            {"record_id": "scan", "lesion_code": "both", "ldi_mm": 14, "sdi_mm": 10},
            {"record_id": "scan", "lesion_code": "long", "ldi_mm": 15, "sdi_mm": 10},
            {"record_id": "scan", "lesion_code": "one", "ldi_mm": 15},
            {"record_id": "scan", "lesion_code": "the other", "sdi_mm": 15},
            {"record_id": "scan", "lesion_code": "none"},
            {"record_id": "of another day", "lesion_code": "one", "ldi_mm": 15},
        ],
    }
    rows = rules.ask("deciding__item", given)
    assert {(row["record_id"], row["part"]) for row in rows if row["concept"] == "item.longest"} == {
        ("scan", lesion) for lesion in ("long", "one", "the other")
    }
