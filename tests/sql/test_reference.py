"""The models against a second implementation, from the same guidelines without SQL: the simulator's where it has
the rule, a few lines here where it has not. Small domains are tried out whole, large ones are searched by Hypothesis.
"""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartwright.simulator import derivable
from cartwright.simulator.days import DATA_CUT, day, iso
from cartwright.simulator.derive_baseline import double_hit, hans, prognostic_index
from cartwright.simulator.derive_lugano import TimePoint, time_points
from cartwright.simulator.derive_therapy import courses
from cartwright.simulator.derive_visible import nearest
from sql_rules import Rules

pytestmark = pytest.mark.slow
SEARCH = settings(max_examples=25, deadline=None, derandomize=True, database=None)
BUILD = [{"data_cut_date": iso(DATA_CUT)}]
ZERO = day("2021-03-01")


def cohort(patient: st.SearchStrategy, size: int = 12) -> st.SearchStrategy:
    """Several patients at once: a query costs the same for one and for many."""
    return st.lists(patient, min_size=1, max_size=size)


def test_cell_of_origin_is_hans_for_every_combination_of_markers(rules: Rules) -> None:
    markers = ("CD10", "BCL6", "MUM1")
    patients = list(product((None, 0, 29.9, 30, 90), repeat=3))
    stains = [
        {"report_no": str(i), "marker_code": marker, "positive_percent": percent, "record_id": marker}
        for i, patient in enumerate(patients)
        for marker, percent in zip(markers, patient, strict=True)
        if percent is not None
    ]
    found = {row["report_no"]: row["coo_code"] for row in rules.ask("coo", {"stain": stains})}
    for i, patient in enumerate(patients):
        assert found.get(str(i)) == hans(dict(zip(markers, patient, strict=True))), patient


def test_double_hit_for_every_combination_of_probes(rules: Rules) -> None:
    genes, results = ("MYC", "BCL2", "BCL6"), (None, "rearranged", "not_rearranged", "failed")
    patients = list(product(results, repeat=3))
    probes = [
        {"report_no": str(i), "gene_code": gene, "fish_result": result, "collected_date": iso(ZERO), "record_id": gene}
        for i, patient in enumerate(patients)
        for gene, result in zip(genes, patient, strict=True)
        if result is not None
    ]
    rows = rules.ask("rearrangement", {"stg_lis__fish": probes, "meta.build": BUILD})
    found = {row["report_no"]: row["is_double_triple_hit"] for row in rows}
    for i, patient in enumerate(patients):
        assert found.get(str(i)) == double_hit(dict(zip(genes, patient, strict=True))), patient


def test_prognostic_index_for_every_combination_of_factors(rules: Rules) -> None:
    items = ("age_years", "ldh_ratio_uln", "ecog_grade", "ann_arbor_stage", "extranodal_sites_count")
    values = ((None, 1.0, 1.1), (None, 1, 2), (None, 2, 3), (None, 1, 2))
    patients = list(product((60, 61), *values))
    points = [
        {"of_item": "age_years", "over_num": 60},
        {"of_item": "ldh_ratio_uln", "over_num": 1},
        {"of_item": "ecog_grade", "min_num": 2},
        {"of_item": "ann_arbor_stage", "min_num": 3},
        {"of_item": "extranodal_sites_count", "min_num": 2},
    ]
    rows = rules.ask(
        "item__derived",
        {
            "study.item": [
                {"item": "ipi_score", "kind_code": "score", "level_no": 1},
                {"item": "ipi_low", "kind_code": "bound", "level_no": 2},
                {"item": "ipi_high", "kind_code": "bound", "level_no": 2},
                {"item": "is_ipi_ge3", "kind_code": "cutoff", "level_no": 2},
            ],
            "study.item_part": [
                *({"item": "ipi_score", "points": 1, **point} for point in points),
                {"item": "ipi_low", "of_item": "ipi_score", "end_code": "low"},
                {"item": "ipi_high", "of_item": "ipi_score", "end_code": "high"},
                {"item": "is_ipi_ge3", "of_item": "ipi_score", "min_num": 3},
            ],
            "item__direct": [
                {"usubjid": str(i), "item": item, "value_num": value, "comparator": None if value is None else "="}
                for i, known in enumerate(patients)
                for item, value in zip(items, known, strict=True)
            ],
        },
    )
    found = {(row["usubjid"], row["item"]): row["value_num"] for row in rows}
    for i, (age, ldh, ecog, stage, sites) in enumerate(patients):
        expected = prognostic_index(
            {
                "age_years": age,
                "is_ldh_gt_uln": None if ldh is None else ldh > 1,
                "ecog_grade": ecog,
                "ann_arbor_stage": stage,
                "extranodal_sites_count": sites,
            }
        )
        assert {name: found[str(i), name] for name in expected} == expected, patients[i]


