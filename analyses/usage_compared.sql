with asked as (

    select
        case
            when substr(:from_ts, 11) in ('', 'T00:00:00Z') then substr(:from_ts, 1, 10)
            else date(substr(:from_ts, 1, 10), '+1 day')
        end as from_day,
        substr(:to_ts, 1, 10) as to_day

),

bounds as (

    select
        from_day,
        to_day,
        24.0 * (julianday(to_day) - julianday(from_day)) as hours,
        coalesce(date(2 * julianday(from_day) - julianday(to_day)), from_day)
            as before_day
    from asked

),

built as (

    select * from {{ ref('v_built_hours') }}

),

days as (

    select
        history.*,
        history.busy_kwh + history.idle_kwh as kwh,
        history.busy_gCo2eq + history.idle_gCo2eq as gCo2eq,
        case when history.period_name >= bounds.from_day then 1 else 0 end as is_now
    from bounds
    cross join {{ ref('v_usage_history') }} as history
    where
        history.period = 'day'
        and history.period_name >= bounds.before_day
        and history.period_name < bounds.to_day

),

recorded as (

    select
        sum(
            case
                when history.period_name >= bounds.from_day
                    then history.hours_expected - history.hours_not_downloaded
            end
        ) / max(bounds.hours) as share,
        sum(
            case
                when history.period_name < bounds.from_day
                    then history.hours_expected - history.hours_not_downloaded
            end
        ) / max(bounds.hours) as share_before
    from bounds
    cross join {{ ref('v_usage_history') }} as history
    where
        history.scope = 'ada'
        and history.period = 'day'
        and history.period_name >= bounds.before_day
        and history.period_name < bounds.to_day

),

sums as (

    select
        scope,
        scope_name,
        sum(case is_now when 1 then kwh end) as kwh,
        sum(case is_now when 1 then kwh_low end) as kwh_low,
        sum(case is_now when 1 then kwh_high end) as kwh_high,
        case
            when
                sum(case is_now when 1 then covered_kwh end) > 0.0
                or sum(case is_now when 1 then kwh end) = 0.0
                then sum(case is_now when 1 then gCo2eq end)
        end as gCo2eq,
        case
            when
                sum(case is_now when 1 then covered_kwh end) > 0.0
                or sum(case is_now when 1 then kwh end) = 0.0
                then sum(case is_now when 1 then gCo2eq_low end)
        end as gCo2eq_low,
        case
            when
                sum(case is_now when 1 then covered_kwh end) > 0.0
                or sum(case is_now when 1 then kwh end) = 0.0
                then sum(case is_now when 1 then gCo2eq_high end)
        end as gCo2eq_high,
        sum(case is_now when 1 then idle_kwh end) as idle_kwh,
        sum(case is_now when 1 then covered_kwh end) as covered_kwh,
        sum(case is_now when 1 then hours_expected end) as hours_expected,
        sum(case is_now when 1 then hours_processed end) as hours_processed,
        sum(case is_now when 1 then hours_not_downloaded end) as hours_not_downloaded,
        sum(case is_now when 1 then hours_download_incomplete end)
            as hours_download_incomplete,
        sum(case is_now when 1 then hours_unprocessed end) as hours_unprocessed,
        sum(case is_now when 0 then kwh end) as kwh_before,
        case
            when
                sum(case is_now when 0 then covered_kwh end) > 0.0
                or sum(case is_now when 0 then kwh end) = 0.0
                then sum(case is_now when 0 then gCo2eq end)
        end as gCo2eq_before,
        sum(case is_now when 0 then idle_kwh end) as idle_kwh_before,
        sum(case is_now when 0 then covered_kwh end) as covered_kwh_before,
        sum(case is_now when 0 then hours_expected end) as hours_expected_before,
        sum(case is_now when 0 then hours_processed end) as hours_processed_before,
        sum(case is_now when 0 then hours_not_downloaded end)
            as hours_not_downloaded_before
    from days
    group by scope, scope_name

),

shares as (

    select
        sums.*,
        cast(nullif(bounds.from_day, '') as text) as from_day,
        cast(nullif(bounds.to_day, '~') as text) as to_day,
        sums.idle_kwh / nullif(sums.kwh, 0.0) as idle_kwh_share,
        sums.idle_kwh_before / nullif(sums.kwh_before, 0.0) as idle_kwh_share_before,
        sums.gCo2eq / nullif(sums.covered_kwh, 0.0) as weighted_gCo2eq_kwh,
        sums.gCo2eq_before / nullif(sums.covered_kwh_before, 0.0)
            as weighted_gCo2eq_kwh_before,
        1.0 * sums.hours_processed / nullif(sums.hours_expected, 0) as coverage,
        1.0 * sums.hours_processed_before / nullif(sums.hours_expected_before, 0)
            as coverage_before,
        case
            when
                recorded.share >= 0.95
                and recorded.share_before >= 0.95
                and sums.hours_not_downloaded <= 0.05 * sums.hours_expected
                and sums.hours_not_downloaded_before
                <= 0.05 * sums.hours_expected_before
                then 1
            else 0
        end as is_comparable,
        case
            when
                sums.covered_kwh >= 0.95 * sums.kwh
                and sums.covered_kwh_before >= 0.95 * sums.kwh_before
                then 1
            else 0
        end as has_comparable_carbon,
        case
            when :from_ts <> '' and :from_ts < built.first_ts then 0
            when :to_ts <> '~' and :to_ts > built.until_ts then 0
            else 1
        end as is_window_built
    from sums
    cross join recorded
    cross join bounds
    cross join built
    where sums.hours_expected > 0

),

compared as (

    select
        *,
        case is_comparable when 1 then coverage - coverage_before end
            as coverage_change,
        case is_comparable when 1 then kwh / nullif(kwh_before, 0.0) - 1.0 end
            as kwh_change,
        case is_comparable when 1 then idle_kwh_share - idle_kwh_share_before end
            as idle_kwh_share_change,
        case is_comparable + has_comparable_carbon
            when 2 then gCo2eq / nullif(gCo2eq_before, 0.0) - 1.0
        end as gCo2eq_change,
        case is_comparable + has_comparable_carbon
            when 2
                then
                    weighted_gCo2eq_kwh / nullif(weighted_gCo2eq_kwh_before, 0.0) - 1.0
        end as weighted_gCo2eq_kwh_change
    from shares

)

select * from compared
order by scope asc, kwh desc, scope_name asc
