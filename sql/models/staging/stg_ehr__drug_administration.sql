-- Drug administrations that count as of the build: one row a record. A drug whose name does not look like a code is its class, and a
-- tag that tells it from other such names.
select
    usubjid,
    administration_id,
    coalesce(parent.counted_no, counted.line_id) as line_id,
    coalesce(
        {{ mapped_code('ehr_drug_administration', 'drug_code') }},
        {{ shown_code('drug_code', 'text.tag') }}
    ) as drug_code,
    {{ plausible('ehr_drug_administration', 'dose_value') }} as dose_value,
    dose_unit,
    {{ known_code('ehr_drug_administration', 'indication_code') }} as indication_code,
    {{ known_code('ehr_drug_administration', 'administration_status') }} as administration_status,
    start_date,
    end_date,
    record_id
from {{ counted_row('ehr_drug_administration') }}
{{ parent_number('ehr_therapy_line', 'line_id') }}
left join {{ source('identity', 'sent_text') }} as text on counted.drug_code = text.source_text