@SEARCH
@given(patients=cohort(st.lists(st.tuples(st.integers(-40, 25), st.integers(0, 4)), max_size=6)))
def test_baseline_takes_the_nearest_record(rules: Rules, patients: list) -> None:
    rows = rules.ask(
        "item_candidate",
        {
            "study.item": [
                {
                    "item": "x",
                    "fact": "x",
                    "kind_code": "pick",
                    "pick": "nearest",
                    "anchor": "failure",
                    "from_day": -28,
                    "to_day": 14,
                }
            ],
            "anchor": [
                {"usubjid": str(i), "anchor": "failure", "anchor_date": iso(ZERO)} for i in range(len(patients))
            ],
            "study_fact": [
                {"usubjid": str(i), "fact": "x", "value_num": value, "fact_date": iso(ZERO + offset), "occurrence": seq}
                for i, records in enumerate(patients)
                for seq, (offset, value) in enumerate(records)
            ],
        },
    )
    found = {row["usubjid"]: row["value_num"] for row in rows if row["choice_no"] == 1}
    for i, records in enumerate(patients):
        expected = nearest([(ZERO + offset, value) for offset, value in records], ZERO, ZERO - 28, ZERO + 14)
        assert found.get(str(i)) == expected


DATES = st.dates(date(2021, 12, 1), date(2022, 3, 31))


@st.composite
def partial_date(draw, lengths: tuple[int, ...] = (7, 10)) -> str:
    """A date of which the day may be missing, with length 4 the month too."""
    return draw(DATES).isoformat()[: draw(st.sampled_from(lengths))]


@SEARCH
@given(patients=cohort(st.tuples(partial_date((4, 7, 10)), st.lists(DATES, min_size=1, max_size=3))))
def test_death_and_last_date_known_alive_around_the_cut(rules: Rules, patients: list) -> None:
    """Contacts and a death, each before or after the data cut, of the death what is known of its date."""
    build = [{"data_cut_date": "2022-01-31", "as_of_at": "2022-12-31 00:00:00+00", "hospital_zone": "UTC"}]
    contacts = [
        {"usubjid": str(i), "contact_date": seen, "is_past": True}
        for i, (_, days) in enumerate(patients)
        for seen in days
    ]
    deaths = [{"usubjid": str(i), "death_date": text, "record_id": str(i)} for i, (text, _) in enumerate(patients)]
    given = {"meta.build": build, "contact": contacts, "stg_ehr__death": deaths}
    chain = ["last_contact", "death_record", "death"]
    died = {row["usubjid"]: row["death_date"].toordinal() for row in rules.derive(chain, given)}
    chain = ["last_contact", "death_record", "last_alive"]
    alive = {row["usubjid"]: row["last_alive_date"].toordinal() for row in rules.derive(chain, given)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derivable, "DATA_CUT", day("2022-01-31"))
        for i, (text, days) in enumerate(patients):
            rows, seen = {"death": [{"death_date": text}]}, [when.toordinal() for when in days]
            assert died.get(str(i)) == derivable.death_day(rows, seen)
            assert alive[str(i)] == derivable.last_alive(rows, seen)


@SEARCH
@given(patients=cohort(st.tuples(partial_date(), st.none() | DATES, st.lists(DATES, max_size=3))))
def test_a_partial_progression_is_the_last_day_it_can_be(rules: Rules, patients: list) -> None:
    rows = rules.ask(
        "clinical_progression",
        {
            "meta.build": BUILD,
            "stg_ehr__clinical_progression": [
                {"usubjid": str(i), "record_id": str(i), "progressed_date": text}
                for i, (text, *_) in enumerate(patients)
            ],
            "death": [{"usubjid": str(i), "death_date": died} for i, (_, died, _) in enumerate(patients) if died],
            "imaging_study": [
                {"usubjid": str(i), "performed_date": seen} for i, (*_, scans) in enumerate(patients) for seen in scans
            ],
        },
    )
    found = {row["usubjid"]: row["progression_date"].toordinal() for row in rows}
    for i, (text, died, scans) in enumerate(patients):
        month = day((text + "-01")[:10])
        death = died.toordinal() if died and died.toordinal() >= month else None  # one month never becomes another
        assert found[str(i)] == derivable.clinical_progression(
            {"clinical_progression": [{"progressed_date": text}]}, 0, death, sorted(scan.toordinal() for scan in scans)
        )


