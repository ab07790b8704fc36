"""The audit in the report: ours beside the print, filterable, and absent where nothing was printed."""

import pandas as pd
import pytest

from cartwright.analysis.audit.verdict import COLUMNS
from invented_audit import rendered, two_claims


@pytest.fixture(scope="module")
def page():
    return rendered(two_claims()).decode()


def test_ours_stands_beside_the_print_with_method_and_verdict(page):
    row = page[page.index('<tr data-verdict="incoherent" data-section="table1">') :]
    row = row[: row.index("</tr>")]
    for part in ("t1.p", "p = 0.84", "p = 0.146", "yates", "incoherent", "distance 69", "no test gives it"):
        assert part in row
    assert "&lt;16/51&gt;" in row  # text of a file never becomes markup


def test_the_section_says_what_agreement_does_not_show(page):
    assert "not that the paper is right" in page
    assert '<a href="#audit">' in page
    assert 'download="claims_audit.csv.gz"' in page


def test_only_verdicts_that_occur_can_be_chosen(page):
    assert '<option value="incoherent">' in page
    assert '<option value="close">' not in page


@pytest.mark.parametrize("claims", [None, pd.DataFrame(columns=list(COLUMNS))])
def test_a_study_without_printed_figures_has_no_section(claims):
    page = rendered(claims).decode()
    assert 'id="audit"' not in page
    assert "#audit" not in page
