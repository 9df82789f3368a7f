-- One query with the rules of the models, as an analyst would write it for this one
-- file: from the samples of half-hours to what fact_usage holds.
create table by_hand as
with recursive

label_roles as (
    select
        max(case role when 'host' then '$.' || label_name end) as host_path,
        max(case role when 'project' then '$.' || label_name end) as project_path,
        max(case role when 'machine' then '$.' || label_name end) as machine_path,
        max(case role when 'user' then '$.' || label_name end) as user_path
    from raw_prometheus_label_names
),

series as (
    select
        series_id,
        metric,
        mode,
        labels,
        lower(json_extract(labels, host_path)) as host_spelled,
        json_extract(labels, project_path) as project,
        json_extract(labels, machine_path) as machine,
        json_extract(labels, user_path) as user_label
    from raw_prometheus_series
    cross join label_roles
),

hosted as materialized (
    select
        series_id,
        metric,
        mode,
        labels,
        project,
        machine,
        user_label,
        case
            when host_spelled like 'host-%' then replace(
                substr(host_spelled, 6, instr(host_spelled || '.', '.') - 6), '-', '.'
            )
            else substr(host_spelled, 1, instr(host_spelled || ':', ':') - 1)
        end as host
    from series
),

targets as materialized (
    select
        labels,
        host,
        project,
        machine,
        user_label,
        max(case when mode = 'idle' then series_id end) as idle_id,
        max(case when mode = 'iowait' then series_id end) as iowait_id,
        max(case when mode = 'irq' then series_id end) as irq_id,
        max(case when mode = 'nice' then series_id end) as nice_id,
        max(case when mode = 'softirq' then series_id end) as softirq_id,
        max(case when mode = 'steal' then series_id end) as steal_id,
        max(case when mode = 'system' then series_id end) as system_id,
        max(case when mode = 'user' then series_id end) as user_id,
        max(case when metric = 'boot_time_seconds' then series_id end) as boot_id,
        max(case when metric = 'scrapes' then series_id end) as scrapes_id,
        max(case when metric = 'last_scrape_at' then series_id end) as last_scrape_id
    from hosted
    where metric not in ('scraped_cpu_seconds', 'scraped_boot_time_seconds', 'irregular')
    group by labels
),

-- of two targets of a host the one scraped last counts: the bare columns are its own;
-- none are scraped side by side, so that their scrapes add up
readings as (
    select
        targets.host,
        idle.ts as read_at,
        targets.labels,
        targets.project,
        targets.machine,
        targets.user_label,
        boot.value as boot_at,
        max(last_scrape.value) as last_scrape_at,
        sum(scrapes.value) as scrapes,
        idle.value as idle,
        iowait.value as iowait,
        irq.value as irq,
        nice.value as nice,
        softirq.value as softirq,
        steal.value as steal,
        system.value as system,
        user.value as user
    from targets
    cross join raw_prometheus_samples as idle on idle.series_id = idle_id
    left join raw_prometheus_samples as iowait
        on iowait.series_id = iowait_id and iowait.ts = idle.ts
    left join raw_prometheus_samples as irq
        on irq.series_id = irq_id and irq.ts = idle.ts
    left join raw_prometheus_samples as nice
        on nice.series_id = nice_id and nice.ts = idle.ts
    left join raw_prometheus_samples as softirq
        on softirq.series_id = softirq_id and softirq.ts = idle.ts
    left join raw_prometheus_samples as steal
        on steal.series_id = steal_id and steal.ts = idle.ts
    left join raw_prometheus_samples as system
        on system.series_id = system_id and system.ts = idle.ts
    left join raw_prometheus_samples as user
        on user.series_id = user_id and user.ts = idle.ts
    left join raw_prometheus_samples as boot
        on boot.series_id = boot_id and boot.ts = idle.ts
    left join raw_prometheus_samples as scrapes
        on scrapes.series_id = scrapes_id and scrapes.ts = idle.ts
    left join raw_prometheus_samples as last_scrape
        on last_scrape.series_id = last_scrape_id and last_scrape.ts = idle.ts
    group by targets.host, idle.ts
),

