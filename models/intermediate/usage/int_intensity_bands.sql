with bands as (

    select * from {{ ref('intensity_bands') }}

),

bounded as (

    select
        valid_year,
        band,
        {{ as_real('from_gCo2eq_kwh') }} as from_gCo2eq_kwh,
        {{ as_real('lead(from_gCo2eq_kwh) over in_year') }} as below_gCo2eq_kwh,
        {{ as_integer('row_number() over in_year') }} as band_position
    from bands
    window in_year as (partition by valid_year order by from_gCo2eq_kwh asc)

)

select * from bounded
