"""The unit tests declared beside the models hold, and they are worth something: a rule changed on purpose is caught.

Every mutation is one small change of a compiled rule, of the kind that slips in when a limit is copied from memory.
"""

from __future__ import annotations

import pytest
from sql_rules import Rules

pytestmark = pytest.mark.slow

# (model, words of the rule, what they become, what that would mean)
MUTATIONS = [
    ("crs_sign", "temperature_cel >= 38.0", "temperature_cel > 38.0", "fever only above 38.0 °C"),
    ("crs_sign", "oxygen_flow_l_per_min > 6", "oxygen_flow_l_per_min >= 6", "high flow from 6 L/min on"),
    ("crs_sign", "and not coalesce(has_other_hypotension_cause, false)", "", "hypotension of another cause"),
    ("crs_sign", "and not has_other_cause", "", "oxygen for another cause"),
    ("crs_sign", "where not coalesce(has_other_cause, false)", "", "a vasopressor for another cause"),
    ("crs_sign", "or support > least_support", "or support >= least_support", "oxygen as before the cells"),
    ("crs_sign", "cast(-30 as integer)", "cast(-31 as integer)", "oxygen of a month before"),
    ("icans_day", "when has_other_cause then 0", "", "an ICE score of another cause"),
    ("icans_day", "counted.is_consciousness and", "", "a seizure of another cause excuses a coma"),
    ("crs_day", "interval 48 hour", "interval 49 hour", "one episode with 48 h between signs"),
    ("icans_day", "= 10 then 0", "= 9 then 0", "an ICE score of 9 without neurotoxicity"),
    ("cart_window", "cast(30 as integer)", "cast(31 as integer)", "toxicity to day 31"),
    ("lab_grade", "_value < bound", "_value <= bound", "CTCAE limits of low counts inclusive"),
    ("lab_grade", "cast(90 as integer)", "cast(91 as integer)", "laboratory toxicity to day 91"),
    ("candidate__laboratory", "value / high", "value / 250.0", "LDH against one limit for every record"),
    ("coo", ">= 30", "> 30", "Hans: positive only above 30 %"),
    ("rearrangement", "is_bcl2_rearranged or is_bcl6_rearranged", "is_bcl2_rearranged", "only BCL2 makes a double hit"),
    ("baseline_wide", "item.ldh_ratio_uln > limits", "item.ldh_ratio_uln >= limits", "LDH at the limit is raised"),
    ("baseline_wide", "coalesce(age_point, 1)", "coalesce(age_point, 0)", "an unknown age counts as young"),
    ("adsl", "max_lesion_mm >= cutoff", "max_lesion_mm > cutoff", "bulky only above 75 mm"),
    ("adsl", "<= cutoff.early_failure_max_days", "< cutoff.early_failure_max_days", "early failure to day 89"),
    ("cd20_treatment", "dose_cells_per_kg < target", "dose_cells_per_kg <= target", "the target dose is below target"),
    ("imaging_day", "when 'progressed' then 1", "when 'progressed' then 9", "progression in one region is overlooked"),
    ("imaging_day", "max(case when is_evaluable then", "min(case when is_evaluable then", "one bad report, no day"),
    ("imaging_day", "in ('4', '5') then", "in ('2', '4', '5') then", "the change beside a low score"),
    ("lesion_size", "ldi_mm * sdi_mm desc", "ldi_mm * sdi_mm", "of two readers the smaller size"),
    ("lesion_size", "greatest(", "least(", "the shorter diameter is the longest"),
    ("new_lesion", "therapy.start_date <= sure", "therapy.start_date < sure", "sure only on the day of a new therapy"),
    ("new_lesion", "= sure.lesion_code", "<> sure.lesion_code", "any later lesion proves a doubtful one"),
    ("course_scan", "therapy.start_date < placed", "therapy.start_date <= placed", "the anchor's own therapy"),
    ("course_scan", "linked_date <= kept", "linked_date < kept", "merged from the next scan on"),
    ("lesion_group", "performed_date <= state", "performed_date = state", "an old link is forgotten"),
    ("course_measure", "sum(measured.ppd_mm2)", "max(measured.ppd_mm2)", "of merged lesions only the largest"),
    ("course_measure", "covered_date <= measured_date", "covered_date > measured_date", "merged is missing"),
    ("course_lesion", "case when measure.is_complete then measure.ppd_mm2 end", "measure.ppd_mm2", "nadir of a part"),
    ("course_lesion", "is_abnormal and compared.nadir", "ldi_mm > 0 and compared.nadir", "5 mm regrow"),
    ("course_lesion", "min(case when measure.is_complete", "max(case when measure.is_complete", "not from the nadir"),
    ("course_lesion", "ppd_mm2 >= 1.5", "ppd_mm2 > 1.5", "growth by exactly half is none"),
    ("ct_response", "<= 0.5 * target", "< 0.5 * target", "exactly half is no partial response"),
    ("course_organ", "not in ('not_assessed', 'none')", "not in ('not_assessed')", "none hides stable"),
    ("pet_response", "(100 + 25)", "(100 + 0)", "SUVmax 10.0 to 10.1 is progression"),
    ("pet_response", "< (100 - 25)", "<= (100 - 25)", "a change of exactly 25 % decides"),
    ("pet_response", "scan.pet_marrow_code = 'new'", "scan.marrow_code = 'new'", "the marrow on CT"),
    ("timepoint_scan", "therapy.start_date <= preceded", "therapy.start_date < preceded", "one of the second day"),
    ("timepoint_scan", "latest_start_date > preceded", "latest_start_date >= preceded", "a therapy of the first day"),
    ("finding__lesion", "* (100 - 20) / 100", "* (100 - 50) / 100", "readers may differ by half"),
    ("finding__lesion", "> 6", "> 7", "seven targets"),
    ("pet_response", "in ('1', '2', '3')", "in ('1', '2')", "Deauville 3 is not complete"),
    ("followup_assessment", "<= followed.new_therapy_date", "< followed.new_therapy_date", "a scan of that day"),
    ("best_response", "death.death_date <= followed", "death.death_date < followed", "a death of that day"),
    ("best_response", "when 'CR' then 1 when 'PR' then 2", "when 'CR' then 2 when 'PR' then 1", "PR beats CR"),
    ("adtte", "event.fact_date <= observed.end_date", "event.fact_date < observed.end_date", "an event of that day"),
    ("adtte", "order by fact.fact_date desc", "order by fact.fact_date", "censored at the first fact, not the last"),
    ("death_record", "|| '-01' as date", "|| '-15' as date", "a month of death means its middle"),
    ("death_record", "and contact.is_past", "", "a booked day is a sign of life"),
    ("death_record", "latest_date < last_contact", "latest_date > last_contact", "the contradicted record counts"),
    ("death_record", "where toxicity_grade = 5", "where toxicity_grade >= 4", "a grade 4 event is a death"),
    ("death_record", "case placed.srcdom when 'ds' then 0 else 1 end", "0", "a fatal event before the death record"),
    ("death", "record.death_date <= build", "record.death_date < build", "a death on the cut has not happened"),
    ("last_alive", "least(ranked.contact_date, build.data_cut_date)", "ranked.contact_date", "alive after the cut"),
    ("last_alive", "death.death_date > build", "death.death_date >= build", "a death on the cut proves life"),
    ("contact", "<= cast(timezone(", "< cast(timezone(", "the day of the build has not been"),
    ("endpoint_event", "greatest(event.fact_date, start.fact_date)", "event.fact_date", "an event before its start"),
    ("adae", "between first_onset_date and last_onset_date", "= first_onset_date", "a month begins before treatment"),
    ("adae", "time_zero_date <= last_end_date", "time_zero_date < last_end_date", "onset after the end"),
    ("adae", "coalesce(death_date, last_end_date)", "last_end_date", "an event outlasts death"),
    ("cart_window", "death.death_date >= followed.infused_date", "true", "a death before the cells ends their window"),
    ("corticosteroid_day", "greatest(dose.first_date, course.infused_date)", "dose.first_date", "before the cells"),
    ("adrv", "assessment.is_adequate desc,", "", "a nearer scan that shows nothing stands for the visit"),
    ("adrv", "ending.fact_date <= visit", "ending.fact_date < visit", "a death of the last day is a scan not done"),
    ("study_group", "case when index_therapy.adtf is null then", "case when true then", "an imputed time zero"),
    ("merged_number", "length(start_date) = 10", "true", "two lines of one year are one"),
    ("merged_number", "and lower(trim(specimen_site)) is not null", "", "two reports without a site are one"),
    ("merged_number", "where administration_status = 'given'", "", "drugs not given make two lines one"),
    ("merged_number", "case when is_in_force then 0 else 1 end, ", "", "a withdrawn order stands for its twin"),
    ("look_alike", "delivered.target_lesions,", "", "images alike but for a lesion are copies"),
    ("stg_ehr__contact", "delivered.delivered_at desc,", "", "a row set back to an older time does not count"),
    ("stg_ehr__patient", "max(case when birth_date is not null then updated_at end)", "max(updated_at)",
     "an emptier newer row takes the birth date away"),
    ("reported_value", "number >= 1e12", "number >= 1e15", "a number of fifteen nines"),
    ("reported_value", "comparator in ('<', '<=')", "comparator in ('<=')", "below zero is a quantity"),
    ("reported_value", "^[1-9][0-9]{0,2},[0-9]{3}$') then null", "^$') then null", "1,234 is a decimal comma"),
    ("unit_factor", "reading.factor / quantity.charge_no", "reading.factor", "an equivalent of calcium is a mole"),
    ("unit_factor", "max(factor) <= min(factor) * 1.000001", "true", "an ambiguous unit is the larger one"),
    ("flow_value", "number < coalesce(lloq, 0)", "number <= coalesce(lloq, 0)", "a count on the LLOQ is not detected"),
    ("lb", "reference_low > result.reference_high", "reference_low >= result.reference_high", "equal limits are none"),
    ("lb", "number * factor > plausible.high", "number * factor >= plausible.high", "the limit is not plausible"),
    ("cart_infusion", "<= 7", "<= 8", "cells eight days apart are one course"),
    ("cart_infusion", "<= 28", "<= 29", "a product again after 29 days is a fraction"),
    ("cart_infusion", "and interruption.usubjid is null", "", "a second infusion after progression is a fraction"),
    ("cart_infusion", "by infused.infused_date desc", "by infused.infused_date desc, infused.infusion_id desc",
     "two bags of the second day are two courses"),
    ("cart_course", "case when count(dose_cells) = count(*) then sum(dose_cells) end", "sum(dose_cells)",
     "a partial sum is the dose"),
    ("cart_course", "case when cart_order.order_id is not null then 0", "case when false then 0",
     "the order that is not there"),
    ("prior_therapy", "count(distinct cart.course_id)", "count(*)", "a cocktail is two lines"),
    ("cell_kinetics", "area.last_day_no >= 21", "area.last_day_no > 21", "no area under the curve to day 21"),
    ("finding__value", "measured.number < plausible.low", "measured.number <= plausible.low", "a value at its limit"),
    ("finding__value", "where coded.value_code is not null and known.code is null", "where false", "codes in silence"),
    ("finding__value", "patient.birth_date > lived.last_day", "patient.birth_date >= lived.last_day", "born that day"),
    ("finding__value", "where last_day < first_day", "where last_day <= first_day", "one day is backwards"),
    ("finding__value", "extranodal_sites_count > 1", "extranodal_sites_count > 2", "stage I with two sites"),
    ("finding", "[0-9]{4,}", "[0-9]{9,}", "a record number is published as a code"),
    ("finding_count", "count(distinct found.usubjid)", "count(*)", "records counted as subjects"),
    ("finding_count", "min(arrived.delivered_at)", "max(arrived.delivered_at)", "since the last delivery"),
    ("eligibility_fact", "patient.birth_date <= index_infusion.failure_date", "true", "an age below nothing"),
    ("antilymphoma_dose", "coalesce(drug.is_antilymphoma, dose.indication_code = 'lymphoma')", "drug.is_antilymphoma",
     "an unknown drug is no therapy"),
    ("stg_ehr__cart_infusion", "dose_cells / body_weight_kg", "dose_cells", "no weight is too small for a dose"),
]  # fmt: skip


def test_every_declared_unit_test_passes(rules: Rules) -> None:
    failed = {test["name"]: wrong for test in rules.unit_tests if (wrong := rules.failures(test))}
    assert not failed, "\n".join(f"{name}: {line}" for name, wrong in failed.items() for line in wrong)


@pytest.mark.parametrize(("model", "rule", "mutant", "meaning"), MUTATIONS)
def test_a_changed_rule_is_caught(rules: Rules, model: str, rule: str, mutant: str, meaning: str) -> None:
    sql = rules.models[model]
    assert rule in sql, f"{model} no longer says {rule!r}: declare the mutation anew"
    caught = [test["name"] for test in rules.tests_of(model) if rules.failures(test, sql.replace(rule, mutant))]
    assert caught, f"no unit test of {model} notices: {meaning}"
