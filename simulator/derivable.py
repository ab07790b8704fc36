from typing import Any, NamedTuple


class Derived(NamedTuple):
    values: dict[str, Any]


def derive(delivered):
    return Derived({"is_included": False})
