-- Given doses of antineoplastic drugs whenever they were given, after the cut too, one row a record. Not here: doses not given, supportive drugs, steroids (alone they
-- are no therapy), drugs given for another reason, lymphodepletion and conditioning (part of the procedure they prepare).
-- A drug that the formulary does not know is one when it was given for the lymphoma; its class is unknown.
select
    dose.usubjid,
    line.line_id,
    line.intent_code,
    dose.drug_code,
    drug.class_code,
    {{ impute_first('dose.start_date') }} as dose_date,
    {{ date_imputation_flag('dose.start_date') }} as adtf,
    {{ impute_last('dose.end_date') }} as dose_end_date,
    dose.record_id
from {{ ref('stg_ehr__drug_administration') }} as dose
left join {{ ref('drug_class') }} as drug on dose.drug_code = drug.drug_code
left join {{ ref('stg_ehr__therapy_line') }} as line
    on dose.line_id = line.line_id and dose.usubjid = line.usubjid
where coalesce(drug.is_antineoplastic, dose.indication_code = 'lymphoma')
    and dose.administration_status = 'given'
    and coalesce(dose.indication_code, 'lymphoma') = 'lymphoma'
    and coalesce(line.intent_code, 'treatment') not in ('lymphodepletion', 'conditioning')
