with hours as (

    select * from {{ ref('dim_hour') }}

),

built as (

    select
        {{ as_text('min(ts)') }} as first_ts,
        {{ as_text(iso(epoch('max(ts)') ~ ' + 3600')) }} as until_ts
    from hours

)

select * from built
