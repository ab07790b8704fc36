"""The medians on the screen: what is compared by another column than the group stands by itself, in words."""

from __future__ import annotations

import duckdb

from cartwright.orchestration.commands.summary import _survival

LEVELS = '[{"level": "true", "label": "LDH raised"}, {"level": "false", "label": "LDH normal"}]'


def test_levels_of_another_column_are_named_by_their_labels_on_a_line_of_their_own() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA results")
        con.execute(
            "CREATE TABLE results.analysis AS FROM (VALUES "
            "('os', 'survival.os', 1, 'km', 'OS', 'group_code', '[]', '{\"headline\": true}'), "
            "('ldh', 'survival.os_ldh', 1, 'km', 'OS', 'is_ldh_high', $1, '{\"headline\": true}'), "
            "('ldh_cox', 'survival.os_ldh', 2, 'hr_cox', 'OS', 'is_ldh_high', $1, '{\"headline\": true}')) "
            "AS t(analysis_id, output_id, seq, kind, endpoint, group_by, group_levels, options)",
            [LEVELS],
        )
        con.execute(
            "CREATE TABLE results.ard AS FROM (VALUES "
            "('os', 'arm_a', 'median_survival_months', 8.2, 5.6, NULL, 54, 36), "
            "('ldh', 'true', 'median_survival_months', 5.5, 4.5, 6.3, 105, 83), "
            "('ldh_cox', NULL, 'hr', 1.87, 0.94, 3.74, 120, 92)) "
            "AS t(analysis_id, group_level, statistic, value, ci_low, ci_high, n, events)"
        )
        assert _survival(con) == [
            ("OS", "arm_a median 8.2 months (5.6 to NE; 36 events of 54)"),
            (
                "OS by is_ldh_high",
                "LDH raised median 5.5 months (4.5 to 6.3; 83 events of 105), hazard ratio 1.87 (0.94 to 3.74)",
            ),
        ]
