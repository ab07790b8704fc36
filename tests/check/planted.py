"""Forty mistakes that people make in a protocol, a plan and a hospital folder, each put into a sound folder by itself.

`old` becomes `new` in `file`; the defect must be told on the line on which `old` began, `further` lines below it.
`words` must stand in what is told: what is wrong, and the nearest name or the remedy.
"""

from __future__ import annotations

from typing import NamedTuple

PLAN, PROTOCOL = "analysis_plan.yml", "protocol.yml"


class Mistake(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    words: tuple[str, ...]
    further: int = 0


IN_PROTOCOL = (
    Mistake("a tab where YAML wants blanks", PROTOCOL, "  ipi_ecog_min:", "\tipi_ecog_min:", ("tab", "blanks")),
    Mistake(
        "a line set in too far",
        PROTOCOL,
        "    param: Overall survival\n",
        "      param: Overall survival\n",
        ("indent",),
    ),
    Mistake(
        "a key given twice",
        PROTOCOL,
        "time_zero: time_zero\n",
        "time_zero: time_zero\ntime_zero: time_zero\n",
        ('"time_zero" is given twice', "keep one"),
        1,
    ),
    Mistake(
        "a month that is none",
        PROTOCOL,
        "data_cut_date: 2022-08-31",
        "data_cut_date: 2022-13-31",
        ("2022-13-31", "no date", "2024-01-31"),
    ),
    Mistake(
        "a number written as text",
        PROTOCOL,
        "age_min_years: {value: 18,",
        'age_min_years: {value: "18",',
        ('"18"', "number", "quotation marks"),
    ),
    Mistake(
        "a list where one name is due",
        PROTOCOL,
        "of: max_lesion_mm, min",
        "of: [max_lesion_mm], min",
        ("a list", "brackets"),
    ),
    Mistake(
        "an item that nobody declares",
        PROTOCOL,
        "{item: ecog_grade, min: ipi_ecog_min}",
        "{item: ecog_grad, min: ipi_ecog_min}",
        ('"ecog_grad" is no item', 'did you mean "ecog_grade"?'),
    ),
    Mistake(
        "items made of each other",
        PROTOCOL,
        "kind: cutoff, of: ipi_score, min: ipi_high_min",
        "kind: cutoff, of: is_ipi_ge3, min: ipi_high_min",
        ("made of itself", "circle"),
    ),
    Mistake(
        "an endpoint censored at an unknown fact",
        PROTOCOL,
        "role: censor, fact: adequate_assessment",
        "role: censor, fact: adequate_assesment",
        ('"adequate_assesment" is no fact', 'did you mean "adequate_assessment"?'),
    ),
    Mistake(
        "a cut-off in another unit",
        PROTOCOL,
        "target_dose_cells_per_kg: {value: 2000000,",
        "target_dose_cells_per_kg: {value: 2,",
        ("cart_dose_cells_per_kg", "10000", "/kg"),
    ),
    Mistake(
        "a code that YAML reads as no",
        PROTOCOL,
        "bridging_intents: [bridging]",
        "bridging_intents: [no]",
        ("no", "false", "quotation marks"),
    ),
    Mistake(
        "a class of drugs that no hospital has",
        PROTOCOL,
        "{class_code: chemotherapy,",
        "{class_code: chemoterapy,",
        ('"chemoterapy"', 'did you mean "chemotherapy"?'),
    ),
    Mistake(
        "a detail in capitals",
        PROTOCOL,
        "cart_course, detail_code: cd20, of_course",
        "cart_course, detail_code: CD20, of_course",
        ('"CD20"', 'did you mean "cd20"?'),
    ),
    Mistake(
        "a histology that no report can have",
        PROTOCOL,
        "histology_allowed: [dlbcl_nos,",
        "histology_allowed: [dlbcl,",
        ('"dlbcl"', 'did you mean "dlbcl_nos"?'),
    ),
    Mistake(
        "a parameter that nothing reads",
        PROTOCOL,
        "parameters:\n",
        'parameters:\n  age_max_years: {value: 80, origin: decided, description: "Oldest age."}\n',
        ("nothing reads", '"age_max_years"', "remove"),
        1,
    ),
    Mistake(
        "a window that ends before it begins",
        PROTOCOL,
        "baseline_from_day: {value: -28",
        "baseline_from_day: {value: 28",
        ("28", "14", "no day"),
    ),
)

IN_PLAN = (
    Mistake(
        "a population that nobody declares",
        PLAN,
        "population: targeted\n",
        "population: target\n",
        ('"target" is no population', 'did you mean "targeted"?'),
    ),
    Mistake(
        "a test that does not fit the variable",
        PLAN,
        "type: continuous, tests: [ranksum]}",
        "type: continuous, tests: [fisher]}",
        ('"fisher"', "continuous", "ranksum"),
    ),
    Mistake(
        "a misspelt test",
        PLAN,
        "tests: [pearson, trend]",
        "tests: [pearson, trent]",
        ('"trent" is no test', 'did you mean "trend"?'),
    ),
    Mistake(
        "a misspelt kind",
        PLAN,
        "    kind: proportion\n",
        "    kind: proportions\n",
        ('"proportions" is no kind', 'did you mean "proportion"?'),
    ),
    Mistake(
        "a misspelt option",
        PLAN,
        "&rates {interval: clopper_pearson",
        "&rates {intervall: clopper_pearson",
        ('"intervall" is no option', 'did you mean "interval"?'),
    ),
    Mistake(
        "a method that is none", PLAN, "conf_type: log,", "conf_type: loglog,", ('"loglog"', 'did you mean "log-log"?')
    ),
    Mistake(
        "a column that nobody has",
        PLAN,
        "column: ipi_low, label",
        "column: ipi_lower, label",
        ('"ipi_lower" is no column', 'did you mean "ipi_low"?'),
    ),
    Mistake(
        "a group that the protocol does not compare",
        PLAN,
        "{level: noncart, label: Non-CART}]\n    variables:",
        "{level: non_cart, label: Non-CART}]\n    variables:",
        ('"non_cart"', 'did you mean "noncart"?'),
    ),
    Mistake(
        "an endpoint in small letters", PLAN, "endpoint: DOR", "endpoint: dor", ('"dor" is no', 'did you mean "DOR"?')
    ),
    Mistake(
        "a dataset that is none", PLAN, "dataset: adrv", "dataset: adrx", ('"adrx" is no dataset', 'did you mean "ad')
    ),
    Mistake(
        "an output that nothing computes",
        PLAN,
        "outputs:\n",
        "outputs:\n  - {output_id: baseline.comorbidity, seq: 36, kind: table, title: Comorbidity}\n",
        ("baseline.comorbidity", "no analysis"),
        1,
    ),
    Mistake(
        "one variable where a list is due",
        PLAN,
        "variables: [{<<: *ttf, digits: 2}]",
        "variables: {<<: *ttf, digits: 2}",
        ("list",),
    ),
    Mistake(
        "a funnel without steps",
        PLAN,
        "{figure: flow, steps: funnel, left_at",
        "{figure: flow, left_at",
        ('"steps"', "funnel"),
    ),
    Mistake(
        "a ratio of three groups",
        PLAN,
        'expected", population: analysed, endpoint: PFS,\n     group_by: population, group_levels: *resp_nonresp',
        'expected", population: analysed, endpoint: PFS,\n     group_by: population, group_levels: *response_groups',
        ("hr_oe", "two groups"),
        1,
    ),
)

# Of a hospital the whole file is given: a sound folder has hospital.yml alone.
LAYOUT = "hospital: mine\ntitle: Mine\nzone: Europe/Berlin\n"
IN_HOSPITAL = (
    Mistake(
        "a misspelt zone",
        "hospital.yml",
        "",
        LAYOUT.replace("Berlin", "Berln"),
        ('"Europe/Berln" is no IANA time zone', 'did you mean "Europe/Berlin"?'),
        2,
    ),
    Mistake(
        "a tab where YAML wants blanks",
        "hospital.yml",
        "",
        LAYOUT + "feeds:\n\tehr_contact: {}\n",
        ("tab", "blanks"),
        4,
    ),
    Mistake(
        "a constant that YAML reads as no",
        "hospital.yml",
        "",
        LAYOUT + "feeds:\n  ehr_contact:\n    constants: {contact_code: no}\n",
        ("no", "false", "quotation marks"),
        5,
    ),
    Mistake("a unit that is none", "unit.csv", "", "unit_text,ucum\nMio,10e6/L\n", ("10e6/L", "UCUM", "10*9/L"), 1),
    Mistake(
        "limits in the wrong order",
        "plausible_limit.csv",
        "",
        "table_name,column_name,low,high,action_code,reason\nehr_vital_sign,spo2_percent,100,0,use,x\n",
        ("100", "below", "exchange"),
        1,
    ),
    Mistake(
        "a laboratory code twice",
        "lab_test.csv",
        "",
        "local_code,lbtestcd\nLEUKO,WBC\nHB,HGB\nLEUKO,NEUT\n",
        ("line 2", "keep one"),
        3,
    ),
    Mistake(
        "a class of drugs that is none",
        "drug_class.csv",
        "",
        "drug_code,class_code,is_antineoplastic\nepcoritamab,antibdy,true\n",
        ('"antibdy" is no class', 'did you mean "antibody"?'),
        1,
    ),
    Mistake(
        "semicolons, as a spreadsheet writes them",
        "lab_test.csv",
        "",
        "local_code;lbtestcd\nLEUKO;WBC\n",
        ("semicolon", "commas"),
    ),
    Mistake(
        "a comma in a number",
        "plausible_limit.csv",
        "",
        'table_name,column_name,low,high,action_code,reason\nehr_vital_sign,temperature_cel,28,"43,5",use,x\n',
        ('"43,5"', "decimal point"),
        1,
    ),
    Mistake(
        "umlauts that are not UTF-8",
        "value_word.csv",
        "",
        "value_word\nnicht messbar\nungen\udcfcgend\n",
        ("UTF-8",),
        2,
    ),
)
