{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_hosts_touched', 'columns': ['host', 'read_at'], 'unique': true
    }],
) }}

with ranges as (

    select * from {{ ref('int_ranges_touched') }}

),

targets as (

    select * from {{ ref('int_targets') }}

),

readings as (

    {{ readings_around('ranges', 'targets', ref('stg_prometheus__samples')) }}

),

hosts_read as (

    {{ hosts_read('readings', 'targets', ref('stg_prometheus__samples')) }}

)

select * from hosts_read
