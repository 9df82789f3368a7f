{{ config(
    unique_key='ts',
    replaces={'due': 'int_hours_due', 'column': 'ts'},
) }}

with versions as (

    select * from {{ ref('int_usage_versions') }}
    where scope = 'unattributed'

),

hours_due as (

    select * from {{ ref('int_hours_due') }}

),

latest as (

    {{ latest_versions('versions', 'hours_due') }}

),

unattributed as (

    select
        latest.ts,
        {{ usage_columns('latest') }}
    from latest
    where latest.is_removed = 0

)

select * from unattributed
