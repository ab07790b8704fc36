"""The nightly report: one HTML file with everything inside, readable without internet, on a phone and in print."""

from __future__ import annotations

import base64
import gzip
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartwright.analysis.audit import page as audit_page
from cartwright.analysis.counted import counted
from cartwright.analysis.figures import draw
from cartwright.analysis.figures.colours import COLOURS, DARK, GRID, INK, MUTED, PAPER, SHADES, STROKES, UNRATED, WASH
from cartwright.analysis.report import layouts as tables
from cartwright.analysis.report.answer import answer, outputs_answering
from cartwright.analysis.report.behind import csv_of
from cartwright.analysis.report.how import How, hows, place_of
from cartwright.analysis.report.questions import tables as question_tables
from cartwright.analysis.report.sections import TITLES, is_annex, section_of, title_of
from cartwright.analysis.report.table import Cell, Row, Table
from cartwright.analysis.report.view import View

if TYPE_CHECKING:
    from jinja2 import Environment
    from pandas import DataFrame

TEMPLATES = Path(__file__).parent / "templates"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Sections whose figures show their first table below them, and sections of which only that first table is open.
TABLE_WITH_FIGURE, FOLDED = {"survival", "reviewer"}, {"reviewer"}
SHOWN_FINDINGS = 25  # a screen of them
BLACK = "#000000"  # what matplotlib draws when nobody says otherwise
# Where `since.with_changes` writes: on the first screen, and in its annex.
SINCE_LAST_NIGHT, SINCE_LIST = "<!-- since last night -->", "<!-- all changes -->"
LARGEST_CSV = 60_000  # of an output, packed: the page stays small at any number of patients
OUTCOMES = ("passed", "failed", "error", "not_applicable")


def render(
    results: dict[str, DataFrame],
    outputs: Iterable[dict[str, Any]],
    context: dict[str, Any],
    figures: dict[str, bytes] | None = None,
    word: bytes | None = None,
) -> bytes:
    """The report as one UTF-8 HTML page.

    results, outputs  as `run.compute` returns and the plan declares them; with claims_audit (`audit_claims`) the
                      printed figures are shown beside ours
    context           what the night knows, each key optional: title, question, caveat, is_simulated, simulation
                      (mapping), provenance (mapping of label to value: release id, as-of, data cut, versions ...),
                      source_doi (of the publication the study follows), checks (rows of
                      quality.check_result), findings (rows of quality.finding_count, in order), queries and
                      query_nights (as `questions.tables` takes them), deliveries
                      (mappings with table_name, records_count, loaded_count, rejected_count, duplicate_count), problems
                      (sentences: what is missing tonight and why)
    figures           SVG by output id when they are drawn already, else they are drawn here
    word              all tables as DOCX (`journal.document`), offered for download when given
    """
    outputs = [dict(output) for output in outputs]
    view = View(results, outputs)
    figures = draw(results, outputs) if figures is None else figures
    audit = audit_page.page(results.get("claims_audit"))
    from markupsafe import Markup

    title = context.get("title", "Study report")
    shown = {output["output_id"]: _output(view, output, figures) for output in view.outputs}
    lead = next((name for name in outputs_answering(view) if shown[name]["svg"]), None)
    main = [output for output in view.outputs if not is_annex(output) and output["output_id"] != lead]
    page = (
        environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            question=context.get("question"),
            caveat=context.get("caveat"),
            answer=answer(view),
            lead=shown.get(lead),
            lead_section=section_of(lead) if lead else None,
            is_simulated=bool(context.get("is_simulated")),
            simulation=context.get("simulation") or {},
            cards=_cards(view),
            headline=tables.headline(view),
            sections=_sections(main, shown),
            annexes=_sections([output for output in view.outputs if is_annex(output)], shown),
            palette=PALETTE,
            light={name: colour for colour, name in _NAMES.items()},
            how=[(title, rows) for title, rows in _methods(view) if rows],
            since_last_night=Markup(SINCE_LAST_NIGHT),
            since_list=Markup(SINCE_LIST),
            problems=list(context.get("problems") or []),
            quality=_quality(context),
            questions=question_tables(context.get("queries") or [], context.get("query_nights") or []),
            provenance=context.get("provenance") or {},
            source_doi=context.get("source_doi"),
            ard_csv=_packed(results["ard"].to_csv(index=False)),
            word=f"data:{WORD_TYPE};base64,{base64.b64encode(word).decode()}" if word else None,
            audit=audit,
            audit_csv=_packed(audit["csv"]) if audit else None,
        )
    )
    return page.encode()


def environment(*folders: Path) -> Environment:
    """The templates of the page, behind those of further folders; they stop at a name that nobody gave."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals["place_of"] = place_of
    return made


def _packed(text: str) -> str:
    """CSV as a compressed data URI: a download that needs no server, a tenth of its size in the page."""
    data = gzip.compress(text.encode("utf-8-sig"), mtime=0)  # the mark tells spreadsheets that it is UTF-8
    return "data:application/gzip;base64," + base64.b64encode(data).decode()


def _cards(view: View) -> list[dict[str, Any]]:
    """The counts that the plan marks as headline, as large figures."""
    return [
        {
            "label": group.label,
            "value": f"{shown.due('count', group_level=group.level).value:.0f}",
            "source": shown.analysis_id,
        }
        for shown in view.analyses.values()
        if shown.kind == "count" and shown.options.get("headline")
        for group in shown.groups
    ]


def _sections(outputs: Iterable[dict[str, Any]], shown: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The sections that these outputs make, in the order of the report."""
    sections: dict[str, dict[str, Any]] = {
        name: {"id": name, "title": title, "outputs": []} for name, title in TITLES.items()
    }
    for output in outputs:
        name = section_of(output["output_id"])
        section = sections.setdefault(name, {"id": name, "title": title_of(output["output_id"]), "outputs": []})
        section["outputs"].append(shown[output["output_id"]])
    return [section for section in sections.values() if section["outputs"]]