CODES = st.sampled_from(["CR", "PR", "SD", "PD", "NE"])


@SEARCH
@given(
    patients=cohort(
        st.tuples(
            st.lists(CODES, max_size=4),
            st.none() | st.integers(1, 200),
            st.none() | st.integers(1, 200),
        )
    )
)
def test_best_response_is_the_best_that_counts(rules: Rules, patients: list) -> None:
    """Assessments every 30 days; then, for some, new therapy and death."""
    names = [str(i) for i in range(len(patients))]
    followed = [
        {
            "usubjid": name,
            "course_id": name,
            "time_zero_date": iso(ZERO),
            "new_therapy_date": None if new is None else iso(ZERO + new),
        }
        for name, (_, new, _) in zip(names, patients, strict=True)
    ]
    points = [[TimePoint(ZERO + 30 * (k + 1), code) for k, code in enumerate(codes)] for codes, _, _ in patients]
    rows = rules.derive(
        ["followup_assessment", "best_response"],
        {
            "study.response": [{"source_code": "lesions", "stable_from_day": 0, "death_code": "progression"}],
            "followed": followed,
            "study_fact": [
                {
                    "usubjid": name,
                    "fact": "response",
                    "detail_code": "imaging",
                    "course_id": name,
                    "fact_date": iso(point.date),
                    "value_txt": point.response,
                    "value_num": int(point.response != "NE"),
                    "record_id": str(point.date),
                }
                for name, own in zip(names, points, strict=True)
                for point in own
            ]
            + [
                {"usubjid": name, "fact": "death", "fact_date": iso(ZERO + died), "record_id": "death"}
                for name, (_, _, died) in zip(names, patients, strict=True)
                if died is not None
            ],
        },
    )
    found = {row["usubjid"]: row["best_response_code"] for row in rows}
    for name, own, (_, new, died) in zip(names, points, patients, strict=True):
        progressed = min((point.date for point in own if point.response == "PD"), default=None)
        new, died = (None if offset is None else ZERO + offset for offset in (new, died))
        assert found[name] == derivable.best_response(own, None, progressed, new, died)


