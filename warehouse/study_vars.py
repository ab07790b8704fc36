"""What dbt has to know of a study before it compiles: names of columns, of endpoints and of the study's own models.

Values stay in the schema `study`, which models read when they run; here is only what decides the text of a query.
"""

from __future__ import annotations

from typing import Any

from .study_definition import Study


def dbt_vars(study: Study) -> dict[str, Any]:
    """Variables of the dbt project for one study: paramcd of its endpoints, its own models as own_<folder>."""
    return {
        "endpoints": [endpoint.paramcd for endpoint in study.protocol.endpoints],
        **{f"own_{folder}": names for folder, names in study.own_models.items()},
    }
