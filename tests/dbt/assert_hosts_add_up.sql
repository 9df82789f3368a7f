-- What each host and user used must add up to every scope, name by name, or a share of
-- a project or the price of an idle machine is of another whole. Gates fact_usage.
with by_host as (

    select * from {{ ref('int_usage_by_host') }}

),

scoped as (

    select
        *,
        'ada ' as usage_key
    from by_host
    union all
    select
        *,
        'project ' || cloud_project_name as usage_key
    from by_host
    union all
    select
        *,
        'machine ' || machine_name as usage_key
    from by_host
    union all
    select
        *,
        coalesce('user ' || user_id, 'unattributed ') as usage_key
    from by_host

),

parts as (

    select
        scoped.ts,
        scoped.usage_key,
        {{ usage_sums('scoped') }}
    from scoped
    group by scoped.ts, scoped.usage_key

),

whole as (

    select
        *,
        {{ usage_key() }} as usage_key
    from {{ ref('int_usage_by_hour') }}

),

names as (

    select
        ts,
        usage_key
    from parts
    union
    select
        ts,
        usage_key
    from whole

)

select
    names.ts,
    names.usage_key
from names
left join parts on names.ts = parts.ts and names.usage_key = parts.usage_key
left join whole on names.ts = whole.ts and names.usage_key = whole.usage_key
where {{ sums_differ('parts', 'whole') }}
