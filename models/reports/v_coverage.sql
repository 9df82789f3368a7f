with processed_hours as (

    select * from {{ ref('v_processed_hours') }}

),

coverage as (

    select
        scope,
        scope_name,
        count(*) as hours_expected,
        sum(is_processed) as hours_processed,
        {{ as_real('sum(is_processed)') }} / nullif(count(*), 0) as coverage,
        {{ as_text('min(ts)') }} as expected_from,
        {{ as_text('max(ts)') }} as expected_to
    from processed_hours
    group by scope, scope_name

)

select * from coverage
