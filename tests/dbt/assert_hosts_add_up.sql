-- What each host and user used must add up to every scope, name by name, or a share of
-- a project or the price of an idle machine is of another whole. Gates fact_usage.
with by_host as (

    select * from {{ ref('int_usage_by_host') }}

),

parts as (

    select
        by_host.ts,
        'ada ' as usage_key,
        {{ usage_sums('by_host') }}
    from by_host
    group by by_host.ts
    union all
    select
        by_host.ts,
        'project ' || by_host.cloud_project_name as usage_key,
        {{ usage_sums('by_host') }}
    from by_host
    group by by_host.ts, by_host.cloud_project_name
    union all
    select
        by_host.ts,
        'machine ' || by_host.machine_name as usage_key,
        {{ usage_sums('by_host') }}
    from by_host
    group by by_host.ts, by_host.machine_name
    union all
    select
        by_host.ts,
        coalesce('user ' || by_host.user_id, 'unattributed ') as usage_key,
        {{ usage_sums('by_host') }}
    from by_host
    group by by_host.ts, by_host.user_id

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
