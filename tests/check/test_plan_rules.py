"""The rules of the plan agree with the kinds of analysis that they speak of."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cartwright.analysis.figures import FORMS
from cartwright.analysis.methods.compare.agreement import WEIGHTS
from cartwright.analysis.methods.compare.contingency import TESTS as COUNT_TESTS
from cartwright.analysis.methods.compare.paired import TESTS as PAIR_TESTS
from cartwright.analysis.methods.compare.proportion import METHODS as INTERVALS
from cartwright.analysis.methods.compare.samples import TESTS as SAMPLE_TESTS
from cartwright.analysis.methods.compare.summary import DEFINITIONS
from cartwright.analysis.methods.cox.likelihood import TIES
from cartwright.analysis.methods.cox.proportionality import TRANSFORMS
from cartwright.analysis.methods.sensitivity.weighting import ESTIMANDS
from cartwright.analysis.methods.survival.curve import CONF_TYPES
from cartwright.analysis.methods.survival.quantile import RULES
from cartwright.analysis.plan import rules as plan_rules
from cartwright.analysis.plan import shape
from cartwright.analysis.plan.definition import Variable
from cartwright.analysis.plan.kinds.coefficients import MODELS
from cartwright.analysis.plan.kinds.incidence import DENOMINATORS
from cartwright.analysis.plan.run import KINDS

ANALYSIS = Path(__file__).parents[2] / "analysis"
_READ = re.compile(r"""(?:option\(|options\.get\(|options\[)["'](\w+)["']""")
METHODS = {
    "conf_type": CONF_TYPES,
    "denominator": DENOMINATORS,
    "estimand": ESTIMANDS,
    "figure": FORMS,
    "interval": INTERVALS,
    "model": MODELS,
    "quantiles": DEFINITIONS,
    "rule": RULES,
    "ties": TIES,
    "transforms": TRANSFORMS,
    "weights": WEIGHTS,
}


def test_every_kind_has_a_rule() -> None:
    assert plan_rules.RULES.keys() == KINDS.keys()


@pytest.mark.parametrize("option", METHODS)
def test_the_methods_of_an_option_are_those_of_its_module(option: str) -> None:
    assert set(plan_rules.METHODS[option]) == set(METHODS[option])


def test_the_tests_are_those_of_the_comparisons() -> None:
    assert plan_rules.COUNT_TESTS == COUNT_TESTS
    assert plan_rules.SAMPLE_TESTS == SAMPLE_TESTS
    assert plan_rules.PAIR_TESTS == PAIR_TESTS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_reads_no_option_that_its_rule_does_not_have(kind: str) -> None:
    rule = plan_rules.RULES[kind]
    source = (ANALYSIS / "plan" / "kinds" / f"{KINDS[kind].split('.')[0]}.py").read_text(encoding="utf-8")
    others = {
        name
        for other, of in KINDS.items()
        if of.split(".")[0] == KINDS[kind].split(".")[0]
        for name in (*plan_rules.RULES[other].options, *plan_rules.RULES[other].may)
    }
    known = {*rule.options, *rule.may, *plan_rules.OF_ANY_KIND, *others}
    assert set(_READ.findall(source)) <= known


def test_every_option_that_something_reads_stands_in_a_rule() -> None:
    known = {name for rule in plan_rules.RULES.values() for name in (*rule.options, *rule.may)}
    read = {name for path in ANALYSIS.rglob("*.py") for name in _READ.findall(path.read_text(encoding="utf-8"))}
    assert read <= known | set(plan_rules.OF_ANY_KIND)


def test_every_option_and_every_entry_of_a_variable_has_a_shape() -> None:
    known = {name for rule in plan_rules.RULES.values() for name in (*rule.options, *rule.may)}
    assert shape.OPTIONS.keys() == known | set(plan_rules.OF_ANY_KIND)
    assert shape.VARIABLE.keys() == {field.name for field in fields(Variable)}
    lists = {name for name, each in shape.OPTIONS.items() if each.fits([])}
    assert lists == set(plan_rules.LIST_OPTIONS)
