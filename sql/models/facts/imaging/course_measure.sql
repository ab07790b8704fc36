-- What each scan of a course says of the size of each lesion, or of each group of lesions that merged or split: one row a course,
-- state of the links (0: none), scan and lesion. The days of the baseline are one scan: of each lesion its last size.
-- A group counts with the sum of its products and its largest diameters, under the first label of its lesions.
-- is_complete: no lesion of the group is missing. A lesion without a size of its own is not missing on a day that names it part
-- of another, or another, measured one part of it, nor after such a day until it is measured again.
with link_state as (
    select distinct course_id, usubjid, 0 as link_no from {{ ref('course_scan') }}
    union
    select course.course_id, course.usubjid, lesion_group.link_no
    from {{ ref('course') }} as course
    inner join {{ ref('lesion_group') }} as lesion_group on course.usubjid = lesion_group.usubjid
),

measured as (
    select
        scan.course_id,
        scan.usubjid,
        scan.is_baseline,
        max(case when scan.is_baseline then scan.performed_date end) over (partition by scan.course_id) as baseline_date,
        scan.performed_date,
        size.lesion_code,
        size.lesion_kind,
        size.ldi_mm,
        size.sdi_mm,
        size.ppd_mm2,
        size.record_id,
        row_number() over (
            partition by scan.course_id, scan.is_baseline, size.lesion_code,
                case when scan.is_baseline then null else scan.performed_date end
            order by scan.performed_date desc
        ) as recency
    from {{ ref('course_scan') }} as scan
    inner join {{ ref('lesion_size') }} as size
        on scan.usubjid = size.usubjid and scan.performed_date = size.performed_date
),

mentioned as (
    select
        lesion.usubjid,
        study.performed_date,
        lesion.lesion_code,
        lesion.part_of_lesion_code,
        size.lesion_code is not null as is_measured
    from {{ ref('stg_ris__target_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
    left join {{ ref('lesion_size') }} as size
        on study.usubjid = size.usubjid and study.performed_date = size.performed_date and lesion.lesion_code = size.lesion_code
    where study.is_evaluable
),

covered as (
    select distinct usubjid, performed_date, lesion_code
    from mentioned
    where part_of_lesion_code is not null and not is_measured
    union
    select distinct usubjid, performed_date, part_of_lesion_code
    from mentioned
    where part_of_lesion_code is not null and is_measured
),

part as (
    select
        scan.course_id,
        lesion_group.link_no,
        lesion_group.group_code,
        scan.performed_date,
        scan.is_baseline,
        max(case when size.lesion_code is not null then scan.performed_date end) over (
            partition by scan.course_id, lesion_group.link_no, lesion_group.lesion_code
            order by scan.performed_date rows between unbounded preceding and current row
        ) as measured_date,
        max(covered.performed_date) over (
            partition by scan.course_id, lesion_group.link_no, lesion_group.lesion_code
            order by scan.performed_date rows between unbounded preceding and current row
        ) as covered_date
    from {{ ref('course_scan') }} as scan
    inner join {{ ref('lesion_group') }} as lesion_group on scan.usubjid = lesion_group.usubjid
    left join {{ ref('lesion_size') }} as size
        on scan.usubjid = size.usubjid
        and scan.performed_date = size.performed_date
        and lesion_group.lesion_code = size.lesion_code
    left join covered
        on scan.usubjid = covered.usubjid
        and scan.performed_date = covered.performed_date
        and lesion_group.lesion_code = covered.lesion_code
),

missing as (
    select distinct course_id, link_no, group_code, performed_date
    from part
    where not is_baseline
        and measured_date < performed_date
        and (covered_date is null or covered_date <= measured_date)
)

select
    measured.usubjid,
    measured.course_id,
    link_state.link_no,
    measured.is_baseline,
    case when measured.is_baseline then measured.baseline_date else measured.performed_date end as performed_date,
    coalesce(lesion_group.group_code, measured.lesion_code) as lesion_code,
    min(measured.lesion_kind) as lesion_kind,
    max(measured.ldi_mm) as ldi_mm,
    max(measured.sdi_mm) as sdi_mm,
    cast(sum(measured.ppd_mm2) as decimal(18, 4)) as ppd_mm2,
    max(missing.course_id) is null as is_complete,
    min(measured.record_id) as record_id
from measured
inner join link_state on measured.course_id = link_state.course_id
left join {{ ref('lesion_group') }} as lesion_group
    on measured.usubjid = lesion_group.usubjid
    and link_state.link_no = lesion_group.link_no
    and measured.lesion_code = lesion_group.lesion_code
left join missing
    on measured.course_id = missing.course_id
    and link_state.link_no = missing.link_no
    and lesion_group.group_code = missing.group_code
    and measured.performed_date = missing.performed_date
    and not measured.is_baseline
where measured.recency = 1
group by
    measured.usubjid,
    measured.course_id,
    link_state.link_no,
    measured.is_baseline,
    case when measured.is_baseline then measured.baseline_date else measured.performed_date end,
    coalesce(lesion_group.group_code, measured.lesion_code)