def _output(view: View, output: dict[str, Any], figures: dict[str, bytes]) -> dict[str, Any]:
    """An output as the template reads it."""
    from markupsafe import Markup

    svg = figures.get(output["output_id"])
    laid_out = tables.of_output(view, output["output_id"])
    return {
        "id": output["output_id"].replace(".", "-"),
        "title": output["title"],
        "footnote": output["footnote"],
        "meaning": output.get("meaning"),
        "svg": Markup(inline(svg)) if svg else None,  # drawn by us, text escaped by matplotlib
        "csv": uri if len(uri := _packed(csv_of(view, output["output_id"], laid_out))) <= LARGEST_CSV else None,
        **_folded(section_of(output["output_id"]), output["kind"], laid_out),
    }


def _methods(view: View) -> Iterable[tuple[str, list[How]]]:
    """Per output its title and how each of its analyses was done."""
    titles = {output["output_id"]: output["title"] for output in view.outputs}
    return ((titles[output_id], rows) for output_id, rows in hows(view).items())


def _folded(section: str, kind: str, laid_out: list[Table]) -> dict[str, Any]:
    """Which tables are open, which are folded away, and what the fold says: the reader meets the main result first."""
    if kind == "figure" and section not in TABLE_WITH_FIGURE:
        return {"tables": [], "folded": laid_out, "fold": "Numbers behind the figure"}
    shown = 1 if section in FOLDED else len(laid_out)
    further = len(laid_out) - shown
    return {
        "tables": laid_out[:shown],
        "folded": laid_out[shown:],
        "fold": counted(further, "further table"),
    }


def inline(svg: bytes) -> str:
    """The SVG element without XML prologue, its colours by name, so that a dark page can show others."""
    text = svg.decode()
    return _COLOUR.sub(lambda colour: f"var(--{_NAMES[colour[0]]})", text[text.index("<svg") :])


def _named_colours() -> dict[str, str]:
    """Colour of figures -> its name in the style of the page."""
    groups = {colour: f"g{number}" for number, colour in enumerate(COLOURS[:-1])}
    shades = {colour: f"o{number}" for number, colour in enumerate(SHADES)}
    strokes = {colour: f"s{number}" for number, colour in enumerate(STROKES)}
    plain = {BLACK: "ink", INK: "ink", MUTED: "muted", GRID: "grid", UNRATED: "unrated", PAPER: "paper", WASH: "wash"}
    return {colour.lower(): name for colour, name in {**groups, **shades, **strokes, **plain}.items()}


_NAMES = _named_colours()
_COLOUR = re.compile(rf"(?:{'|'.join(_NAMES)})\b")
_OF_THE_PAGE = ("ink", "muted", "paper", "wash")  # its own style has them
# name -> colour on a light and on a dark page
PALETTE = {
    name: (colour, {light.lower(): dark for light, dark in DARK.items()}.get(colour, colour))
    for colour, name in _NAMES.items()
    if name not in _OF_THE_PAGE
}


def _findings(findings: list[dict[str, Any]]) -> list[Table]:
    """What to map next: the findings that come first, and how many more there are."""
    if not findings:
        return []
    columns = ["Not understood", "Code", "Unit", "Records", "Subjects", "Can touch", "Remedy"]
    rows = [
        Row(
            " ".join(str(part) for part in (f["finding_code"], f["table_name"], f["column_name"]) if part),
            [
                Cell(str(f["value_code"] or "")),
                Cell(str(f["unit_text"] or "")),
                Cell(_count(f["record_count"])),
                Cell(_count(f["subject_count"])),
                Cell(str(f["touches"] or "").replace("+", ", ")),
                Cell(str(f["remedy"] or "")),
            ],
        )
        for f in findings[:SHOWN_FINDINGS]
    ]
    title = "What was not understood, what to map next first"
    if len(findings) > SHOWN_FINDINGS:
        title += f" ({SHOWN_FINDINGS} of {len(findings):,}; all in quality.finding_count)"
    return [Table(title, [Cell(column) for column in columns], rows)]


def _quality(context: dict[str, Any]) -> list[Table]:
    """Checks by severity and outcome, those that did not pass, and what arrived by table."""
    checks = list(context.get("checks") or [])
    found = _findings(list(context.get("findings") or []))
    if checks:
        counts = Counter((check["severity"], check["outcome"]) for check in checks)
        rows = [
            Row(severity, [Cell(str(counts[severity, outcome])) for outcome in OUTCOMES])
            for severity in dict.fromkeys(check["severity"] for check in checks)
        ]
        columns = [Cell("Severity"), *(Cell(outcome.replace("_", " ").capitalize()) for outcome in OUTCOMES)]
        found.append(Table("Checks by severity and outcome", columns, rows))
        rows = [
            Row(
                check["check_id"],
                [
                    Cell(check["severity"]),
                    Cell(check["outcome"].replace("_", " ")),
                    Cell(_count(check.get("failing_count"))),
                    Cell(str(check.get("message") or "")),
                    Cell(str(check.get("remedy") or "")),
                ],
            )
            for check in checks
            if check["outcome"] in ("failed", "error")
        ]
        if rows:
            heads = ["Check", "Severity", "Outcome", "Records", "What it found", "Remedy"]
            found.append(Table("Checks that did not pass", [Cell(head) for head in heads], rows))
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
