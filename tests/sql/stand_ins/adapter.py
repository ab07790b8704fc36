"""What sqlfluff sees of dbt's `adapter`: a dispatched macro reads as the call of a function of its name.

sqlfluff renders the models without dbt, in seconds; what the macros really give is tested by dbt's unit tests.
"""

from collections.abc import Callable

_TAKES_TEXT = {"fully_matches": 1, "matches": 1, "matched": 1, "raise": 0}  # macro -> the argument that it quotes


def dispatch(name: str, package: str) -> Callable[..., str]:
    """Stands for the macro of that name."""

    def call(*arguments: object) -> str:
        if name == "kept":  # a query, not a value
            return str(arguments[1])
        given = [f"'{each}'" if at == _TAKES_TEXT.get(name) else str(each) for at, each in enumerate(arguments)]
        return f"{name}({', '.join(given)})"

    return call
