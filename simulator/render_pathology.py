"""Pathology: the diagnostic biopsy (histology, Hans markers, FISH, sequencing) and the re-biopsy after CD19 failure."""

from __future__ import annotations

from cartwright.simulator.chart import Chart

_WEEK = 7 * 1440


def biopsies(chart: Chart) -> None:
    """Write both biopsies; a patient without histology has none."""
    plan, rng = chart.plan, chart.rng
    if plan["histology_code"] is None:
        return
    day = plan["diagnosis_date"] - rng.randrange(3, 12)
    report = _report(chart, day)
    _hans(chart, day, report)
    _fish(chart, day, report)
    if plan["is_tp53_mutated"] is not None:
        _ngs(chart, day, report, "TP53", plan["is_tp53_mutated"])
        _ngs(chart, day, report, "MYD88", rng.random() < 0.2)
    if plan["cd19_status_code"] is not None:
        _rebiopsy(chart)


def _report(chart: Chart, day: int) -> str | None:
    return chart.add(
        "pathology",
        day,
        delay=4 * 1440 + chart.rng.randrange(600),
        histology_code=chart.plan["histology_code"],
        specimen_site=chart.rng.choice(("lymph node", "liver", "soft tissue", "mediastinum")),
        report_text="Simulated report.",
    )


def _stain(chart: Chart, day: int, report: str | None, marker: str, percent: float | None) -> None:
    chart.add("ihc", day, delay=_WEEK, report_no=report, marker_code=marker, positive_percent=percent)


def _hans(chart: Chart, day: int, report: str | None) -> None:
    """CD10, BCL6 and MUM1 that give the planned cell of origin by Hans (30 % counts as positive)."""
    rng = chart.rng

    def high() -> float:
        return float(rng.choice((30, 40, 60, 80, 90)))

    def low() -> float:
        return float(rng.choice((0, 5, 10, 20)))

    code = chart.plan["coo_code"]
    if code == "gcb":
        markers = (
            {"CD10": high(), "BCL6": None} if rng.random() < 0.6 else {"CD10": low(), "BCL6": high(), "MUM1": low()}
        )
    elif code == "non_gcb":
        bcl6 = high() if rng.random() < 0.7 else low()
        markers = {"CD10": low(), "BCL6": bcl6, "MUM1": high()}
    else:
        markers = (
            {"CD10": low(), "BCL6": high()} if rng.random() < 0.7 else {"CD10": None, "BCL6": high(), "MUM1": low()}
        )
    for marker, percent in markers.items():
        _stain(chart, day, report, marker, percent)
    _stain(chart, day, report, "KI67", float(rng.randrange(60, 100)))


def _fish(chart: Chart, day: int, report: str | None) -> None:
    """Break-apart probes that give the planned double or triple hit, its absence, or an unknown."""
    rng, hit = chart.rng, chart.plan["is_double_triple_hit"]
    if hit:
        partner = rng.choice(("BCL2", "BCL6"))
        probes = {"MYC": "rearranged", "BCL2": "not_rearranged", "BCL6": "not_rearranged", partner: "rearranged"}
    elif hit is None:
        probes = {"MYC": "failed", "BCL2": "not_rearranged"} if rng.random() < 0.4 else {}
    elif rng.random() < 0.15:
        probes = {"MYC": "rearranged", "BCL2": "not_rearranged", "BCL6": "not_rearranged"}
    else:
        probes = {"MYC": "not_rearranged", "BCL2": rng.choice(("rearranged", "not_rearranged"))}
    for gene, result in probes.items():
        chart.add("fish", day, delay=_WEEK, report_no=report, gene_code=gene, fish_result=result)


def _ngs(chart: Chart, day: int, report: str | None, gene: str, mutated: bool) -> None:
    chart.add(
        "ngs",
        day,
        delay=2 * _WEEK,
        report_no=report,
        gene_code=gene,
        ngs_result="mutated" if mutated else "wild_type",
        hgvs_text="p.R248Q" if mutated and gene == "TP53" else None,
        vaf_percent=round(chart.rng.uniform(5, 70), 1) if mutated else None,
    )


def _rebiopsy(chart: Chart) -> None:
    """CD19 and CD20 on the lymphoma between CD19 infusion and time zero."""
    plan, rng = chart.plan, chart.rng
    failure, start = plan["cd19_failure_date"], plan["time_zero_date"] or plan["cd19_failure_date"] + 20
    day = min(failure + rng.randrange(0, 6), start - 1)
    report = _report(chart, day)
    positive = plan["cd19_status_code"] == "positive"
    by_flow_only = positive and rng.random() < 0.1
    percent = float(rng.choice((1, 20, 60, 90))) if positive and not by_flow_only else 0.0
    _stain(chart, day, report, "CD19", percent)
    _stain(chart, day, report, "CD20", float(plan["cd20_expression_percent"]))
    if by_flow_only or rng.random() < 0.3:
        value = f"{rng.uniform(20, 95):.1f}" if positive else "<0.1"
        chart.add(
            "flow_cytometry",
            day,
            delay=600,
            accession_no=chart.next_key("accession"),
            population_code="cd19_on_tumour",
            value_text=value,
            unit_text="%",
            lloq=0.1,
            specimen_code="tissue",
        )
