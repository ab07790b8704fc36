"""Groups and categories can be told apart in grey print and by the colour-blind: lightness, dash, marker, hatch."""

import re
from itertools import combinations, pairwise

import pytest

from cartwright.analysis.figures import canvas
from cartwright.analysis.figures.colours import COLOURS, LINES, MARKERS, SHADES, STROKES, UNRATED, ordered

ENOUGH = 0.12  # difference in lightness (0 to 1) that survives grey print
# Machado, Oliveira & Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1.0, on linear RGB
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))


def linear(colour):
    """sRGB hex to linear RGB (IEC 61966-2-1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def lightness(colour):
    """CIE L* of 0 to 1, from the luminance of WCAG 2: what grey print leaves of a colour."""
    y = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))
    return (116 * y ** (1 / 3) - 16) / 100 if y > 216 / 24389 else y * 24389 / 2700


def seen(colour, matrix):
    return [sum(w * c for w, c in zip(row, linear(colour), strict=True)) for row in matrix]


@pytest.mark.parametrize(("colour", "expected"), [("#000000", 0), ("#FFFFFF", 1), ("#777777", 0.50)])
def test_lightness_of_known_greys(colour, expected):
    assert lightness(colour) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("colours", "second"),
    [
        (COLOURS, LINES),
        (COLOURS, MARKERS),
        (STROKES, LINES[: len(STROKES)]),
        (STROKES, MARKERS[: len(STROKES)]),
    ],
)
def test_any_two_differ_in_grey(colours, second):
    for (one, mark), (other, other_mark) in combinations(zip(colours, second, strict=True), 2):
        assert mark != other_mark or abs(lightness(one) - lightness(other)) > ENOUGH, (one, other)


def test_ordered_categories_get_darker_step_by_step():
    for one, next_one in pairwise(SHADES):
        assert lightness(one) - lightness(next_one) > ENOUGH, (one, next_one)
    assert sorted(STROKES, key=lightness, reverse=True) == list(STROKES)


def test_no_colour_means_two_things():
    every = [colour.lower() for colour in (*COLOURS, *SHADES, *STROKES, UNRATED)]
    assert len(set(every)) == len(every)


def test_categories_take_the_ends_of_the_scale_and_even_steps():
    assert ordered(SHADES, 6) == list(SHADES)
    assert ordered(SHADES, 4) == [SHADES[place] for place in (0, 2, 3, 5)]
    assert ordered(SHADES, 1) == [SHADES[0]]


@pytest.mark.parametrize("matrix", [DEUTERANOPIA, PROTANOPIA])
@pytest.mark.parametrize("colours", [COLOURS, SHADES, STROKES])
def test_any_two_differ_for_colour_blind_readers(colours, matrix):
    for one, other in combinations(colours, 2):
        apart = max(abs(a - b) for a, b in zip(seen(one, matrix), seen(other, matrix), strict=True))
        assert apart > 0.05, (one, other)


@pytest.mark.parametrize("colour", [*COLOURS[:4], canvas.INK, canvas.MUTED])
def test_lines_and_words_stand_out_from_white(colour):
    assert 1 - lightness(colour) > 0.3


def test_the_groups_of_a_survival_figure_have_a_dash_of_their_own():
    """Read from the drawing itself, not from the palette."""
    from cartwright.analysis.figures import draw
    from tiny import groups, patients, run, times

    found = run(
        "km",
        patients(group_code=["a", "a", "b", "b"]),
        times([30, 60, 90, 120], [1, 1, 0, 1]),
        endpoint="OS",
        group_by="group_code",
        group_levels=groups("a", "b"),
        options={
            "time": "duration_days",
            "conf_type": "log",
            "rule": "r",
            "month_days": "365/12",
            "at_risk_months": 1,
            "figure": "km",
        },
    )
    output = {"output_id": "section.output", "seq": 1, "kind": "figure", "title": "Survival", "footnote": None}
    svg = draw(found.results, [output])["section.output"].decode()
    drawn = set()
    for colour in COLOURS[:2]:
        style = re.search(rf'<path d="[^"]*" clip-path[^>]*style="(fill: none; stroke[^"]*{colour.lower()}[^"]*)"', svg)
        drawn.add(re.sub(r"#[0-9a-f]{6}", "", style[1]))
    assert len(drawn) == 2
