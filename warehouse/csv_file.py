"""A CSV file that people write: its rows with their lines, and every defect of its form, so that it can be found."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path

from cartwright.warehouse.counted import counted
from cartwright.warehouse.names import unknown
from cartwright.warehouse.yaml_file import Defect

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class CsvFile:
    """One file in UTF-8, with or without the mark that Excel sets in front. A file that is not there has no rows.

    required: columns that must be there; known: those that may be (None: any). with_comments: a line that begins with #
    is no row. `rows` are those that can be read, without defects all of them, each with its first line; blanks around a
    value are taken off.
    """

    def __init__(
        self, path: Path, required: Sequence[str], known: Collection[str] | None = None, with_comments: bool = False
    ) -> None:
        self.path, self.required, self.known, self.with_comments = path, required, known, with_comments
        self.rows: list[tuple[int, dict[str, str]]] = []
        self.defects: list[Defect] = []
        try:
            self._read(path.read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            return
        except OSError as error:
            self.say(0, "", f"cannot be read ({error.strerror})", "give it back, or remove it")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.say(line, "", "a letter that is not UTF-8", "save the file as CSV in UTF-8")

    def say(self, line: int, column: str, what: str, remedy: str) -> None:
        """Add a defect."""
        self.defects.append(self.describe(line, column, what, remedy))

    def describe(self, line: int, column: str, what: str, remedy: str) -> Defect:
        """A defect of this file."""
        return Defect(self.path.name, line, column, what, remedy)

    def _read(self, text: str) -> None:
        reader = csv.reader(io.StringIO(text, newline=""))
        line = 1
        try:
            header = [name.strip() for name in next(reader, [])]
            if self._header_is_wrong(header):
                return
            line = reader.line_num + 1
            for fields in reader:
                is_said = any(field.strip() for field in fields)
                if is_said and not (self.with_comments and fields[0].startswith("#")):
                    self._take(line, header, fields)
                line = reader.line_num + 1  # a field may go over several lines: a row is named by its first
        except csv.Error as error:
            self.say(line, "", f"this is no CSV ({error})", "save the file as CSV anew")

    def _header_is_wrong(self, header: list[str]) -> bool:
        other = SEPARATORS.keys() & set("".join(header))
        if len(header) == 1 and other:
            found = SEPARATORS[min(other)]
            self.say(1, "", f"the columns are separated by {found}", "save the file as CSV with commas")
            return True
        if self.known is not None and len(header) > 1 and not set(header) & set(self.known):
            self.say(1, "", "the first line names no column of this file", f"write the header {','.join(self.known)}")
            return True
        for position, name in enumerate(header):
            if self.known is not None and name not in self.known:
                self.say(1, name, *unknown("column of this file", name, self.known))
            elif name and name in header[:position]:
                self.say(1, name, "the column is there twice", "keep one of them")
        missing = [name for name in self.required if name not in header]
        if missing and not self.defects:
            named = ",".join(self.required if self.known is None else self.known)
            for name in missing:
                self.say(1, name, "the column is missing", f"write the header {named}")
        return bool(self.defects)

    def _take(self, line: int, header: list[str], fields: list[str]) -> None:
        if len(fields) != len(header):
            remedy = "put a field with commas into quotation marks"
            self.say(line, "", f"{counted(len(fields), 'field')} below a header of {len(header)}", remedy)
            return
        self.rows.append((line, dict(zip(header, map(str.strip, fields), strict=True))))
