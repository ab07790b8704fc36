"""What dbt has to know of a study before it compiles: names of columns, of endpoints and of the study's own models.

Values stay in the schema `study`, which models read when they run; here are only what decides the text of a query.
"""

from __future__ import annotations

from typing import Any

from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.order import anchor_levels, item_levels, subject_columns


def dbt_vars(study: Study) -> dict[str, Any]:
    """Variables of the dbt project for one study.

    study_columns: the declared columns of adam.adsl in their order, each with name, type, item, is_followed_only,
    description and end (least or greatest, of a number that can be a bound). endpoints: paramcd of each time to event;
    endpoint_labels: the same with its words.
    has_response: whether the study has responses; progression_endpoint: whose event ends one. own_<folder>: the
    study's own models by folder.
    anchor_levels, item_levels: how often a named day or an item refers to others that refer to others.
    """
    protocol = study.protocol
    return {
        "study_columns": [column._asdict() for column in subject_columns(protocol)],
        "endpoints": [endpoint.paramcd for endpoint in protocol.endpoints],
        "endpoint_labels": {endpoint.paramcd: endpoint.param for endpoint in protocol.endpoints},
        "has_response": protocol.response is not None,
        "progression_endpoint": protocol.response.progression_endpoint if protocol.response else None,
        "anchor_levels": max(anchor_levels(protocol).values(), default=0),
        "item_levels": max(item_levels(protocol).values(), default=0),
        **{f"own_{folder}": names for folder, names in study.own_models.items()},
    }