@st.composite
def tumour_course(draw) -> list[dict]:
    """Scans of one patient: measured CTs before, then one to four CTs or PETs, some on a day that has one already."""
    kinds = draw(st.lists(st.sampled_from(["nodal", "extranodal"]), min_size=1, max_size=2))
    organs = {
        "spleen_length_mm": st.sampled_from([None, 110, 130, 131, 150, 152, 161, 170]),
        "marrow_code": st.sampled_from([None, "normal", "reduced", "unchanged", "new"]),
        "nontarget_code": st.sampled_from([None, "absent", "regressed", "stable", "progressed"]),
    }
    diameters = st.sampled_from([0, 10, 15, 16, 20, 21, 25, 26, 30, 31, 40])

    def report(offset: int, modality: str, **fields) -> dict:
        empty = dict.fromkeys(["deauville_code", "uptake_change_code", "suv_max", *organs])
        return {
            "report_no": f"{offset + 100}-{len(scans)}",
            "performed_at": f"{iso(ZERO + offset)} 10:00:00",
            "modality_code": modality,
            "is_evaluable": True,
            "target_lesions": [],
            "new_lesions": [],
            **empty,
            **fields,
        }

    def lesions(sizes: st.SearchStrategy, least_seen: int, partly: bool) -> list[dict]:
        seen = list(enumerate(kinds))[: draw(st.integers(least_seen, len(kinds)))]
        found = []
        for number, kind in seen:
            ldi = draw(sizes)
            sdi = min(ldi, draw(diameters))
            ldi, sdi = (sdi, ldi) if draw(st.integers(0, 4)) == 0 else (ldi, sdi)  # typed the wrong way round
            found.append(
                {
                    "lesion_code": f"T{number}",
                    "site_code": "iliac",
                    "lesion_kind": kind,
                    "part_of_lesion_code": None,
                    "ldi_mm": float(ldi),
                    "sdi_mm": float(sdi),
                }
            )
        return draw(st.permutations(found))[: draw(st.integers(0, 2))] if partly else found

    def new_lesions(avid: bool | None) -> list[dict]:
        if draw(st.integers(0, 4)):
            return []
        longest = draw(st.sampled_from([None, 8.0, 16.0]))
        kind = draw(st.sampled_from(["nodal", "extranodal"]))
        return [
            {
                "lesion_code": draw(st.sampled_from(["N", "M"])),
                "site_code": "liver",
                "lesion_kind": kind,
                "longest_mm": longest,
                "is_fdg_avid": avid,
                "is_equivocal": draw(st.integers(0, 3)) > 0,
            }
        ]

    def ct(offset: int, sizes: st.SearchStrategy, least_seen: int, fresh: bool, partly: bool = False) -> dict:
        own = {name: draw(choice) for name, choice in organs.items()}
        return report(
            offset,
            "CT",
            target_lesions=lesions(sizes, least_seen, partly),
            new_lesions=new_lesions(None) if fresh else [],
            **own,
        )

    scans: list[dict] = []  # report() counts them
    before = st.sampled_from([10, 11, 15, 16, 20, 21, 30, 40])
    for offset in draw(st.sampled_from([[-5], [-5], [-19, -5], [-20, -5], [-5, -5], [-41], [0]])):
        scans += [ct(offset, before, len(kinds), False, partly=draw(st.integers(0, 3)) == 0)]
    if draw(st.booleans()):
        scans.append(report(-4, "PET_CT", deauville_code="5", suv_max=draw(st.sampled_from([None, 10.0]))))
    days = draw(st.lists(st.integers(5, 90), min_size=1, max_size=4, unique=True).map(sorted))
    for offset in sorted(days + draw(st.lists(st.sampled_from(days), max_size=2))):
        if draw(st.booleans()):
            least = draw(st.sampled_from([0, len(kinds), len(kinds)]))
            scans.append(ct(offset, diameters, least, True, partly=draw(st.integers(0, 3)) == 0))
        else:
            scans.append(
                report(
                    offset,
                    "PET_CT",
                    deauville_code=draw(st.sampled_from(["1", "3", "4", "5", "X"])),
                    uptake_change_code=draw(st.sampled_from([None, "decreased", "unchanged", "increased"])),
                    suv_max=draw(st.sampled_from([None, 7.4, 7.5, 10.1, 12.5, 12.6])),
                    marrow_code=draw(organs["marrow_code"]),
                    new_lesions=new_lesions(draw(st.booleans())),
                )
            )
        scans[-1]["is_evaluable"] = draw(st.integers(0, 5)) > 0
    return scans


THERAPY = st.tuples(st.integers(-20, 90), st.sampled_from([0, 0, 10]))  # first possible day, days of doubt


LUGANO = (
    "imaging_study",
    "imaging_day",
    "lesion_size",
    "lesion_group",
    "new_lesion",
    "course_scan",
    "course_measure",
    "course_lesion",
    "course_organ",
    "ct_response",
    "pet_response",
    "timepoint_scan",
    "timepoint_response",
)


@settings(SEARCH, max_examples=20)
@given(patients=cohort(st.tuples(tumour_course(), st.lists(THERAPY, max_size=2)), size=25))
def test_time_points_follow_lugano(rules: Rules, patients: list) -> None:
    def rows_of(name: str) -> list[dict]:
        return [
            {"usubjid": str(i), "record_id": f"{i}-{scan['report_no']}", **lesion}
            for i, (scans, _) in enumerate(patients)
            for scan in scans
            for lesion in scan[name]
        ]

    reports = [
        {
            "usubjid": str(i),
            "record_id": f"{i}-{scan['report_no']}",
            "performed_date": scan["performed_at"][:10],
            "visit_date": scan["performed_at"][:10],
            **{name: value for name, value in scan.items() if not name.endswith("lesions")},
        }
        for i, (scans, _) in enumerate(patients)
        for scan in scans
    ]
    rows = rules.derive(
        LUGANO,
        {
            "meta.build": BUILD,
            "course": [
                {"usubjid": str(i), "course_id": str(i), "anchor_date": iso(ZERO)} for i in range(len(patients))
            ],
            "therapy": [
                {"usubjid": str(i), "start_date": iso(ZERO + first), "latest_start_date": iso(ZERO + first + doubt)}
                for i, (_, starts) in enumerate(patients)
                for first, doubt in starts
            ],
            "stg_ris__imaging_report": reports,
            "stg_ris__target_lesion": rows_of("target_lesions"),
            "stg_ris__new_lesion": rows_of("new_lesions"),
        },
    )
    for i, (scans, starts) in enumerate(patients):
        found = sorted((row["response_date"].toordinal(), row["avalc"]) for row in rows if row["course_id"] == str(i))
        possible = [(ZERO + first, ZERO + first + doubt) for first, doubt in starts]
        assert found == [tuple(point) for point in time_points(scans, ZERO, possible)], (scans, starts)


