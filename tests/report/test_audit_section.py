"""The audit in the report: ours beside the print, filterable, and absent where nothing was printed."""

import pandas as pd
import pytest

from analysis.ard import Collector
from analysis.audit.verdict import COLUMNS
from analysis.report import render

ROWS = [
    ("r.os", "text", "os, hr (a v b)", "0.38", "0.376", "o/e", "reproduced", 0, True, "times"),
    ("t1.p", "table1", "bulky, p (a v b)", "p = 0.84", "p = 0.146", "yates", "incoherent", 69, False, ""),
]


def rendered(claims: pd.DataFrame | None) -> str:
    """A report of nothing but the audit."""
    return render(Collector().tables() | {"claims_audit": claims}, [], {}, {}).decode()


@pytest.fixture(scope="module")
def page():
    rows = [(*row, "no test gives it", "p_from_counts (incoherent): <16/51>", "os") for row in ROWS]
    audit = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return rendered(audit)


def test_ours_stands_beside_the_print_with_method_and_verdict(page):
    row = page[page.index('<tr data-verdict="incoherent" data-section="table1">') :]
    row = row[: row.index("</tr>")]
    for part in ("t1.p", "p = 0.84", "p = 0.146", "yates", "incoherent", "distance 69", "no test gives it"):
        assert part in row
    assert "&lt;16/51&gt;" in row  # text of a file never becomes markup


def test_the_section_says_what_agreement_does_not_show(page):
    assert "not that the paper is right" in page
    assert '<a href="#audit">' in page
    assert 'download="claims_audit.csv"' in page


def test_only_verdicts_that_occur_can_be_chosen(page):
    assert '<option value="incoherent">' in page
    assert '<option value="close">' not in page


@pytest.mark.parametrize("claims", [None, pd.DataFrame(columns=list(COLUMNS))])
def test_a_study_without_printed_figures_has_no_section(claims):
    page = rendered(claims)
    assert 'id="audit"' not in page
    assert "#audit" not in page