followed as (
    select
        *,
        iowait + irq + nice + softirq + steal + system + user as busy,
        lag(read_at) over follows as opening_at,
        lag(labels) over follows as opening_labels,
        lag(boot_at) over follows as opening_boot_at,
        lag(last_scrape_at) over follows as opening_scrape_at,
        max(0, idle - lag(idle) over follows) as idle_grown,
        max(0, iowait - lag(iowait) over follows)
        + max(0, irq - lag(irq) over follows)
        + max(0, nice - lag(nice) over follows)
        + max(0, softirq - lag(softirq) over follows)
        + max(0, steal - lag(steal) over follows)
        + max(0, system - lag(system) over follows)
        + max(0, user - lag(user) over follows) as busy_grown
    from readings
    window follows as (partition by host order by read_at)
),

pulled as (
    select min(window_from) as since, max(window_until) as until
    from raw_pull_windows
    where source = 'prometheus' and state <> 'failed'
),

steps as (
    select
        followed.*,
        case
            when opening_at is null
                then case when boot_at >= since then 'started' else 'baseline' end
            when abs(boot_at - opening_boot_at) <= 30 then 'same'
            when boot_at < opening_scrape_at - 30 then 'taken over'
            else 'new'
        end as life,
        case
            when opening_at = read_at - 1800 and opening_scrape_at >= opening_at - 120
                then opening_at
            else opening_scrape_at
        end as seen_at,
        case
            when last_scrape_at < read_at - 120 then last_scrape_at
            else read_at
        end as ended_at
    from followed
    cross join pulled
),

-- what a life did after its last scrape is unknown, unless it goes on
steps_followed as materialized (
    select
        *,
        ended_at < read_at
        and coalesce(lead(life) over (partition by host order by read_at), '') <> 'same'
            as has_tail
    from steps
),

-- irregular half-hours: their scrapes, life by life
irregular as materialized (
    select hosted.host, samples.ts as read_at
    from hosted
    inner join raw_prometheus_samples as samples using (series_id)
    where hosted.metric = 'irregular'
),

scraped as materialized (
    select
        irregular.host,
        irregular.read_at,
        scrapes.ts as scraped_at,
        hosted.metric,
        hosted.mode,
        sum(scrapes.value) as value,
        count(*) as series
    from irregular
    cross join hosted
        on
            hosted.host = irregular.host
            and hosted.metric in ('scraped_cpu_seconds', 'scraped_boot_time_seconds')
    inner join raw_prometheus_scrapes as scrapes
        on
            scrapes.series_id = hosted.series_id
            and scrapes.ts > irregular.read_at - 2100
            and scrapes.ts <= irregular.read_at
    group by 1, 2, 3, 4, 5
),

scrapes_told as (
    select
        host,
        read_at,
        scraped_at,
        max(value) filter (where metric = 'scraped_boot_time_seconds') as boot_at,
        sum(value) filter (where metric = 'scraped_cpu_seconds') as cpu_seconds,
        max(series) filter (where metric = 'scraped_cpu_seconds') as cores
    from scraped
    group by host, read_at, scraped_at
),

scrapes_followed as (
    select
        *,
        scraped_at - lag(scraped_at) over follows as seconds,
        lag(boot_at) over follows as boot_before,
        cpu_seconds - lag(cpu_seconds) over follows as grown
    from scrapes_told
    window follows as (partition by host, read_at order by scraped_at)
),

-- a boot that cannot have been is a clock that was set, while the counter goes on
scrapes_lived as (
    select
        *,
        sum(
            coalesce(abs(boot_at - boot_before) > 30, 0)
            and not coalesce(
                boot_at not between scraped_at - seconds - 30 and scraped_at + 30
                and grown between 0 and cores * (seconds + 120),
                0
            )
        ) over (
            partition by host, read_at
            order by scraped_at
        ) as life_number
    from scrapes_followed
),