def test_crs_of_one_day_is_the_worst_sign_beside_fever(rules: Rules) -> None:
    """Lee 2019: no fever, no syndrome; hypotension 2, one vasopressor 3, two (vasopressin aside) 4; oxygen up to
    6 L/min 2, high flow 3, positive pressure 4."""
    pressure = {
        (): 0,
        ("norepinephrine",): 3,
        ("vasopressin",): 3,
        ("norepinephrine", "vasopressin"): 3,
        ("norepinephrine", "epinephrine"): 4,
    }
    oxygen = {
        ("none", None): 0,
        ("nasal_cannula", 6): 2,
        ("nasal_cannula", 7): 3,
        ("high_flow", 30): 3,
        ("cpap", None): 4,
    }
    patients = list(product((37.9, 38.0), (False, True), pressure, oxygen))
    at = "2021-03-03 08:00:00+00"
    names = [str(i) for i in range(len(patients))]
    rows = rules.derive(
        ["crs_sign", "crs_day"],
        {
            "cart_window": [
                {"usubjid": n, "course_id": n, "infused_date": iso(ZERO), "last_date": iso(ZERO + 30)} for n in names
            ],
            "stg_ehr__vital_sign": [
                {
                    "usubjid": n,
                    "record_id": n,
                    "measured_at": at,
                    "measured_date": at[:10],
                    "temperature_cel": fever,
                    "is_hypotensive": hypotensive,
                    "oxygen_device_code": device,
                    "oxygen_flow_l_per_min": flow,
                }
                for n, (fever, hypotensive, _, (device, flow)) in zip(names, patients, strict=True)
            ],
            "stg_ehr__vasopressor": [
                {
                    "usubjid": n,
                    "record_id": n + drug,
                    "drug_code": drug,
                    "started_at": at,
                    "started_date": at[:10],
                    "stopped_at": "2021-03-03 10:00:00+00",
                    "stopped_date": at[:10],
                }
                for n, (_, _, drugs, _) in zip(names, patients, strict=True)
                for drug in drugs
            ],
        },
    )
    found = {row["course_id"]: row["grade"] for row in rows}
    for name, (fever, hypotensive, drugs, device) in zip(names, patients, strict=True):
        worst = max(1, 2 * hypotensive, pressure[drugs], oxygen[device])
        assert found.get(name) == (worst if fever >= 38 else None), (fever, hypotensive, drugs, device)


def test_icans_for_every_ice_score(rules: Rules) -> None:
    """Lee 2019: 7 to 9 points grade 1, 3 to 6 grade 2, 0 to 2 grade 3, not arousable grade 4; 10 points none."""
    patients = [*product(range(5), range(4), (0, 1), (0, 1), (0, 1))]
    columns = ("orientation_points", "naming_points", "command_points", "writing_points", "attention_points")
    for is_arousable in (True, False):
        rows = rules.ask(
            "icans_day",
            {
                "cart_window": [
                    {"usubjid": str(i), "course_id": str(i), "infused_date": iso(ZERO), "last_date": iso(ZERO + 30)}
                    for i in range(len(patients))
                ],
                "stg_ehr__ice_score": [
                    {
                        "usubjid": str(i),
                        "record_id": str(i),
                        "assessed_date": iso(ZERO + 3),
                        "is_arousable": is_arousable,
                        **dict(zip(columns, points, strict=True)),
                    }
                    for i, points in enumerate(patients)
                ],
            },
        )
        found = {row["usubjid"]: row["grade"] for row in rows}
        by_score = [3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 0]
        for i, points in enumerate(patients):
            assert found[str(i)] == (by_score[sum(points)] if is_arousable else 4)


# CTCAE 5.0, low counts: (lower limit of normal, values under which grades 2, 3, 4 begin), in the warehouse's units.
LOW_COUNTS = {"NEUT": (1.8, 1.5, 1.0, 0.5), "PLAT": (125, 75, 50, 25), "WBC": (3.5, 3, 2, 1), "HGB": (115, 100, 80)}


