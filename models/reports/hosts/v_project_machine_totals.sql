with usage as (

    select * from {{ ref('v_project_machine_timeseries') }}

),

hours as (

    select * from {{ ref('dim_hour') }}

),

processed as (

    select
        usage.*,
        {{ hour_lacks('hours', 'usage') }} as lacks
    from usage
    inner join hours on usage.ts = hours.ts

),

sums as (

    select
        processed.cloud_project_name,
        processed.machine_name,
        {{ usage_sums('processed') }},
        count(*) as hours_expected,
        sum(case when processed.lacks is null then 1 else 0 end) as hours_processed
    from processed
    group by processed.cloud_project_name, processed.machine_name

),

totals as (

    select
        sums.*,
        {{ as_text("sums.cloud_project_name || '_' || sums.machine_name") }}
            as platform_group,
        {{ carbon_shares('sums') }},
        {{ as_real('sums.hours_processed') }}
        / nullif(sums.hours_expected, 0) as coverage
    from sums

)

select * from totals
