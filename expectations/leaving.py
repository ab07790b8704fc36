"""What must hold of what leaves: checks of the tables that analysts and statistics read."""

from __future__ import annotations

from typing import Any

from expectations.check import Check, no_rows

SUBJECT = ("usubjid",)
PARAMETER = ("usubjid", "paramcd")
RESPONSES = ["CR", "PR", "SD", "PD"]
CUT = "(SELECT data_cut_date FROM meta.build)"
REPORT = "the report and every table of results"
RULE = "Trace a failing subject with `cartwright trace`; correct the model and add the case to its unit tests."


def checks() -> list[Check]:
    """All checks of what leaves, in the order of the layers."""
    return [*_eligibility(), *_adsl(), *_adtte(), *_adrs()]


def results_checks() -> list[Check]:
    """Checks of the statistics, run after they are computed."""
    analysis = ("analysis_id",)
    remedy = "Run the reference tests of analysis/; compare with the release before by `cartwright releases diff`."
    about: dict[str, Any] = {"severity": "fatal", "endangers": REPORT, "remedy": remedy}
    return [
        no_rows(
            "results.ard.interval_in_order",
            "results.ard",
            "t.ci_low > t.ci_high",
            analysis,
            **about,
            why="An interval whose lower limit lies above the upper one is a mix-up of columns or transforms.",
        ),
        no_rows(
            "results.ard.events_within_n",
            "results.ard",
            "t.events > t.n OR t.n < 0 OR t.events < 0",
            analysis,
            **about,
            why="There cannot be more subjects with an event than subjects.",
        ),
        no_rows(
            "results.curve.is_survival",
            "results.curve",
            "t.survival NOT BETWEEN 0 AND 1 OR t.ci_low > t.survival OR t.ci_high < t.survival",
            analysis,
            **about,
            why="A survival probability lies between 0 and 1, and inside its own confidence limits.",
        ),
    ]


def _unique(table: str, columns: tuple[str, ...], why: str) -> Check:
    return Check(
        f"{table}.key_unique",
        table,
        "ExpectCompoundColumnsToBeUnique" if len(columns) > 1 else "ExpectColumnValuesToBeUnique",
        {"column_list": list(columns)} if len(columns) > 1 else {"column": columns[0]},
        severity="fatal",
        why=why,
        remedy="A join in the model multiplies rows: look at the failing keys in quality.failing_key.",
        endangers=REPORT,
        key=columns,
    )


def _rows(table: str, what: str) -> Check:
    return Check(
        f"{table}.rows_due",
        table,
        "ExpectTableRowCountToBeBetween",
        {"min_value": 1},
        severity="fatal",
        why=f"{what}: an empty table would publish a study without patients.",
        remedy="Look for the first empty table upstream in the lineage; a feed or a join lost everything.",
        endangers=REPORT,
        due=True,
    )


def _rule(name: str, table: str, where: str, key: tuple[str, ...], why: str, **about: Any) -> Check:
    defaults = {"severity": "fatal", "remedy": RULE, "endangers": REPORT}
    return no_rows(f"{table}.{name}", table, where, key, **{**defaults, "why": why, **about})


def _eligibility() -> list[Check]:
    result, screening, funnel, group = (
        f"eligibility.{name}" for name in ("criterion_result", "screening", "funnel", "study_group")
    )
    return [
        _unique(result, ("usubjid", "criterion_id"), "Each criterion is decided once for each screened patient."),
        _rule(
            "status_known",
            result,
            "t.status IS NULL OR t.status NOT IN ('met', 'not_met', 'unknown')",
            ("usubjid", "criterion_id"),
            "A status that is none of the three would count as met.",
        ),
        _rule(
            "every_criterion_decided",
            screening,
            "(SELECT count(*) FROM eligibility.criterion_result AS r WHERE r.usubjid = t.usubjid)"
            " <> (SELECT count(DISTINCT c.criterion_id) FROM study.criterion AS c)",
            SUBJECT,
            "Included means that every criterion was looked at and met.",
        ),
        _rows(screening, "Everyone whom the screening fact brings in is screened"),
        _unique(screening, SUBJECT, "A patient is screened once."),
        _rule(
            "reason_iff_excluded",
            screening,
            "t.is_included IS NULL OR t.is_included = (t.primary_criterion_id IS NOT NULL)",
            SUBJECT,
            "Every exclusion has its primary reason, and nobody included has one.",
        ),
        _rule(
            "included_met_all",
            screening,
            "t.is_included AND EXISTS (SELECT 1 FROM eligibility.criterion_result AS r"
            " WHERE r.usubjid = t.usubjid AND r.status <> 'met')",
            SUBJECT,
            "A patient with an unmet or unknown criterion is not part of the study.",
        ),
        _rule(
            "adds_up",
            funnel,
            "t.excluded_count < 0 OR t.remaining_count <> (SELECT count(*) FROM eligibility.screening)"
            " - (SELECT sum(f.excluded_count) FROM eligibility.funnel AS f WHERE f.seq <= t.seq)",
            ("seq",),
            "Screened minus excluded must be what remains, at every step.",
        ),
        _rule(
            "ends_at_included",
            funnel,
            "t.seq = (SELECT max(f.seq) FROM eligibility.funnel AS f) AND t.remaining_count <>"
            " (SELECT count(*) FROM eligibility.screening AS s WHERE s.is_included)",
            ("seq",),
            "The diagram must end at the number of patients analysed.",
        ),
        _unique(group, SUBJECT, "A patient belongs to one group."),
        _rule(
            "included_has_group",
            screening,
            "t.is_included AND NOT EXISTS (SELECT 1 FROM eligibility.study_group AS g WHERE g.usubjid = t.usubjid"
            " AND g.group_code IN (SELECT d.group_code FROM study.study_group AS d) AND g.time_zero_date IS NOT NULL)",
            SUBJECT,
            "Without a group and a time zero an included patient falls out of every comparison unseen.",
        ),
        _rule(
            "time_zero_by_cut",
            group,
            f"t.time_zero_date > {CUT}",
            SUBJECT,
            "Nothing dated after the data cut counts.",
        ),
    ]


