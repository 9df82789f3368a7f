{{ config(
    unique_key='event_key',
    merge_exclude_columns=['id', 'provider_name', 'timestamp'],
) }}

with resets as (

    select * from {{ ref('fact_provider_reset') }}

),

providers as (

    select * from {{ ref('providers') }}

),

new_resets as (

    select * from resets
    where coalesce(shown_by, event_key) not in ({{ names_given('event_key') }})

),

numbered as (

    select
        {{ as_integer(
            highest_id('id')
            ~ ' + row_number() over (order by resets.reset_at, resets.event_key)'
        ) }} as id,
        {{ as_text('resets.event_key') }} as event_key,
        resets.provider_id,
        providers.provider_name,
        {{ as_real('resets.previous_usage') }} as previous_usage,
        {{ as_real('resets.new_usage') }} as new_usage,
        {{ as_text('resets.reset_type') }} as reset_type,
        {{ as_text(iso('resets.reset_at')) }} as timestamp
    from new_resets as resets
    inner join providers on resets.provider_id = providers.provider_id

)

select * from numbered