lives as (
    select
        host,
        read_at,
        life_number,
        min(boot_at) as boot_at,
        max(scraped_at) filter (where scraped_at <= read_at - 1800) as base_at,
        max(scraped_at) as last_at,
        lag(max(scraped_at)) over (
            partition by host, read_at
            order by life_number
        ) as scraped_before_at,
        life_number = max(life_number) over (partition by host, read_at) as is_last
    from scrapes_lived
    group by host, read_at, life_number
    having max(scraped_at) > read_at - 1800
),

lives_opened as materialized (
    select
        lives.*,
        steps.project,
        steps.machine,
        steps.user_label,
        steps.scrapes,
        steps.opening_at,
        steps.opening_labels,
        steps.seen_at,
        steps.ended_at,
        steps.has_tail,
        lives.life_number = 0
        and coalesce(abs(lives.boot_at - steps.opening_boot_at) <= 30, 0) as is_opening
    from steps_followed as steps
    cross join lives using (read_at, host)
    where
        lives.base_at is not null
        or (
            coalesce(lives.boot_at >= lives.scraped_before_at - 30, 1)
            and (
                coalesce(lives.boot_at >= steps.seen_at - 30, 1)
                or abs(lives.boot_at - steps.opening_boot_at) <= 30
            )
        )
),

life_modes as (
    select
        lives_opened.*,
        closing.mode,
        max(
            0, closing.value - case
                when base_at is not null then coalesce(base.value, 0)
                when is_opening then coalesce((
                    select opening.value
                    from hosted
                    inner join raw_prometheus_samples as opening using (series_id)
                    where
                        hosted.labels = lives_opened.opening_labels
                        and hosted.metric = 'cpu_seconds'
                        and hosted.mode = closing.mode
                        and opening.ts = lives_opened.opening_at
                ), 0)
                else 0
            end
        ) as grown
    from lives_opened
    cross join scraped as closing
        on
            closing.host = lives_opened.host
            and closing.read_at = lives_opened.read_at
            and closing.scraped_at = lives_opened.last_at
            and closing.metric = 'scraped_cpu_seconds'
    left join scraped as base
        on
            base.host = lives_opened.host
            and base.read_at = lives_opened.read_at
            and base.scraped_at = lives_opened.base_at
            and base.metric = 'scraped_cpu_seconds'
            and base.mode = closing.mode
),

lives_ended as (
    select
        host,
        read_at,
        max(case when is_last then ended_at else last_at end) as scraped_until
    from lives_opened
    group by host, read_at
),

-- after scrapes of an irregular half-hour only another machine's are left to say
increments as (
    select
        host,
        read_at,
        project,
        machine,
        user_label,
        scrapes,
        case when scraped_until is null then life else 'taken over' end as life,
        coalesce(
            scraped_until, case when life in ('new', 'started') then boot_at else seen_at end
        ) as began_at,
        ended_at,
        has_tail,
        case
            when scraped_until is not null then null
            when life = 'same' then busy_grown
            when life in ('new', 'started') then busy
        end as busy,
        case
            when scraped_until is not null then null
            when life = 'same' then idle_grown
            when life in ('new', 'started') then idle
        end as idle
    from steps_followed
    left join lives_ended using (host, read_at)
    where
        ended_at > read_at - 1800
        and (scraped_until is null or scraped_until < ended_at)

    union all

    select
        host,
        read_at,
        project,
        machine,
        user_label,
        scrapes,
        case
            when not is_last then 'ended'
            when base_at is null and not is_opening then 'new'
            else 'same'
        end as life,
        case
            when base_at < read_at - 1920 then base_at
            when base_at is not null then read_at - 1800
            when is_opening then seen_at
            else boot_at
        end as began_at,
        case when is_last then ended_at else last_at end as ended_at,
        case when is_last then has_tail else 1 end as has_tail,
        sum(case when mode <> 'idle' then grown end) as busy,
        sum(case when mode = 'idle' then grown end) as idle
    from life_modes
    group by host, read_at, life_number
),

