{{ config(materialized='table') }}

with shared as (

    select
        *,
        coalesce(busy_cpu_seconds, 0.0) as busy_seconds_told,
        coalesce(idle_cpu_seconds, 0.0) as idle_seconds_told
    from {{ ref('int_host_slots_shared') }}
    where busy_cpu_seconds is not null or has_lost_scrapes = 1

),

factors as (

    select * from {{ ref('int_slot_factors') }}

),

intensities as (

    select * from {{ ref('int_slot_intensities') }}

),

powered as (

    select
        shared.host,
        shared.slot_at,
        shared.hour_at,
        shared.cloud_project_name,
        shared.machine_name,
        shared.user_id,
        shared.has_lost_scrapes,
        shared.has_unknown_tail,
        shared.up_seconds,
        shared.busy_seconds_told as busy_cpu_seconds,
        shared.idle_seconds_told as idle_cpu_seconds,
        shared.busy_seconds_told * factors.busy_kwh_per_second as busy_kwh,
        shared.idle_seconds_told * factors.idle_kwh_per_second as idle_kwh,
        shared.busy_seconds_told * factors.busy_kwh_per_second_low
        + shared.idle_seconds_told * factors.idle_kwh_per_second_low as kwh_low,
        shared.busy_seconds_told * factors.busy_kwh_per_second_high
        + shared.idle_seconds_told * factors.idle_kwh_per_second_high as kwh_high
    from shared
    inner join factors
        on
            shared.slot_at = factors.slot_at
            and shared.cloud_project_name = factors.cloud_project_name
            and shared.machine_name = factors.machine_name

),

charged as (

    select
        powered.*,
        intensities.intensity_gCo2eq_kwh,
        intensities.intensity_origin,
        powered.busy_kwh * intensities.intensity_gCo2eq_kwh as busy_gCo2eq,
        powered.idle_kwh * intensities.intensity_gCo2eq_kwh as idle_gCo2eq,
        powered.kwh_low * intensities.intensity_gCo2eq_kwh as gCo2eq_low,
        powered.kwh_high * intensities.intensity_gCo2eq_kwh as gCo2eq_high
    from powered
    inner join intensities on powered.slot_at = intensities.slot_at

)

select * from charged
