with labelled as (

    select distinct
        slot_at,
        cloud_project_name,
        machine_name
    from {{ ref('int_host_slots_labelled') }}

),

power as (

    select * from {{ ref('int_machine_power_dated') }}

),

pues as (

    select * from {{ ref('int_project_pue_dated') }}

),

ranked as (

    select
        labelled.slot_at,
        labelled.cloud_project_name,
        labelled.machine_name,
        power.busy_watts_per_core,
        power.busy_watts_per_core_low,
        power.busy_watts_per_core_high,
        power.idle_watts_per_core,
        power.idle_watts_per_core_low,
        power.idle_watts_per_core_high,
        pues.pue / 3600000.0 as kwh_per_watt_second,
        row_number() over (
            partition by
                labelled.slot_at, labelled.cloud_project_name, labelled.machine_name
            order by
                case when power.machine_name is null then 1 else 0 end asc,
                case when pues.cloud_project_name is null then 1 else 0 end asc
        ) as place
    from labelled
    inner join power
        on
            labelled.machine_name = coalesce(power.machine_name, labelled.machine_name)
            and labelled.slot_at >= power.valid_from_at
            and labelled.slot_at < coalesce(power.valid_until_at, labelled.slot_at + 1)
    inner join pues
        on
            labelled.cloud_project_name
            = coalesce(pues.cloud_project_name, labelled.cloud_project_name)
            and labelled.slot_at >= pues.valid_from_at
            and labelled.slot_at < coalesce(pues.valid_until_at, labelled.slot_at + 1)

),

factors as (

    select
        slot_at,
        cloud_project_name,
        machine_name,
        busy_watts_per_core * kwh_per_watt_second as busy_kwh_per_second,
        busy_watts_per_core_low * kwh_per_watt_second as busy_kwh_per_second_low,
        busy_watts_per_core_high * kwh_per_watt_second as busy_kwh_per_second_high,
        idle_watts_per_core * kwh_per_watt_second as idle_kwh_per_second,
        idle_watts_per_core_low * kwh_per_watt_second as idle_kwh_per_second_low,
        idle_watts_per_core_high * kwh_per_watt_second as idle_kwh_per_second_high
    from ranked
    where place = 1

)

select * from factors