def _adsl() -> list[Check]:
    table = "adam.adsl"

    def within(column: str, low: float, high: float, why: str) -> Check:
        return Check(
            f"{table}.{column}.within_limits",
            table,
            "ExpectColumnValuesToBeBetween",
            {"column": column, "min_value": low, "max_value": high},
            severity="fatal",
            why=why,
            remedy=RULE,
            endangers="Table 1 and the Cox models",
            key=SUBJECT,
        )

    return [
        _rows(table, "One row per screened patient"),
        _unique(table, SUBJECT, "ADSL has one row per subject; a second one counts the patient twice everywhere."),
        _rule(
            "flag_agrees",
            table,
            "t.inclfl IS NULL OR t.inclfl NOT IN ('Y', 'N') OR (t.inclfl = 'Y') IS DISTINCT FROM"
            " (SELECT s.is_included FROM eligibility.screening AS s WHERE s.usubjid = t.usubjid)",
            SUBJECT,
            "The analysis population is the one that eligibility decided.",
        ),
        _rule(
            "everyone_screened",
            "eligibility.screening",
            "t.usubjid NOT IN (SELECT a.usubjid FROM adam.adsl AS a)",
            SUBJECT,
            "ADSL holds all screened patients, so that exclusions can be counted from it.",
        ),
        _rule(
            "dates_in_order",
            table,
            "t.cd19_failure_date < t.cd19_infusion_date OR (t.inclfl = 'Y' AND t.time_zero_date < t.cd19_failure_date)",
            SUBJECT,
            "Infusion, failure and treatment after failure follow each other.",
            endangers="eligibility and every survival time",
        ),
        _rule(
            "best_response_coded",
            table,
            "t.best_response_code NOT IN ('CR', 'PR', 'SD', 'PD', 'NE')",
            SUBJECT,
            "A response outside the Lugano categories drops out of ORR and CRR.",
            endangers="ORR and CRR",
        ),
        _rule(
            "responder_agrees",
            table,
            "(t.is_responder AND t.best_response_code NOT IN ('CR', 'PR'))"
            " OR (t.is_complete_responder AND t.best_response_code <> 'CR')"
            " OR (NOT t.is_responder AND t.best_response_code IN ('CR', 'PR'))",
            SUBJECT,
            "Response is CR or PR, complete response CR, by definition.",
            endangers="ORR and CRR",
        ),
        _rule(
            "adult",
            table,
            "t.inclfl = 'Y' AND (t.age_years IS NULL OR t.age_years < 18)",
            SUBJECT,
            "The protocol includes adults only.",
        ),
        within("age_years", 0, 120, "An age beyond 120 years is a birth date typed wrongly."),
        within("ecog_grade", 0, 5, "ECOG performance status has grades 0 to 5."),
        within("ipi_score", 0, 5, "The International Prognostic Index counts five factors."),
        within("ann_arbor_stage", 1, 4, "Ann Arbor stages are I to IV."),
        within("cd20_expression_percent", 0, 100, "A share of cells lies between 0 and 100 per cent."),
        within("transduction_percent", 0, 100, "A share of cells lies between 0 and 100 per cent."),
        within("viability_percent", 0, 100, "A share of cells lies between 0 and 100 per cent."),
        within("dose_cells_per_kg", 1e4, 1e9, "Outside it is cells, not cells per kilogram, or a lost exponent."),
        within("crs_grade", 0, 5, "CRS is graded 0 to 5."),
        within("icans_grade", 0, 5, "ICANS is graded 0 to 5."),
    ]


