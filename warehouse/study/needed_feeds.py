"""Which facts of the catalogue a study rests on, and which feeds must have arrived for it."""

from __future__ import annotations

from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.fact_catalogue import facts
from cartwright.warehouse.study.followup import DATASETS, OF_RESPONSES, RESTS_ON
from cartwright.warehouse.study.order import item_facts

# Where responses come from -> the fact that tells them; where ratings fill gaps alone, there need be none.
_BY_SOURCE = {"lesions": "response", "rated": "rated_response", "rated_where_lesions_missing": "response"}


def used_by(study: Study) -> set[str]:
    """Facts of the catalogue that screening, days, items, groups, responses and endpoints rest on."""
    protocol = study.protocol
    named = {protocol.screening.fact, protocol.screening.flag, protocol.groups.fact}
    named |= {anchor.fact for anchor in protocol.anchors}
    named = named.union(*item_facts(protocol).values())
    if protocol.response is not None:
        named.add(_BY_SOURCE[protocol.response.source])
    for endpoint in protocol.endpoints:
        asked = {endpoint.start_fact, endpoint.entry_fact, *(source.fact for source in endpoint.sources)}
        named |= {RESTS_ON.get(fact, fact) for fact in asked - OF_RESPONSES.keys() if fact is not None}
    return {name for name in facts() if name in named}


def needed_feeds(study: Study) -> frozenset[str]:
    """Feed tables without which the study cannot be judged: of one of them empty, nothing of it is published.

    A dataset that is listed is asked for: told from an empty feed, it would say that nothing ever happened.
    """
    datasets = (DATASETS[name].needed for name in study.protocol.datasets if name in DATASETS)
    return frozenset().union(*(facts()[fact].needed for fact in used_by(study)), *datasets)
