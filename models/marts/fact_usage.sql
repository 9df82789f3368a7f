{#- It notes the build: all that reads what is due must have been built before. -#}
-- depends_on: {{ ref('dim_user') }}
-- depends_on: {{ ref('dim_instance') }}
-- depends_on: {{ ref('fact_unattributed') }}
-- depends_on: {{ ref('fact_usage_by_host') }}
-- depends_on: {{ ref('int_slots_unscraped') }}
-- depends_on: {{ ref('map_project_machine') }}
-- depends_on: {{ ref('map_user_project') }}
{{ config(
    unique_key=[
        'scope', 'ts', 'coalesce(project_id, -1)', 'coalesce(machine_id, -1)',
        "coalesce(user_id, '')",
    ],
    merge_exclude_columns=['usage_id', 'project_id', 'machine_id', 'user_id'],
    replaces={'due': 'int_hours_due', 'column': 'ts'},
    post_hook="{{ record_build() }}",
) }}

with versions as (

    select * from {{ ref('int_usage_versions') }}

),

hours_due as (

    select * from {{ ref('int_hours_due') }}

),

latest as (

    {{ latest_versions('versions', 'hours_due') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

machines as (

    select * from {{ ref('dim_machine') }}

),

numbered as (

    select
        {{ as_integer(
            highest_id('usage_id')
            ~ ' + row_number() over (order by latest.ts, latest.usage_key)'
        ) }} as usage_id,
        latest.ts,
        latest.scope,
        projects.project_id,
        machines.machine_id,
        latest.user_id,
        {{ usage_columns('latest') }}
    from latest
    left join projects
        on latest.cloud_project_name = projects.cloud_project_name
    left join machines on latest.machine_name = machines.machine_name
    where latest.is_removed = 0 and latest.scope <> 'unattributed'

)

select * from numbered
