-- Dated contacts by which a patient was known to be alive, from every feed, those after a data cut too: they prove a
-- patient alive at the cut. One row a patient, day, feed table and source variable. The day something was collected or done counts,
-- never the day it was reported; orders, harvests and ends of therapies need no patient, a date without its day is no
-- contact. A day later than the delivery of its record, or than the build knows of, has not been: booked, or a wrong year
-- (is_past false, a finding).
with dated as (
    {% for model, day, srcdom, srcvar in [
        ('stg_lis__lab_result', 'collected_date', 'lb', 'lbdtc'),
        ('stg_lis__flow_cytometry', 'collected_date', 'cp', 'cpdtc'),
        ('stg_lis__pathology', 'collected_date', 'mi', 'midtc'),
        ('stg_lis__ihc', 'collected_date', 'mi', 'midtc'),
        ('stg_lis__fish', 'collected_date', 'gf', 'gfdtc'),
        ('stg_lis__ngs', 'collected_date', 'gf', 'gfdtc'),
        ('stg_ris__imaging_report', 'performed_date', 'tu', 'tudtc'),
        ('stg_ehr__contact', 'contact_date', 'ss', 'ssdtc'),
        ('stg_ehr__performance_status', 'assessed_date', 'rs', 'rsdtc'),
        ('stg_ehr__disease_staging', 'assessed_date', 'rs', 'rsdtc'),
        ('stg_ehr__vital_sign', 'measured_date', 'vs', 'vsdtc'),
        ('stg_ehr__vasopressor', 'started_date', 'cm', 'cmstdtc'),
        ('stg_ehr__ice_score', 'assessed_date', 'ft', 'ftdtc'),
        ('stg_ehr__neuro_finding', 'assessed_date', 'nv', 'nvdtc'),
        ('stg_ehr__cart_consent', 'consented_date', 'ds', 'dsstdtc'),
        ('stg_ehr__cart_consent', 'collected_date', 'pr', 'prstdtc'),
        ('stg_ehr__cart_infusion', 'infused_date', 'ex', 'exstdtc'),
    ] %}
    select
        usubjid,
        {{ day }} as contact_date,
        '{{ model[4:] | replace('__', '_') }}' as table_name,
        '{{ srcdom }}' as srcdom,
        '{{ srcvar }}' as srcvar,
        '{{ day }}' as day_name,
        record_id
    from {{ ref(model) }}
    union all
    {% endfor %}
    {% for model, day, srcdom, srcvar, condition in [
        ('stg_ehr__drug_administration', 'start_date', 'cm', 'cmstdtc', "administration_status = 'given'"),
        ('stg_ehr__procedure', 'performed_date', 'pr', 'prstdtc', 'true'),
        ('stg_ehr__adverse_event', 'onset_date', 'ae', 'aestdtc', 'true'),
        ('stg_ehr__adverse_event', 'end_date', 'ae', 'aeendtc', 'coalesce(toxicity_grade, 0) < 5'),
        ('stg_ehr__clinical_progression', 'progressed_date', 'rs', 'rsdtc', 'true'),
    ] %}
    select
        usubjid,
        cast({{ day }} as date),
        '{{ model[4:] | replace('__', '_') }}',
        '{{ srcdom }}',
        '{{ srcvar }}',
        '{{ day }}',
        record_id
    from {{ ref(model) }}
    where length({{ day }}) = 10 and {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    dated.usubjid,
    dated.contact_date,
    dated.table_name,
    dated.srcdom,
    dated.srcvar,
    dated.contact_date <= {{ local_day('build.as_of_at', 'build.hospital_zone') }}
        and max(case when booked.record_id is null then 1 else 0 end) = 1 as is_past,
    coalesce(min(case when booked.record_id is null then dated.record_id end), min(dated.record_id)) as record_id
from dated
cross join {{ source('meta', 'build') }} as build
left join {{ ref('not_yet_happened') }} as booked on dated.record_id = booked.record_id and dated.day_name = booked.day_name
where dated.contact_date is not null
group by
    dated.usubjid, dated.contact_date, dated.table_name, dated.srcdom, dated.srcvar, build.as_of_at, build.hospital_zone
