"""The data dictionary as pages: one a schema, a section a table, a line a column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from markdown.extensions.toc import slugify  # type: ignore[import-untyped]

from cartwright.warehouse.intake.contracts import load_contracts
from handbook.dictionary import WRITTEN_BY, Column, Table

FOLDER = "dictionary"
HEAD = "| column | type, unit | meaning, codes | made of |\n|---|---|---|---|"
_INTRODUCTION = """\
# Data dictionary

Every table and column of a release, by schema; [Analysts](../docs/analysts.md) says what each schema is for, and where
to begin. What the hospital sends, column by column, and the lists of codes: [Feeds](../docs/feeds.md). The SQL, the
tests and the graph of the models: [dbt's pages](../dbt.html).

Written from a release of the study `{study}` made by version {version}, and from the SQL that made it. *Unit* is what
the name tells, or the column of the row that holds it; *codes* are the values that a check allows, or the
[list](../docs/feeds.md#code-lists) they come from; *made of* names the columns one step back, as the compiled SQL reads
them: their values, or what chose among them. What a model makes of no column is a constant or a count. *From the feeds*
counts the columns of a table that go back to a feed table, however many steps; subjects and groups go back to many.

| schema | tables | columns | written by |
|---|---|---|---|"""


def pages(tables: Sequence[Table], study: str, version: str) -> dict[str, str]:
    """Path of each page -> its Markdown. `study`, `version`: what the release says it was made of."""
    schemas = {schema: list(found) for schema, found in groupby(tables, lambda table: table.schema)}
    published = {table.name for table in tables}
    index = [_INTRODUCTION.format(study=study, version=version)]
    index += [
        f"| [{schema}]({schema}.md) | {len(found)} | {sum(len(table.columns) for table in found)} | {_writer(schema)} |"
        for schema, found in schemas.items()
    ]
    made = {f"{FOLDER}/index.md": "\n".join(index) + "\n"}
    for schema, found in schemas.items():
        sections = [f"# {schema}", f"Written by {_writer(schema)}.", *(_section(table, published) for table in found)]
        made[f"{FOLDER}/{schema}.md"] = "\n\n".join(sections) + "\n"
    return made


def anchor(heading: str) -> str:
    """Under which a heading is linked to."""
    return slugify(heading, "-")


def _writer(schema: str) -> str:
    return WRITTEN_BY.get(schema, "the SQL of `sql/models/`")


def _section(table: Table, published: Collection[str]) -> str:
    feeds = f"\n\nFrom the feeds: {', '.join(_feed_links(table.feeds))} columns." if table.feeds else ""
    lines = [_line(column, published) for column in table.columns]
    return "\n".join([f"## {table.name}\n", f"{_cell(table.meaning)}{feeds}\n", HEAD, *lines])


def _line(column: Column, published: Collection[str]) -> str:
    sources = ", ".join(_source(table, name, published) for table, name in column.sources)
    unit = f"<br>{_cell(column.unit)}" if column.unit else ""
    codes = f"<br>Codes: {column.codes}" if column.codes else ""
    cells = (f"`{column.name}`", f"{column.type}{unit}", f"{_cell(column.meaning)}{codes}", sources)
    return f"| {' | '.join(cells)} |"


def _source(table: str, column: str, published: Collection[str]) -> str:
    schema = table.partition(".")[0]
    named = f"{_cell(table)}.<wbr>{_cell(column)}"
    return f"[{named}]({schema}.md#{anchor(table)})" if table in published else named


def _feed_links(feeds: Mapping[str, int]) -> Iterator[str]:
    titles: Mapping[str, str] = {name: contract.title for name, contract in load_contracts().items()}
    for feed, columns in feeds.items():
        yield f"[{feed}](../docs/feeds.md#{anchor(f'{titles[feed]} ({feed})')}) {columns}"


def _cell(text: str) -> str:
    """A text in which no sign means anything to Markdown."""
    for sign in ("\\", "|", "*", "_", "<", "`", "["):
        text = text.replace(sign, "&lt;" if sign == "<" else f"\\{sign}")
    return " ".join(text.split())
