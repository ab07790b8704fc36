"""Values of any type as the text that a CSV file would carry, tidied: one form for all formats, so one set of rules.

Blanks around a value do not count. A value that is empty, or one of EMPTY_WORDS, is missing.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartwright.warehouse.intake.contracts import EMPTY_WORDS

# Whole numbers below these are what they say when they come as floating-point numbers of so many bits.
_EXACT = {16: 2.0**11, 32: 2.0**24, 64: 2.0**53}


def texts(array: pa.Array, zone: str) -> pa.Array:
    """`array` as text. Moments with a zone become the wall clock of `zone`, whole floating-point numbers lose their .0.

    Raises pa.ArrowInvalid for bytes that are not UTF-8.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return texts(array.dictionary_decode(), zone)
    if pa.types.is_nested(kind):
        with duckdb.connect() as con:
            rows = con.from_arrow(pa.table({"v": array})).select("CAST(to_json(v) AS VARCHAR) AS v")
            return pc.cast(rows.to_arrow_table()["v"], pa.string()).combine_chunks()
    if pa.types.is_timestamp(kind) and kind.tz:
        array = pc.local_timestamp(array.cast(pa.timestamp(kind.unit, zone)))
    elif pa.types.is_date64(kind):
        array = array.cast(pa.date32())
    elif pa.types.is_fixed_size_binary(kind):
        array = array.cast(pa.binary())
    elif pa.types.is_floating(kind):
        return _number_texts(array)
    return tidy(array.cast(pa.string()))


def _number_texts(array: pa.Array) -> pa.Array:
    """A whole number that may have been rounded keeps a `.0`: as a number of a record it would be another's."""
    wide, rounded = array.cast(pa.float64()), array.cast(pa.string())
    is_exact = pc.and_(pc.equal(pc.floor(wide), wide), pc.less(pc.abs(wide), _EXACT[array.type.bit_width]))
    whole = pc.if_else(is_exact, wide, pa.scalar(None, pa.float64())).cast(pa.int64())
    is_digits = pc.match_substring_regex(rounded, r"^-?\d+$")
    marked = pc.if_else(is_digits, pc.binary_join_element_wise(rounded, ".0", ""), rounded)
    return pc.coalesce(whole.cast(pa.string()), marked)


def tidy(array: pa.Array) -> pa.Array:
    """Text without blanks around it; what is then empty, or an empty word, is missing."""
    return _without_empty(pc.utf8_trim_whitespace(array) if _may_have_blanks(array) else array)


def trimmed(array: pa.Array) -> pa.Array:
    """Like `tidy`, for text that has no empty words but those with blanks around them."""
    return _without_empty(pc.utf8_trim_whitespace(array)) if _may_have_blanks(array) else array


def _without_empty(array: pa.Array) -> pa.Array:
    is_empty = pc.is_in(array, value_set=pa.array(["", *EMPTY_WORDS]))
    return pc.if_else(is_empty, pa.scalar(None, pa.string()), array)


def _may_have_blanks(array: pa.Array) -> bool:
    """Whether a value begins or ends with a blank, or with a byte of a longer character, which may be one."""
    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return False
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    filled = np.flatnonzero(np.diff(ends))
    bytes_ = np.frombuffer(data, np.uint8)
    outer = np.concatenate([bytes_[ends[filled]], bytes_[ends[filled + 1] - 1]])
    return bool(np.any((outer <= 32) | (outer >= 128)))
