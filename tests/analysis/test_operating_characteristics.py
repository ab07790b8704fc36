"""Intervals cover 95 % and tests keep 5 %, on trials of the study's size."""

import pytest

from benchmarks import operating_characteristics


@pytest.mark.slow
def test_coverage_size_and_bias_are_as_expected():
    """The full size of `make accept`, small: one seed, so that Monte-Carlo error cannot make it fail now and then."""
    table = operating_characteristics.simulate(replicates=20)
    off = table[~table["holds"]]
    assert off.empty, "\n".join(operating_characteristics.lines(off))
