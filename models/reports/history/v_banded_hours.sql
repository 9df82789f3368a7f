with usage as (

    select * from {{ ref('v_scope_timeseries') }}

),

bands as (

    select * from {{ ref('dim_intensity_band') }}

),

banded as (

    select
        usage.scope,
        usage.scope_name,
        usage.ts,
        bands.band_position,
        usage.intensity_gCo2eq_kwh,
        {{ as_text("coalesce(bands.band, 'unknown')") }} as band,
        usage.busy_kwh + usage.idle_kwh as kwh,
        {{ covered_carbon(
            'usage.busy_gCo2eq + usage.idle_gCo2eq',
            '(usage.busy_kwh + usage.idle_kwh)',
            'usage.covered_kwh',
        ) }} as gCo2eq,
        usage.covered_kwh
    from usage
    left join bands
        on
            substr(usage.ts, 1, 4) = bands.valid_year
            and usage.intensity_gCo2eq_kwh >= bands.from_gCo2eq_kwh
            and (
                usage.intensity_gCo2eq_kwh < bands.below_gCo2eq_kwh
                or bands.below_gCo2eq_kwh is null
            )

)

select * from banded