bounded as materialized (
    select
        *,
        case
            when
                life = 'baseline'
                or began_at is null
                or began_at > ended_at + 30
                then min(read_at - 1800, ended_at)
            when began_at > ended_at then ended_at
            else began_at
        end as up_from
    from increments
),

slots as (
    select since as slot_at, until
    from pulled
    union all
    select slot_at + 1800, until
    from slots
    where slot_at + 3600 <= until
),

slots_ended as materialized (
    select slot_at
    from slots
    where slot_at - slot_at % 3600 + 3600 <= until
),

-- a step over lost scrapes is spread evenly from the last scrape to the return
across as (
    select *, cast(up_from as integer) / 1800 * 1800 as slot_at
    from bounded
    where up_from < read_at - 1800
    union all
    select
        host,
        read_at,
        project,
        machine,
        user_label,
        scrapes,
        life,
        began_at,
        ended_at,
        has_tail,
        busy,
        idle,
        up_from,
        slot_at + 1800
    from across
    where slot_at + 1800 < ended_at
),

pieces as materialized (
    select
        host,
        read_at - 1800 as slot_at,
        read_at,
        project,
        machine,
        user_label,
        scrapes,
        life,
        1.0 as share,
        up_from,
        ended_at as up_until,
        has_tail or life in ('new', 'taken over') as has_unknown_tail,
        life = 'taken over' as is_spread,
        busy,
        idle
    from bounded
    where
        up_from >= read_at - 1800
        and read_at - 1800 in (select slot_at from slots_ended)

    union all

    select
        host,
        slot_at,
        read_at,
        project,
        machine,
        user_label,
        scrapes,
        life,
        1.0 * (min(ended_at, slot_at + 1800) - max(up_from, slot_at))
        / (ended_at - up_from) as share,
        max(up_from, slot_at) as up_from,
        min(ended_at, slot_at + 1800) as up_until,
        (has_tail and slot_at + 1800 >= ended_at)
        or (life in ('new', 'taken over') and slot_at <= up_from) as has_unknown_tail,
        life in ('same', 'taken over')
        or (
            min(ended_at, slot_at + 1800) - max(up_from, slot_at) > 120
            and up_from < read_at - 1800 - 120
        ) as is_spread,
        busy,
        idle
    from across
    where slot_at in (select slot_at from slots_ended)
),

-- the labels are those of the first reading: the bare columns are its own
host_slots as (
    select
        host,
        slot_at,
        min(read_at) as read_at,
        project,
        machine,
        user_label,
        scrapes,
        sum(busy * share) as busy,
        sum(idle * share) as idle,
        sum(up_until - up_from) as up_seconds,
        max(is_spread) as is_spread,
        max(has_unknown_tail) as has_unknown_tail
    from pieces
    group by host, slot_at
),

documents as (
    select
        lower(hostname) as host_spelled,
        document_id,
        nullif(cloud_project_name, '') as project,
        nullif(machine_name, '') as machine,
        first_seen_at,
        (gone_at + 1799) / 1800 * 1800 as documented_until
    from raw_mongo_hosts
    where coalesce(cloud_project_name, '') || coalesce(machine_name, '') <> ''
),

documents_hosted as (
    select
        *,
        case
            when host_spelled like 'host-%' then replace(
                substr(host_spelled, 6, instr(host_spelled || '.', '.') - 6), '-', '.'
            )
            else substr(host_spelled, 1, instr(host_spelled || ':', ':') - 1)
        end as host
    from documents
),

