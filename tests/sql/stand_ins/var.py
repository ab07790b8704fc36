"""What sqlfluff sees of dbt's `var`: the default of every variable, as numbers are reckoned with."""

import sys
import types


class _Var(types.ModuleType):
    def __call__(self, name: str, default: object = "") -> object:
        return default


sys.modules[__name__].__class__ = _Var
