-- Every distinct text that the laboratory reports as a value, read once: comparator, number, and what stands behind the
-- number. A text that is no usable number says why in problem_code:
-- value_not_numeric: a remark; nothing was measured.
-- value_unreadable: digits that are not one number, such as a titre or a range; something was measured.
-- value_ambiguous: 1,234 is 1234 with a separator of thousands and 1.234 with a decimal comma.
-- value_out_of_range: negative, below zero, or beyond any quantity (10^12 and more, or too small to be told from 0).
-- is_below_limit: words that say that nothing was found (seed value_word).
with reported as (
    select value_text, {{ folded_value('value_text') }} as folded
    from (
        select value_text from {{ ref('stg_lis__lab_result') }}
        union
        select value_text from {{ ref('stg_lis__flow_cytometry') }}
    ) as each_text
    where value_text is not null
),

compared as (
    select
        value_text,
        folded,
        {{ reported_comparator('folded') }} as comparator,
        {{ after_comparator('folded') }} as rest
    from reported
),

headed as (
    select
        compared.*,
        {{ matched('rest', "^([0-9]([0-9.,'']*[0-9])?[.]?|[.,][0-9]+)", 1) }} as mantissa
    from compared
),

powered as (
    select
        headed.*,
        substr(rest, length(mantissa) + 1) as after_mantissa,
        -- 1.2e3; 1.2 x 10^3, 10*3 or 10E3; 1.2 x 10³; and 10^3 or 10³ alone
        {{ matched('substr(rest, length(mantissa) + 1)', "^([eE][+-]?[0-9]+|\\s*[xX×*·]\\s*10\\s*(\\^|\\*\\*?|[eE])\\s*[+-]?[0-9]+|\\s*[xX×*·]\\s*10[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", 1) }}
            as power,
        case when mantissa = '10' then
            {{ matched('substr(rest, 3)', "^(\\s*(\\^|\\*\\*?)\\s*[+-]?[0-9]+|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", 1) }}
        else '' end as power_of_ten
    from headed
),

tailed as (
    select
        powered.*,
        {{ trimmed('substr(after_mantissa, 1 + greatest(length(power), length(power_of_ten)))') }} as tail,
        coalesce(
            nullif(translate(
                {{ matched('power || power_of_ten', "([⁰¹²³⁴⁵⁶⁷⁸⁹]+)$", 1) }}, '⁰¹²³⁴⁵⁶⁷⁸⁹', '0123456789'
            ), ''),
            {{ matched('power || power_of_ten', "([+-]?[0-9]+)$", 1) }}
        ) as exponent,
        case when power_of_ten <> '' then '1' else {{ decimal_text('mantissa') }} end as decimal_text
    from powered
),

flagged as (
    -- a laboratory's mark of an abnormal value behind the number or behind its unit: H, L, HH, *, (H), high
    select
        tailed.*,
        {% set flag = "[(\\[]?(HH?|LL?|AA?|N|[hH]igh|HIGH|[lL]ow|LOW|[aA]bnormal|[nN]ormal|[cC]ritical|[*]{1,3}|!{1,3}|#|↑{1,3}|↓{1,3})[)\\]]?\\s*[*!]{0,3}" %}
        case
            when {{ matches('tail', '^' ~ flag ~ '$') }} then ''
            else {{ trimmed('substr(tail, 1, length(tail) - length(' ~ matched('tail', '\\s' ~ flag ~ '$', 0) ~ '))') }}
        end as unit_text
    from tailed
),

numbered as (
    select
        flagged.*,
        try_cast(decimal_text || 'e' || case when exponent = '' then '0' else exponent end as double) as number
    from flagged
),

judged as (
    select
        numbered.*,
        case
            when mantissa = '' and {{ matches('rest', '^-\\s*[0-9.,]') }} then 'value_out_of_range'
            when not {{ matches('folded', '[0-9]') }} then 'value_not_numeric'
            when mantissa = '' or not ({{ matches('unit_text', '^([A-Za-zµμ%/\\[{].*)?$') }}) then 'value_unreadable'
            when decimal_text is null and {{ matches('mantissa', '^[1-9][0-9]{0,2},[0-9]{3}$') }} then 'value_ambiguous'
            when decimal_text is null then 'value_unreadable'
            when number is null or number >= 1e12
                or (number = 0 and {{ matches('decimal_text', '[1-9]') }})
                or (number = 0 and comparator in ('<', '<=')) then 'value_out_of_range'
        end as problem_code
    from numbered
)

select
    judged.value_text,
    case when problem_code is null then comparator end as comparator,
    case when problem_code is null then number end as number,
    case when problem_code is null then nullif(unit_text, '') end as unit_text,
    problem_code,
    word.value_word is not null as is_below_limit
from judged
left join {{ ref('value_word') }} as word on lower(judged.folded) = word.value_word