documented as materialized (
    select
        *,
        case
            when first_seen_at > min(first_seen_at) over (partition by host)
                then first_seen_at / 1800 * 1800
            else 0
        end as documented_from
    from documents_hosted
),

workspaces as (
    select
        lower(hostname) as host_spelled,
        document_id,
        owner,
        workspace_tags.cloud_project_name as project,
        coalesce(acquired_time, created_time) as owned_from,
        coalesce(deleted_time, deleted_seen_at, gone_at, 99999999999) as owned_until
    from raw_mongo_workspaces
    left join workspace_tags using (tag)
),

claims as materialized (
    select
        case
            when host_spelled like 'host-%' then replace(
                substr(host_spelled, 6, instr(host_spelled || '.', '.') - 6), '-', '.'
            )
            else substr(host_spelled, 1, instr(host_spelled || ':', ':') - 1)
        end as host,
        document_id,
        owner,
        project,
        owned_from,
        owned_until
    from workspaces
),

bounds as (
    select host, owned_from as bound_at from claims where owner is not null
    union
    select host, owned_until from claims where owner is not null
),

segments as (
    select
        host,
        bound_at as segment_from,
        lead(bound_at) over (partition by host order by bound_at) as segment_until
    from bounds
),

segment_owners as (
    select distinct host, segment_from, segment_until, owner
    from segments
    inner join claims using (host)
    where segment_from >= owned_from and segment_until <= owned_until
),

-- each segment on each day that it touches, so that a half-hour finds its few by key
owned_days as materialized (
    select
        host,
        slot_at as day_at,
        segment_from,
        segment_until,
        owner,
        1.0 / count(*) over (partition by host, slot_at, segment_from) as part
    from slots
    inner join segment_owners
        on slot_at + 86400 > segment_from and slot_at < segment_until
    where slot_at % 86400 = 0
),

owned as materialized (
    select
        pieces.host,
        pieces.slot_at,
        owned_days.owner,
        sum(part * (min(up_until, segment_until) - max(up_from, segment_from)))
            as seconds
    from pieces
    cross join owned_days
        on
            pieces.host = owned_days.host
            and pieces.slot_at - pieces.slot_at % 86400 = owned_days.day_at
            and pieces.up_until > owned_days.segment_from
            and pieces.up_from < owned_days.segment_until
    where pieces.up_from < pieces.up_until
    group by pieces.host, pieces.slot_at, owned_days.owner
),

labelled as materialized (
    select
        host,
        slot_at,
        slot_at - slot_at % 3600 as hour_at,
        coalesce(project, (
            select documented.project
            from documented
            where
                documented.host = host_slots.host
                and documented_from <= slot_at
                and coalesce(documented_until > slot_at, 1)
            order by first_seen_at desc, document_id desc
            limit 1
        ), (
            select project
            from (
                select
                    claims.project,
                    claims.owned_from,
                    claims.document_id,
                    min(claims.owned_until, host_slots.slot_at + 1800) as owned_until
                from claims
                where
                    claims.host = host_slots.host
                    and claims.project is not null
                    and claims.owned_from < host_slots.slot_at + 1800
                    and claims.owned_until > host_slots.slot_at
            )
            order by owned_until desc, owned_from desc, document_id desc
            limit 1
        ), '(unlabelled)') as project,
        coalesce(machine, (
            select documented.machine
            from documented
            where
                documented.host = host_slots.host
                and documented_from <= slot_at
                and coalesce(documented_until > slot_at, 1)
            order by first_seen_at desc, document_id desc
            limit 1
        ), '(unlabelled)') as machine,
        user_label,
        up_seconds,
        coalesce(busy, 0.0) as busy,
        coalesce(idle, 0.0) as idle,
        coalesce(
            is_spread or (busy is not null and scrapes < 0.9 * up_seconds / 60 - 1), 0
        )
            as has_lost_scrapes,
        has_unknown_tail
    from host_slots
    where busy is not null or is_spread
),

