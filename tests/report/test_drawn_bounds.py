"""What figures draw is bounded at any number of patients, loses nothing that shows, and says what it leaves out."""

import pandas as pd
import pytest

from cartwright.analysis.figures import bounds, draw
from tiny import groups, patients, run, times

KM = {
    "time": "duration_days",
    "conf_type": "log",
    "rule": "r",
    "month_days": "365/12",
    "at_risk_months": 6,
    "figure": "km",
}


def test_a_curve_keeps_its_first_row_and_what_each_place_ends_with():
    curve = pd.DataFrame({"t": range(6000), "s": range(6000)})
    drawn = bounds.steps(curve, "t")
    assert len(drawn) <= bounds.PLACES + 2
    assert drawn["t"].iloc[0] == 0
    assert drawn["t"].iloc[-1] == 5999
    assert drawn["t"].diff().max() <= 6000 / bounds.PLACES + 1


def test_a_short_curve_is_drawn_whole():
    curve = pd.DataFrame({"t": range(bounds.PLACES)})
    assert bounds.steps(curve, "t") is curve


@pytest.mark.parametrize(
    ("count", "kept", "words"),
    [
        (150, 150, ""),
        (151, 76, "every 2nd of 151 is drawn"),
        (450, 150, "every 3rd of 450 is drawn"),
        (1650, 150, "every 11th of 1,650 is drawn"),
    ],
)
def test_patients_beyond_the_bound_are_drawn_at_even_places_and_said_so(count, kept, words):
    rows, said = bounds.every(pd.DataFrame({"rank": range(1, count + 1)}), "rank")
    assert (len(rows), said) == (kept, words)


def test_ten_thousand_patients_take_no_more_bytes_than_what_an_eye_can_tell_apart():
    count = 10_000
    found = run(
        "km",
        patients(group_code=["a", "b"] * (count // 2)),
        times([20 + (37 * number) % 3001 for number in range(count)], [number % 3 > 0 for number in range(count)]),
        endpoint="OS",
        group_by="group_code",
        group_levels=groups("a", "b"),
        options=KM,
    )
    output = {"output_id": "section.output", "seq": 1, "kind": "figure", "title": "Survival", "footnote": None}
    assert len(found.results["curve"]) > 5000
    assert len(draw(found.results, [output])["section.output"]) < 300_000
