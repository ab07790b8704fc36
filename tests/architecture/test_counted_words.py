"""A message that counts something says `1 row` and `2 rows`: by `counted`, wherever the number can be one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "expectations", "explore", "handbook", "orchestration", "simulator", "warehouse")
# Bounds of the program, and what is refused unless there are two: never one.
NEVER_ONE = re.compile(r"\{MOST_|\} (?:groups|levels) need|\} rows are no longer in the table; so many")
IS_NUMBER = re.compile(r"len\(|sum\(|count\b|\.n\b|_count\b|:,")
SEVERAL = re.compile(r"^ (?:[a-z]+ )?(?!(?:is|was|has|as|its|this|needs|levels or)\b)[a-z]+[^\Ws]s\b")


def said_of_several(source: str) -> list[str]:
    """Words of f-strings that name several things after a number of them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            for number, words in zip(node.values, node.values[1:], strict=False):
                if isinstance(number, ast.FormattedValue) and isinstance(words, ast.Constant):
                    shown = ast.unparse(ast.JoinedStr([number])).removesuffix('"').removesuffix("'")
                    if NEVER_ONE.search(shown + words.value):
                        continue
                    if IS_NUMBER.search(shown) and SEVERAL.match(words.value):
                        found.append(f"line {node.lineno}: {shown}{words.value[:40]}")
    return found


def test_what_is_looked_for_is_found() -> None:
    assert said_of_several('f"{len(found)} questions"')
    assert said_of_several('f"{rows:,} new rows in all"')
    assert not said_of_several('f"{counted(len(found), one)} asked"')
    assert not said_of_several('f"{len(found)} is too many"')


def test_no_message_names_several_of_one() -> None:
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    found = [f"{path.relative_to(ROOT)} {one}" for path in paths for one in said_of_several(path.read_text("utf-8"))]
    assert found == []
