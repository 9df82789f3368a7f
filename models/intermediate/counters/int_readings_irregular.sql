{{ config(materialized='table') }}

with hosts_read as (

    select * from {{ ref('int_hosts_read') }}

),

series as (

    select * from {{ ref('int_series_hosted') }}
    where metric = 'irregular'

),

samples as (

    select * from {{ ref('stg_prometheus__samples') }}

),

irregular as (

    select
        hosts_read.host,
        hosts_read.read_at
    from series
    inner join samples on series.series_id = samples.series_id
    inner join hosts_read
        on series.host = hosts_read.host and samples.read_at = hosts_read.read_at

    union

    select
        host,
        read_at
    from hosts_read
    where boot_before_at is not null

)

select * from irregular
