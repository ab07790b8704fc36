"""Tables as journals want them: real Word tables with three lines, a caption above and the notes below.

One document, one page an output: a file for each would cost seconds of packing. The tables are written as XML, in one
pass over the cells, for the same reason.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from cartwright.analysis.report import layouts as tables
from cartwright.analysis.report.sections import title_of
from cartwright.analysis.report.table import Cell, Row, Table
from cartwright.analysis.report.view import View

if TYPE_CHECKING:
    from docx.document import Document
    from pandas import DataFrame

WIDE = 6  # columns from which the page is turned
SIMULATED = "Simulated data: every patient is invented."
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_LINE = '<w:{side} w:val="single" w:sz="{eighths}" w:space="0" w:color="000000"/>'  # width in eighths of a point


def document(results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]], is_simulated: bool) -> bytes:
    """One DOCX file with the tables of every output that has any; the same results give the same bytes."""
    from docx import Document

    view = View(results, outputs)
    word = Document()
    _style(word)
    word.core_properties.title, word.core_properties.comments = "Tables", ""
    word.core_properties.author = "Cartwright"
    if is_simulated:
        word.sections[0].header.paragraphs[0].text = SIMULATED
    section = ""
    for output in view.outputs:
        if parts := tables.of_output(view, output["output_id"]):
            _start_page(word, is_wide=max(len(table.columns) for table in parts) > WIDE, is_first=not section)
            heading = title_of(output["output_id"])
            if heading != section:
                word.add_heading(heading, 1)
            section = heading
            _add_output(word, output, parts)
    buffer = io.BytesIO()
    word.save(buffer)
    return _without_times(buffer)


def _style(word: Document) -> None:
    from docx.shared import Pt, RGBColor

    for name, size in (("Normal", 10), ("Heading 1", 14), ("Heading 2", 11)):
        style = word.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Times New Roman", Pt(size), RGBColor(0, 0, 0)
        style.paragraph_format.space_after = Pt(3)


def _start_page(word: Document, is_wide: bool, is_first: bool) -> None:
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Mm

    section = word.sections[0] if is_first else word.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if is_wide else (Mm(210), Mm(297))
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(20)


def _add_output(word: Document, output: dict[str, Any], parts: list[Table]) -> None:
    from docx.oxml import parse_xml

    word.add_heading(output["title"], 2)
    for table in parts:
        word.add_paragraph().add_run(table.caption).italic = True
        word.element.body.insert(len(word.element.body) - 1, parse_xml(_table(table)))  # before the page's properties
        word.add_paragraph("\n".join(table.notes))
    if output["footnote"]:
        word.add_paragraph(output["footnote"])


def _table(table: Table) -> str:
    heavy, light = (_LINE.format(side="{side}", eighths=eighths) for eighths in (8, 4))
    borders = heavy.format(side="top") + heavy.format(side="bottom")
    below = f"<w:tcBorders>{light.format(side='bottom')}</w:tcBorders>"
    head = "".join(_cell(column, below, is_bold=True) for column in table.columns)
    head = f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"
    columns = f'<w:gridCol w:w="{9600 // len(table.columns)}"/>' * len(table.columns)  # a start: Word fits them itself
    rows = "".join(_row(row, len(table.columns)) for row in table.rows)
    return (
        f'<w:tbl {_WORD}><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{borders}</w:tblBorders>'
        f"</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{head}{rows}</w:tbl>"
    )


def _row(row: Row, width: int) -> str:
    if row.cells:
        cells = _cell(Cell(row.label), indent=200 * row.level) + "".join(_cell(cell) for cell in row.cells)
    else:
        cells = _cell(Cell(row.label), f'<w:gridSpan w:val="{width}"/>', is_bold=True)
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"


def _cell(cell: Cell, properties: str = "", is_bold: bool = False, indent: int = 0) -> str:
    runs = _run(cell.text, "<w:b/>" if is_bold else "")
    runs += _run(cell.marks, '<w:vertAlign w:val="superscript"/>') if cell.marks else ""
    runs += "<w:r><w:br/></w:r>" + _run(cell.detail, '<w:sz w:val="16"/>') if cell.detail else ""
    layout = f'<w:pPr><w:spacing w:after="0"/><w:ind w:left="{indent}"/></w:pPr>'
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p>{layout}{runs}</w:p></w:tc>"


def _run(text: str, properties: str) -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _without_times(buffer: io.BytesIO) -> bytes:
    """The same archive with one date for every part: a file tells of its content, not of the minute it was written."""
    clean = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
    return clean.getvalue()