@pytest.mark.parametrize("test_code", LOW_COUNTS)
def test_low_counts_are_graded_as_ctcae_says(rules: Rules, test_code: str) -> None:
    limits = LOW_COUNTS[test_code]
    values = sorted({round(limit + step, 3) for limit in limits for step in (-0.1, -0.001, 0, 0.001)})
    rows = rules.ask(
        "lab_grade",
        {
            "course": [{"usubjid": "P", "course_id": "C", "anchor_date": iso(ZERO)}],
            "ctcae_limit": f"SELECT * FROM {rules.relation['ctcae_limit']}",
            "lab_value": [
                {
                    "usubjid": "P",
                    "seq": seq,
                    "lbtestcd": test_code,
                    "value": value,
                    "low": limits[0],
                    "high": 1000,
                    "comparator": "=",
                    "collected_date": iso(ZERO + 3),
                }
                for seq, value in enumerate(values)
            ],
        },
    )
    found = {row["seq"]: row["grade"] for row in rows if row["direction"] == "low"}
    assert [found[seq] for seq in range(len(values))] == [sum(value < limit for limit in limits) for value in values]


@SEARCH
@given(patients=cohort(st.dictionaries(st.integers(1, 35), st.integers(0, 500), min_size=1, max_size=8)))
def test_area_under_the_curve_is_that_of_trapezoids(rules: Rules, patients: list) -> None:
    rows = rules.ask(
        "cell_kinetics",
        {
            "cart_count": [
                {
                    "usubjid": str(i),
                    "course_id": str(i),
                    "target_antigen": "CD20",
                    "days_since_infusion": at,
                    "cells_10e6_per_l": cells,
                }
                for i, counts in enumerate(patients)
                for at, cells in counts.items()
            ]
        },
    )
    found = {row["course_id"]: row for row in rows}
    for i, counts in enumerate(patients):
        days = [0, *sorted(at for at in counts if at <= 28)]
        cells = [0, *(counts[at] for at in days[1:])]
        area = np.trapezoid([*cells, cells[-1]], [*days, 28]) if days[-1] >= 21 else None
        assert found[str(i)]["auc_0_28_10e6_day_per_l"] == pytest.approx(area)
        assert found[str(i)]["peak_10e6_per_l"] == max(counts.values())
        peak_days = [at for at, value in counts.items() if value == max(counts.values()) > 0]
        assert found[str(i)]["tmax_days"] == min(peak_days, default=None)
        assert found[str(i)]["persistence_days"] == max((at for at, n in counts.items() if n > 0), default=None)


INFUSION = st.tuples(st.integers(0, 70), st.sampled_from(["P19", "Q19", "P22"]), st.sampled_from([None, "O1", "O2"]))


@SEARCH
@given(
    patients=cohort(
        st.tuples(
            st.lists(INFUSION, min_size=1, max_size=6),
            st.lists(st.integers(0, 70), max_size=2),
        )
    )
)
def test_infusions_belong_to_one_course_however_they_interleave(rules: Rules, patients: list) -> None:
    infused = [
        [{"infused_date": iso(ZERO + when), "product_code": product, "order_id": order} for when, product, order in own]
        for own, _ in patients
    ]
    stops = [[ZERO + when for when in when_stopped] for _, when_stopped in patients]
    rows = rules.ask(
        "cart_infusion",
        {
            "meta.build": BUILD,
            "stg_ehr__cart_product": [
                {"product_code": code, "target_antigen": "CD" + code[1:]} for code in ("P19", "Q19", "P22")
            ],
            "stg_ehr__cart_infusion": [
                {"usubjid": str(i), "infusion_id": f"{i}-{k}", **infusion}
                for i, own in enumerate(infused)
                for k, infusion in enumerate(own)
            ],
            "clinical_progression": [
                {"usubjid": str(i), "progression_date": iso(when)} for i, own in enumerate(stops) for when in own[:1]
            ],
            "therapy_line": [
                {"usubjid": str(i), "start_date": iso(when)} for i, own in enumerate(stops) for when in own[1:]
            ],
        },
    )
    for row in rows:
        own = int(row["usubjid"])
        spans, when = courses(infused[own], stops[own]), row["infused_date"].toordinal()
        expected = next(first for first, last in spans if first <= when <= last)
        assert row["course_date"].toordinal() == expected, (infused[own], stops[own])
