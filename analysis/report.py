"""The nightly report: one HTML file with everything inside, readable without internet, on a phone and in print."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import tables
from .audit import page as audit_page
from .figures import draw
from .table import Cell, Row, Table, to_csv
from .view import View

if TYPE_CHECKING:
    from pandas import DataFrame

TEMPLATES = Path(__file__).parent / "templates"
# Section of an output_id -> heading; sections that the plan adds follow in the order of their outputs.
SECTIONS = {
    "cohort": "Cohort", "baseline": "Baseline", "response": "Response", "survival": "Survival", "models": "Models",
    "treatment": "Treatment and product", "kinetics": "Cell kinetics and cytokines", "safety": "Safety",
    "reviewer": "What a reviewer would ask", "quality": "Missing values",
}  # fmt: skip
OUTCOMES = ("passed", "failed", "error", "not_applicable")


def render(
    results: dict[str, DataFrame],
    outputs: Iterable[dict[str, Any]],
    context: dict[str, Any],
    figures: dict[str, bytes] | None = None,
) -> bytes:
    """The report as one UTF-8 HTML page.

    results, outputs  as `run.compute` returns and the plan declares them; with claims_audit (`audit_claims`) the
                      printed figures are shown beside ours
    context           what the night knows, each key optional: title, is_simulated, simulation (mapping), provenance
                      (mapping of label to value: release id, as-of, data cut, versions ...), checks (rows of
                      quality.check_result), deliveries (mappings with table_name, records_count, loaded_count,
                      rejected_count, duplicate_count), problems (sentences: what is missing tonight and why)
    figures           SVG by output id when they are drawn already, else they are drawn here
    """
    outputs = [dict(output) for output in outputs]
    view = View(results, outputs)
    figures = draw(results, outputs) if figures is None else figures
    audit = audit_page.page(results.get("claims_audit"))
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=context.get("title", "Study report"),
            is_simulated=bool(context.get("is_simulated")),
            simulation=context.get("simulation") or {},
            cards=_cards(view),
            headline=tables.headline(view),
            sections=_sections(view, figures),
            problems=list(context.get("problems") or []),
            quality=_quality(context),
            methods=tables.methods(view),
            provenance=context.get("provenance") or {},
            ard_csv=_data_uri(results["ard"].to_csv(index=False)),
            audit=audit,
            audit_csv=_data_uri(audit["csv"]) if audit else None,
        )
    )
    return page.encode()


def _environment():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _data_uri(text: str) -> str:
    return "data:text/csv;base64," + base64.b64encode(text.encode("utf-8-sig")).decode()


def _cards(view: View) -> list[dict[str, Any]]:
    """The counts that the plan marks as headline, as large figures."""
    return [
        {"label": group.label, "value": f"{shown.one('count', group_level=group.level).value:.0f}"}
        for shown in view.analyses.values()
        if shown.kind == "count" and shown.options.get("headline")
        for group in shown.groups
    ]


def _sections(view: View, figures: dict[str, bytes]) -> list[dict[str, Any]]:
    from markupsafe import Markup

    sections = {name: {"id": name, "title": title, "outputs": []} for name, title in SECTIONS.items()}
    for output in view.outputs:
        name = output["output_id"].split(".")[0]
        section = sections.setdefault(name, {"id": name, "title": name.replace("_", " ").capitalize(), "outputs": []})
        svg = figures.get(output["output_id"])
        laid_out = tables.of_output(view, output["output_id"])
        section["outputs"].append({
            "id": output["output_id"].replace(".", "-"), "title": output["title"], "footnote": output["footnote"],
            "meaning": output.get("meaning"),
            "svg": Markup(_inline(svg)) if svg else None,  # drawn by us, text escaped by matplotlib
            "tables": laid_out,
            "csv": _data_uri(_output_csv(view, output["output_id"], laid_out)),
            "is_table": output["kind"] == "table" or name == "survival",
        })  # fmt: skip
    return [section for section in sections.values() if section["outputs"]]


def _inline(svg: bytes) -> str:
    """The SVG element without XML prologue."""
    text = svg.decode()
    return text[text.index("<svg") :]


def _output_csv(view: View, output_id: str, laid_out: list[Table]) -> str:
    """The numbers behind an output: its curves or patients if any, else the tables as shown, else its sources."""
    import pandas as pd

    analyses = view.of_output(output_id)
    for part in ("curve", "subject", "point"):
        frames = [getattr(shown, part) for shown in analyses if not getattr(shown, part).empty]
        if frames:
            return pd.concat(frames).to_csv(index=False)
    if laid_out:
        return "\n".join(to_csv(table) for table in laid_out)
    sources = [view.analyses[name] for shown in analyses for name in shown.options.get("sources", [])]
    return pd.DataFrame([vars(row) for shown in (sources or analyses) for row in shown.ard]).to_csv(index=False)


def _quality(context: dict[str, Any]) -> list[Table]:
    """Checks by severity and outcome, those that did not pass, and what arrived by table."""
    checks = list(context.get("checks") or [])
    found = []
    if checks:
        counts = Counter((check["severity"], check["outcome"]) for check in checks)
        rows = [
            Row(severity, [Cell(str(counts[severity, outcome])) for outcome in OUTCOMES])
            for severity in dict.fromkeys(check["severity"] for check in checks)
        ]
        columns = [Cell("Severity"), *(Cell(outcome.replace("_", " ").capitalize()) for outcome in OUTCOMES)]
        found.append(Table("Checks by severity and outcome", columns, rows))
        rows = [
            Row(check["check_id"], [
                Cell(check["severity"]), Cell(check["outcome"].replace("_", " ")),
                Cell(_count(check.get("failing_count"))), Cell(str(check.get("message") or "")),
                Cell(str(check.get("remedy") or "")),
            ])
            for check in checks if check["outcome"] in ("failed", "error")
        ]  # fmt: skip
        if rows:
            columns = ["Check", "Severity", "Outcome", "Records", "What it found", "Remedy"]
            found.append(Table("Checks that did not pass", [Cell(column) for column in columns], rows))
    deliveries = list(context.get("deliveries") or [])
    if deliveries:
        names = ("records_count", "loaded_count", "rejected_count", "duplicate_count")
        rows = [Row(d["table_name"], [Cell(_count(d.get(name))) for name in names]) for d in deliveries]
        total = [Cell(_count(sum(int(d.get(name) or 0) for d in deliveries))) for name in names]
        columns = [Cell(c) for c in ("Table", "Delivered", "Loaded", "Rejected", "Exact duplicates")]
        found.append(Table("Records by table", columns, [*rows, Row("All tables", total)]))
    return found


def _count(value: Any) -> str:
    return "" if value is None or value != value else f"{int(value):,}"
