with series as (

    select * from {{ ref('stg_prometheus__series') }}

),

label_names as (

    select * from {{ ref('stg_prometheus__label_names') }}

),

label_roles as (

    select
        max(case when label_role = 'host' then label_name end) as host_label,
        max(case when label_role = 'project' then label_name end) as project_label,
        max(case when label_role = 'machine' then label_name end) as machine_label,
        max(case when label_role = 'user' then nullif(label_name, '') end) as user_label
    from label_names

),

labelled as (

    select
        series.series_id,
        series.metric,
        series.mode,
        series.target_labels,
        {{ json_text('series.target_labels', 'label_roles.host_label') }}
            as host_spelled,
        {{ json_text('series.target_labels', 'label_roles.project_label') }}
            as cloud_project_name,
        {{ json_text('series.target_labels', 'label_roles.machine_label') }}
            as machine_name,
        {{ json_text('series.target_labels', 'label_roles.user_label') }} as user_id,
        {{ json_text('series.target_labels', "'cpu'") }} as cpu
    from series
    cross join label_roles

),

without_port as (

    select
        *,
        {{ host_without_port('host_spelled') }} as host_named,
        {{ port_of_host('host_spelled') }} as port
    from labelled

),

hosted as (

    select
        series_id,
        metric,
        mode,
        {{ as_integer('min(series_id) over (partition by target_labels)') }}
            as target_id,
        target_labels,
        {{ as_text(address_of_host('host_named')) }} as host,
        {{ as_integer('port') }} as port,
        cpu,
        host_spelled,
        nullif(cloud_project_name, '') as cloud_project_name,
        nullif(machine_name, '') as machine_name,
        nullif(user_id, '') as user_id
    from without_port

)

select * from hosted