owned_together as materialized (
    select host, slot_at, sum(seconds) as seconds
    from owned
    group by host, slot_at
),

shared as (
    select labelled.*, user_label as owner, 1.0 as share
    from labelled
    where user_label is not null

    union all

    select labelled.*, owned.owner, owned.seconds / labelled.up_seconds as share
    from owned
    cross join labelled using (slot_at, host)
    where labelled.user_label is null

    union all

    select
        labelled.*,
        null as owner,
        coalesce(
            1.0 - coalesce(owned_together.seconds, 0) / nullif(labelled.up_seconds, 0),
            1.0
        ) as share
    from labelled
    left join owned_together using (slot_at, host)
    where
        labelled.user_label is null
        and (
            labelled.up_seconds <= 0
            or labelled.up_seconds > coalesce(owned_together.seconds, 0)
        )
),

power as materialized (
    select
        nullif(machine_name, '') as of_machine,
        unixepoch(valid_from) as power_from,
        lead(unixepoch(valid_from), 1, 99999999999) over (
            partition by nullif(machine_name, '')
            order by valid_from
        ) as power_until,
        busy_watts_per_core as busy_watts,
        busy_watts_per_core_low as busy_low,
        busy_watts_per_core_high as busy_high,
        idle_watts_per_core as idle_watts,
        idle_watts_per_core_low as idle_low,
        idle_watts_per_core_high as idle_high
    from machine_power
),

pues as materialized (
    select
        nullif(cloud_project_name, '') as of_project,
        unixepoch(valid_from) as pue_from,
        lead(unixepoch(valid_from), 1, 99999999999) over (
            partition by nullif(cloud_project_name, '')
            order by valid_from
        ) as pue_until,
        pue / 3600000 as kwh_a_watt_second
    from project_pue
),

neighboured as (
    select
        slot_at,
        forecast,
        actual,
        lag(slot_at) over in_time as slot_before,
        lag(actual) over in_time as actual_before,
        lead(slot_at) over in_time as slot_after,
        lead(actual) over in_time as actual_after
    from raw_carbon_intensity
    window in_time as (order by slot_at)
),

judged as (
    select
        slot_at,
        forecast,
        case
            when
                actual = 0
                and forecast > 0
                and not coalesce(actual_before <= 0 and slot_before = slot_at - 1800, 0)
                and not coalesce(actual_after <= 0 and slot_after = slot_at + 1800, 0)
                then null
            else actual
        end as actual
    from neighboured
),

grid as materialized (
    select
        slots_ended.slot_at,
        coalesce(actual, forecast) as intensity,
        case
            when actual is not null then 'actual'
            when forecast is not null then 'forecast'
        end as origin
    from slots_ended
    left join judged using (slot_at)
),

mean_grid as (
    select slot_at - slot_at % 3600 as hour_at, avg(intensity) as mean_intensity
    from grid
    group by 1
),

powered as (
    select
        shared.*,
        coalesce(own.busy_watts, common.busy_watts) as busy_watts,
        coalesce(own.busy_low, common.busy_low) as busy_low,
        coalesce(own.busy_high, common.busy_high) as busy_high,
        coalesce(own.idle_watts, common.idle_watts) as idle_watts,
        coalesce(own.idle_low, common.idle_low) as idle_low,
        coalesce(own.idle_high, common.idle_high) as idle_high,
        share * coalesce(own_pue.kwh_a_watt_second, pue.kwh_a_watt_second) as factor
    from shared
    left join power as own
        on
            own.of_machine = machine
            and slot_at >= own.power_from
            and slot_at < own.power_until
    left join power as common
        on
            common.of_machine is null
            and slot_at >= common.power_from
            and slot_at < common.power_until
    left join pues as own_pue
        on
            own_pue.of_project = project
            and slot_at >= own_pue.pue_from
            and slot_at < own_pue.pue_until
    left join pues as pue
        on
            pue.of_project is null
            and slot_at >= pue.pue_from
            and slot_at < pue.pue_until
),

