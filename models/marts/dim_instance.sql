{{ config(
    unique_key=['host', 'coalesce(port, -1)'],
    merge_exclude_columns=['instance_id', 'port'],
    indexes=[{
        'name': 'idx_dim_instance_host_port',
        'columns': ['host', 'coalesce(port, -1)'],
        'unique': true,
    }],
) }}

with series as (

    select * from {{ ref('int_series_hosted') }}

),

instances as (

    select
        host,
        port,
        min(host_spelled) as raw_label
    from series
    group by host, port

),

new_or_respelled as (

    select instances.*
    from instances
    {% if is_incremental() -%}
        left join {{ this }} as known
            on
                instances.host = known.host
                and coalesce(instances.port, -1) = coalesce(known.port, -1)
        where
            known.instance_id is null
            or known.raw_label <> instances.raw_label
    {%- endif %}

),

numbered as (

    select
        {{ as_integer(
            highest_id('instance_id') ~ ' + row_number() over (order by host, port)'
        ) }} as instance_id,
        host,
        port,
        raw_label
    from new_or_respelled

)

select * from numbered
