-- Four cuts through the same usage must have the same sum, or one of the totals that
-- people quote is wrong; a cut that is empty has none. Gates fact_usage: on failure the
-- facts stay as they were.
with usage_by_hour as (

    select * from {{ ref('int_usage_by_hour') }}

),

cut_names as (

    select 'project' as cut
    union all
    select 'machine' as cut
    union all
    select 'user' as cut

),

hours as (

    select distinct ts from usage_by_hour

),

usage_by_cut as (

    select
        *,
        case when scope = 'unattributed' then 'user' else scope end as cut
    from usage_by_hour

),

cuts as (

    select
        usage_by_cut.ts,
        usage_by_cut.cut,
        {{ usage_sums('usage_by_cut') }}
    from usage_by_cut
    group by usage_by_cut.ts, usage_by_cut.cut

)

select
    hours.ts,
    cut_names.cut
from hours
cross join cut_names
left join cuts as parts on hours.ts = parts.ts and cut_names.cut = parts.cut
left join cuts as whole on hours.ts = whole.ts and whole.cut = 'ada'
where
    parts.ts is null
    or {{ sums_differ('parts', 'whole') }}
