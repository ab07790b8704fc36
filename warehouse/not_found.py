"""What a reader asked for and the house does not have."""

from __future__ import annotations


class UnknownName(KeyError):
    """A name (release, table, analysis, group, ...) that is not there. The message says where to find those that are.

    A KeyError, but one whose text is a sentence: KeyError itself would print it in quotation marks.
    """

    def __str__(self) -> str:
        return str(self.args[0])


class NoRelease(FileNotFoundError):
    """Nothing was published in this house yet."""


class NotInstalled(ModuleNotFoundError):
    """A library that only this command needs is not there. The message is the line that installs it."""
