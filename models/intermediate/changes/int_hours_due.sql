{{ config(
    materialized='table',
    indexes=[{'name': 'idx_int_hours_due', 'columns': ['ts'], 'unique': true}],
) }}

with slots_due as (

    select * from {{ ref('int_slots_due') }}

),

touched as (

    select * from {{ ref('int_slots_touched') }}

),

reasons as (

    select
        slots_due.hour_at,
        max(touched.by_carbon_intensity) as by_carbon_intensity,
        max(touched.by_factors) as by_factors,
        max(touched.by_mongo) as by_mongo,
        max(touched.by_prometheus) as by_prometheus
    from slots_due
    left join touched on slots_due.slot_at = touched.slot_at
    group by slots_due.hour_at

),

listed as (

    select
        hour_at,
        case by_carbon_intensity when 1 then ', carbon-intensity' else '' end
        || case by_factors when 1 then ', factors' else '' end
        || case by_mongo when 1 then ', mongo' else '' end
        || case by_prometheus when 1 then ', prometheus' else '' end as reasons
    from reasons

),

hours_due as (

    select
        {{ as_text(iso('hour_at')) }} as ts,
        {{ as_text(
            "case reasons when '' then 'prometheus' else substr(reasons, 3) end"
        ) }} as reason
    from listed

)

select * from hours_due
