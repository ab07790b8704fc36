"""Names and labels that a transport file can hold, for columns that a study declares.

A name follows from the column's own alone, except where two would be one; a statistician finds the column in the label
and in define.xml.
"""

from __future__ import annotations

from collections.abc import Collection

from cartwright.warehouse.cdisc.standard import LONGEST_LABEL, LONGEST_NAME

_ENDINGS = {
    "DATE": "DT",
    "CODE": "CD",
    "PERCENT": "PC",
    "COUNT": "N",
    "DAYS": "DY",
    "MONTHS": "MO",
    "YEARS": "YR",
    "LEAST": "LO",
    "GREATEST": "HI",
}
_PLAIN = str.maketrans({"≥": ">=", "≤": "<=", "µ": "u", "μ": "u", "–": "-", "’": "'", "²": "2"})


def short_name(column: str, taken: Collection[str]) -> str:
    """A name of at most 8 characters that is not in `taken`: `first_dose_date` -> FRSDOSDT, `is_large` -> LARGEFL."""
    name = column.upper()
    is_flag = name.startswith(("IS_", "HAS_"))
    if len(name) <= LONGEST_NAME and name not in taken and not is_flag:
        return name
    *words, last = name.split("_")
    if is_flag:
        words, ending = [*words[1:], last], "FL"
    elif words and last in _ENDINGS:
        ending = _ENDINGS[last]
    else:
        words, ending = [*words, last], ""
    stem = _fit(words, LONGEST_NAME - len(ending))
    number, found = 1, stem + ending
    while found in taken:
        number += 1
        mark = f"{number}{ending}"
        found = stem[: LONGEST_NAME - len(mark)] + mark
    return found


def _fit(words: list[str], room: int) -> str:
    """The words as one, the longest shortened first: by its last vowel, then its last letter, a digit only at last."""
    words = list(words)
    while sum(map(len, words)) > room:
        longest = max(range(len(words)), key=lambda i: (any(c.isalpha() for c in words[i][1:]), len(words[i]), i))
        word = words[longest]
        vowel = max(word.rfind(letter, 1) for letter in "AEIOU")
        letter = next((i for i in range(len(word) - 1, 0, -1) if word[i].isalpha()), len(word) - 1)
        cut = vowel if vowel > 0 else letter
        words[longest] = word[:cut] + word[cut + 1 :]
    return "".join(words)


def plain(text: str) -> str:
    """The text in the letters that every reader of a transport file knows."""
    return text if text.isascii() else text.translate(_PLAIN).encode("ascii", "replace").decode("ascii")


def short_label(text: str) -> str:
    """The first words of a text, at most 40 letters, in plain letters."""
    text = plain(" ".join(text.split())).split(". ")[0].rstrip(".")
    if len(text) <= LONGEST_LABEL:
        return text
    return text[: LONGEST_LABEL + 1].rsplit(" ", 1)[0][:LONGEST_LABEL].rstrip(" ,;:(")