charged as (
    select
        hour_at,
        project,
        machine,
        owner,
        intensity,
        origin,
        has_lost_scrapes,
        has_unknown_tail,
        busy * share as busy,
        idle * share as idle,
        busy * busy_watts * factor as busy_kwh,
        idle * idle_watts * factor as idle_kwh,
        (busy * busy_low + idle * idle_low) * factor as kwh_low,
        (busy * busy_high + idle * idle_high) * factor as kwh_high
    from powered
    cross join grid using (slot_at)
),

-- the smallest cells of which every scope is a sum
cells as materialized (
    select
        hour_at,
        project,
        machine,
        owner,
        sum(busy) as busy,
        sum(idle) as idle,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(kwh_low) as kwh_low,
        sum(kwh_high) as kwh_high,
        total(busy_kwh * intensity) as busy_g,
        total(idle_kwh * intensity) as idle_g,
        total(kwh_low * intensity) as g_low,
        total(kwh_high * intensity) as g_high,
        total(iif(intensity is not null, busy_kwh + idle_kwh, 0)) as covered_kwh,
        total(iif(origin = 'actual', (busy_kwh + idle_kwh) * intensity, 0))
            as actual_g,
        total(iif(origin = 'forecast', (busy_kwh + idle_kwh) * intensity, 0))
            as forecast_g,
        min(origin) as first_origin,
        max(origin) as last_origin,
        max(has_lost_scrapes) as has_lost_scrapes,
        max(has_unknown_tail) as has_unknown_tail,
        max(intensity is null and busy_kwh + idle_kwh > 0) as lacks_intensity
    from charged
    group by hour_at, project, machine, owner
),

scoped as (
    select 'ada' as scope, '' as name, cells.* from cells
    union all
    select 'project', project, cells.* from cells
    union all
    select 'machine', machine, cells.* from cells
    union all
    select 'user', owner, cells.* from cells
    where owner is not null
),

summed as (
    select
        scope,
        hour_at,
        name,
        sum(busy) as busy,
        sum(idle) as idle,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(kwh_low) as kwh_low,
        sum(kwh_high) as kwh_high,
        sum(busy_g) as busy_g,
        sum(idle_g) as idle_g,
        sum(g_low) as g_low,
        sum(g_high) as g_high,
        sum(covered_kwh) as covered_kwh,
        sum(actual_g) as actual_g,
        sum(forecast_g) as forecast_g,
        min(first_origin) as first_origin,
        max(last_origin) as last_origin,
        max(has_lost_scrapes) as has_lost_scrapes,
        max(has_unknown_tail) as has_unknown_tail,
        max(lacks_intensity) as lacks_intensity
    from scoped
    group by scope, hour_at, name
)

select
    scope,
    strftime('%Y-%m-%dT%H:%M:%SZ', hour_at, 'unixepoch') as ts,
    name,
    busy as busy_cpu_seconds_total,
    idle as idle_cpu_seconds_total,
    busy_kwh,
    idle_kwh,
    busy_g as busy_gCo2eq,
    idle_g as idle_gCo2eq,
    case
        when lacks_intensity then null
        when busy_kwh + idle_kwh > 0 then (busy_g + idle_g) / (busy_kwh + idle_kwh)
        else mean_intensity
    end as intensity_gCo2eq_kwh,
    covered_kwh,
    kwh_low,
    kwh_high,
    g_low as gCo2eq_low,
    g_high as gCo2eq_high,
    actual_g as actual_gCo2eq,
    forecast_g as forecast_gCo2eq,
    0.0 as fallback_gCo2eq,
    case
        when first_origin = last_origin then first_origin
        when first_origin is not null then 'mixed'
    end as intensity_origin,
    has_lost_scrapes,
    has_unknown_tail
from summed
inner join mean_grid using (hour_at)
