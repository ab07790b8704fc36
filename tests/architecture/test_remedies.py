"""No message and no page tells anybody to destroy what cannot be had again: the build file alone holds rows that a
source has overwritten, a lost key changes every pseudonym, a deleted delivery is no longer there to be read.

Searched are all texts that programs can say (string literals, YAML and SQL), and all pages, sentence by sentence.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from cartwright.warehouse.settings import CHECKOUT

DESTROYS = re.compile(
    r"(?i)\b(delete|remov(?:e|ing)|erase|wipe|discard|throw away|empty|truncate|overwrite|drop|unlink|get rid of|rm)\b"
)
# What a house has once.
ONLY_ONCE = re.compile(
    r"(?i)build file|\.duckdb\b|restricted|identity[. ]key|\b(?:the|its|your|this) (?:key|house|home|ledger|quarantine|"
    r"database|raw store)\b|\bledger\b|\bquarantine\b|\braw (?:tables?|records?|store|schema)|landing (?:zone|folder)|"
    r"\bfeeds?\b|\breleases?\b|CARTWRIGHT_HOME|CARTWRIGHT_FEEDS|\.cartwright|dagster_home|\bbackups?\b|"
    r"\{settings\.\w+\}|\{place\.\w+\}"
)
NOT = re.compile(r"(?i)\b(never|not|no|nothing|without|cannot|instead of|refuses? to)\s+(?:\w+\s+){0,2}$")
# Why each of these may stand. A sentence that begins otherwise is looked at again.
MAY_STAND = {
    "Remove old releases for good, by a policy.": "the help of `releases prune`, which keeps what is named or open",
    "`cartwright releases prune --dry-run` shows": "the same",
    "Stop the units, keep what must be kept": "a hospital that gives the program up; the backup is made before",
    '```bash chmod -R u+w "$CARTWRIGHT_HOME"': "the same",
}


def sentences(text: str) -> Iterator[str]:
    yield from (
        part.strip() for part in re.split(r"(?<=[.!?])\s+(?=[A-Z`*|])|\n\s*\n|\n(?=[-|#])", text) if part.strip()
    )


def said_by_programs() -> Iterator[tuple[str, str]]:
    """(where, sentence) of every string literal that is no documentation and no SQL, and of YAML."""
    for room in ("warehouse", "orchestration", "expectations", "analysis", "explore", "simulator"):
        for path in sorted((CHECKOUT / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for where, text in _texts(tree):
                yield from ((f"{path.relative_to(CHECKOUT)}:{where}", each) for each in sentences(text))
    for path in [
        *CHECKOUT.glob("sql/models/**/*.yml"),
        *CHECKOUT.glob("sql/checks/**/*.*"),
        *CHECKOUT.glob("sql/seeds/*.csv"),
    ]:
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{path.relative_to(CHECKOUT)}:{line}", text


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and not _is_command(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node.lineno,
                "".join(
                    part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
                    for part in node.values
                ),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | documentation:
            yield node.lineno, node.value


def _is_command(node: ast.AST) -> bool:
    """Whose documentation is the help of a command."""
    return any("command" in ast.unparse(each) for each in getattr(node, "decorator_list", []))


def on_pages() -> Iterator[tuple[str, str]]:
    pages = [CHECKOUT / "README.md", *sorted(CHECKOUT.glob("docs/*.md")), *sorted(CHECKOUT.glob("deploy/*"))]
    for path in (path for path in pages if path.is_file()):
        for each in sentences(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(CHECKOUT)), each


def destructive(said: Iterable[tuple[str, str]]) -> list[str]:
    """Sentences that tell to destroy such a thing, which is named after the verb, or before "delete it"."""
    found = []
    for where, sentence in said:
        flat = " ".join(sentence.split())
        if _is_statement(flat) or any(flat.startswith(known) for known in MAY_STAND):
            continue
        for verb in DESTROYS.finditer(flat):
            after = re.split(r"[.;:!?](?= |$)", flat[verb.end() : verb.end() + 70])[0]
            named = flat[max(0, verb.start() - 120) : verb.start()] if re.match(r" (?:it|them)\b", after) else after
            if ONLY_ONCE.search(named) and not NOT.search(flat[: verb.start()]):
                found.append(f"{where}: {flat[:200]}")
                break
    return found


def _is_statement(text: str) -> bool:
    """SQL that a program runs."""
    return bool(re.match(r"\s*(DELETE FROM|DROP (TABLE|VIEW|SCHEMA)|CREATE|INSERT|SELECT|WITH|UPDATE)\b", text))


def test_no_message_tells_to_destroy_what_a_house_has_once() -> None:
    assert destructive(said_by_programs()) == []


def test_no_page_tells_to_destroy_what_a_house_has_once() -> None:
    assert destructive(on_pages()) == []


@pytest.mark.parametrize(
    "remedy",
    [
        "delete the build file and run the night again",
        "the raw store is damaged: remove restricted/warehouse.duckdb",
        "rm -rf .cartwright/restricted, then refresh",
        "{settings.feeds} was not finished, and only its writer knows its plan; delete it",
        "Empty the landing zone and start over",
        "remove the identity key and a new one is made",
        "discard the quarantine",
    ],
)
def test_a_remedy_that_destroys_is_seen(remedy: str) -> None:
    assert destructive([("planted", remedy)])


def test_every_sentence_that_may_stand_is_still_said() -> None:
    said = [" ".join(sentence.split()) for _, sentence in (*said_by_programs(), *on_pages())]
    assert [known for known in MAY_STAND if not any(each.startswith(known) for each in said)] == []


def test_a_warning_against_it_is_none() -> None:
    assert destructive([("planted", "restore it from its backup; never delete the build file")]) == []
