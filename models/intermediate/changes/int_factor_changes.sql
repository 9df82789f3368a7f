{{ config(
    materialized='incremental',
    unique_key='factor_change_id',
) }}

with factors as (

    select * from {{ ref('int_factors') }}

),

known as (

    {{ latest_factors(this if is_incremental() else none, 'factors') }}

),

changed as (

    select
        factors.factor,
        factors.factor_key,
        factors.valid_from,
        factors.factor_value
    from factors
    left join known
        on
            factors.factor = known.factor
            and factors.factor_key = known.factor_key
            and factors.valid_from = known.valid_from
    where coalesce(known.factor_value, '') <> factors.factor_value

    union all

    select
        known.factor,
        known.factor_key,
        known.valid_from,
        null as factor_value
    from known
    left join factors
        on
            known.factor = factors.factor
            and known.factor_key = factors.factor_key
            and known.valid_from = factors.valid_from
    where known.factor_value is not null and factors.factor is null

),

numbered as (

    select
        {{ as_integer(
            highest_id('factor_change_id')
            ~ ' + row_number() over (order by factor, factor_key, valid_from)'
        ) }} as factor_change_id,
        {{ as_text('factor') }} as factor,
        {{ as_text('factor_key') }} as factor_key,
        {{ as_text('valid_from') }} as valid_from,
        {{ as_text('factor_value') }} as factor_value,
        {{ current_epoch() }} as noted_at
    from changed

)

select * from numbered
