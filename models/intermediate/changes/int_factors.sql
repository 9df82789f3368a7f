with machine_power as (

    select * from {{ ref('machine_power') }}

),

project_pue as (

    select * from {{ ref('project_pue') }}

),

workspace_tags as (

    select * from {{ ref('workspace_tags') }}

),

factors as (

    select
        'watts per core' as factor,
        coalesce(machine_name, '') as factor_key,
        valid_from,
        busy_watts_per_core || ' ' || busy_watts_per_core_low
        || ' ' || busy_watts_per_core_high || ' ' || idle_watts_per_core
        || ' ' || idle_watts_per_core_low || ' ' || idle_watts_per_core_high
            as factor_value
    from machine_power

    union all

    select
        'PUE' as factor,
        coalesce(cloud_project_name, '') as factor_key,
        valid_from,
        {{ as_text('pue') }} as factor_value
    from project_pue

    union all

    select
        'project of tag' as factor,
        tag as factor_key,
        '1970-01-01' as valid_from,
        cloud_project_name as factor_value
    from workspace_tags

    {% for name in [
        'idle_modes', 'scrape_interval_seconds', 'fallback_intensity_gCo2eq_kwh'
    ] -%}
        union all

        select
            'var' as factor,
            '{{ name }}' as factor_key,
            '1970-01-01' as valid_from,
            {{ listed([var(name) | string]) }} as factor_value
    {% endfor %}

)

select * from factors