def _adtte() -> list[Check]:
    table = "adam.adtte"

    def every_included_has(paramcd: str) -> Check:
        return _rule(
            f"included_has_{paramcd.lower()}",
            "adam.adsl",
            f"t.inclfl = 'Y' AND NOT EXISTS (SELECT 1 FROM adam.adtte AS e"
            f" WHERE e.usubjid = t.usubjid AND e.paramcd = '{paramcd}')",
            SUBJECT,
            f"An included patient without {paramcd} leaves the curve unseen and biases it.",
            endangers=f"{paramcd}: curves, medians and hazard ratios",
        )

    survival = "OS, PFS, PFSA: curves, medians and hazard ratios"
    return [
        _rows(table, "One row per analysed patient and endpoint"),
        _unique(table, PARAMETER, "A patient has one time per endpoint."),
        *(every_included_has(paramcd) for paramcd in ("OS", "PFS", "PFSA")),
        _rule(
            "date_within_follow_up",
            table,
            f"t.adt IS NULL OR t.startdt IS NULL OR t.adt < t.startdt OR t.adt > {CUT}",
            PARAMETER,
            "Follow-up starts at time zero and ends by the data cut; nothing later is known.",
            endangers=survival,
        ),
        _rule(
            "censoring_coded",
            table,
            "t.cnsr IS NULL OR t.cnsr NOT BETWEEN 0 AND 9",
            PARAMETER,
            "cnsr is 0 for an event and positive for a censoring; anything else turns one into the other.",
            endangers=survival,
        ),
        _rule(
            "durations_agree",
            table,
            "t.aval IS DISTINCT FROM t.adt - t.startdt + 1 OR t.duration_days IS DISTINCT FROM t.adt - t.startdt",
            PARAMETER,
            "aval counts the first day, duration_days does not; the statistics use the latter.",
            endangers=survival,
        ),
        _rule(
            "decision_described",
            table,
            "(t.cnsr = 0 AND t.evntdesc IS NULL) OR (t.cnsr > 0 AND t.cnsdtdsc IS NULL)",
            PARAMETER,
            "Each row says which rule made it an event or a censoring.",
            endangers="the trace from a statistic to its evidence",
        ),
        _rule(
            "event_has_evidence",
            table,
            "t.cnsr = 0 AND t.record_id IS NULL",
            PARAMETER,
            "An event without a source record cannot be audited.",
            endangers="the trace from a statistic to its evidence",
        ),
        _rule(
            "pfs_not_after_os",
            table,
            "t.paramcd IN ('PFS', 'PFSA') AND t.adt > (SELECT o.adt FROM adam.adtte AS o"
            " WHERE o.usubjid = t.usubjid AND o.paramcd = 'OS')",
            PARAMETER,
            "Nobody progresses, or is known free of progression, after the end of life or of contact.",
            endangers=survival,
        ),
        _rule(
            "death_is_event_of_pfs",
            table,
            "t.paramcd = 'PFS' AND t.cnsr > 0 AND EXISTS (SELECT 1 FROM adam.adtte AS o"
            " WHERE o.usubjid = t.usubjid AND o.paramcd = 'OS' AND o.cnsr = 0)",
            PARAMETER,
            "Death without progression is an event of PFS by the paper's definition.",
            endangers="PFS: curves, medians and hazard ratios",
        ),
        _rule(
            "starts_at_time_zero",
            table,
            "t.paramcd IN ('OS', 'PFS', 'PFSA') AND t.startdt IS DISTINCT FROM"
            " (SELECT a.time_zero_date FROM adam.adsl AS a WHERE a.usubjid = t.usubjid)",
            PARAMETER,
            "Groups compared from different starting points are not comparable.",
            endangers=survival,
        ),
    ]


def _adrs() -> list[Check]:
    table = "adam.adrs"
    return [
        _rule(
            "response_coded",
            table,
            # An unrated patient has no best response; every time point has one.
            "(t.paramcd = 'OVRLRESP' AND t.avalc IS NULL) OR t.avalc NOT IN ('CR', 'PR', 'SD', 'PD', 'NE')",
            PARAMETER,
            "A response outside the Lugano categories drops out of ORR and CRR.",
            endangers="ORR and CRR",
        ),
        _rule(
            "date_by_cut",
            table,
            f"t.adt > {CUT}",
            PARAMETER,
            "Nothing dated after the data cut counts.",
            endangers="ORR, CRR and PFS",
        ),
        _rule(
            "best_agrees",
            "adam.adsl",
            "t.inclfl = 'Y' AND t.best_response_code IS DISTINCT FROM (SELECT any_value(r.avalc) FROM adam.adrs AS r"
            " WHERE r.usubjid = t.usubjid AND r.paramcd = 'BOR')",
            SUBJECT,
            "ADSL and ADRS must tell one best response.",
            endangers="ORR and CRR",
        ),
    ]
