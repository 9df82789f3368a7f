-- The raw tables: what the sources said, as they said it, and the ledger of asking.
-- Every instant is UTC in whole seconds since 1970-01-01 (`_at`, `_time` and `ts`).

create table if not exists raw_pull_runs (
    run_id integer primary key,
    source text not null,
    since integer,
    until integer,
    started_at integer not null,
    ended_at integer,
    state text not null check (state in ('running', 'done', 'partial', 'failed')),
    row_count integer not null default 0,
    message text,
    is_simulated integer not null default 0 check (is_simulated in (0, 1)),
    not_before integer
) strict;

create table if not exists raw_pull_windows (
    window_id integer primary key,
    run_id integer not null references raw_pull_runs (run_id),
    source text not null,
    window_from integer not null,
    window_until integer not null,
    state text not null check (state in ('done', 'partial', 'failed')),
    row_count integer not null default 0,
    message text,
    recorded_at integer not null
) strict;

create index if not exists idx_raw_pull_windows_source
on raw_pull_windows (source, window_until);

-- One row per stretch of time whose inputs really changed. Prometheus: instants of
-- samples; carbon intensity: starts of half-hours; Mongo: time of ownership. A null
-- bound is open. `hostname`: only this host's half-hours are touched. Source
-- `full-refresh`: dbt was told to take everything in anew.
create table if not exists raw_changes (
    change_id integer primary key autoincrement,
    source text not null,
    changed_from integer,
    changed_until integer,
    noted_at integer not null,
    hostname text
) strict;

-- One row per dbt build that took something in: the last change of the sources, the last
-- change of the factors and the time of Prometheus that it saw, from `pulled_from`, null
-- for builds of older models, until `pulled_until`.
create table if not exists raw_builds (
    build_id integer primary key,
    change_id integer not null,
    factor_change_id integer not null,
    pulled_until integer not null,
    built_at integer not null,
    pulled_from integer,
    unique (change_id, factor_change_id, pulled_until)
) strict;

-- One row per pruning of samples and scrapes. What hosts did in the hours before
-- `pruned_before` is frozen: dbt measures it no more, only charges it.
create table if not exists raw_prunings (
    pruning_id integer primary key,
    pruned_before integer not null check (pruned_before % 3600 = 0),
    pruned_at integer not null,
    sample_count integer not null,
    scrape_count integer not null,
    backup_path text not null
) strict;

-- One row per closing of a month (2025-09); a month that is closed again has a further
-- edition. `version_id` is the last version of any figure that it saw.
create table if not exists raw_closings (
    closing_id integer primary key,
    month text not null check (length(month) = 7),
    edition integer not null check (edition >= 1),
    closed_at integer not null,
    is_incomplete integer not null check (is_incomplete in (0, 1)),
    version_id integer not null,
    unique (month, edition)
) strict;

-- What was published of a closed month: a row for each scope and name, never changed.
create table if not exists raw_closed_totals (
    closed_total_id integer primary key,
    closing_id integer not null references raw_closings (closing_id),
    scope text not null
    check (scope in ('ada', 'project', 'machine', 'user', 'group')),
    cloud_project_name text,
    machine_name text,
    user_id text,
    group_name text,
    busy_kwh real,
    idle_kwh real,
    kwh_low real,
    kwh_high real,
    covered_kwh real,
    busy_gCo2eq real,
    idle_gCo2eq real,
    gCo2eq_low real,
    gCo2eq_high real,
    hours_expected integer not null,
    hours_processed integer not null,
    status text not null
) strict;

create unique index if not exists idx_raw_closed_totals_name
on raw_closed_totals (
    closing_id,
    scope,
    coalesce(cloud_project_name, machine_name, user_id, group_name, '')
);

-- Which label of a series plays which role, as the settings had it at the last pull.
create table if not exists raw_prometheus_label_names (
    role text primary key check (role in ('project', 'machine', 'host', 'user')),
    label_name text not null
) strict;

-- How long a source keeps its data, as it last said; null: it never did.
create table if not exists raw_retentions (
    source text primary key,
    retention_seconds integer
) strict;

-- `labels` are the target's labels as JSON with sorted keys, without `mode`.
create table if not exists raw_prometheus_series (
    series_id integer primary key,
    metric text not null,
    mode text not null default '',
    labels text not null,
    landed_at integer not null,
    unique (metric, mode, labels)
) strict;

-- Values at half-hours: `ts` is the half-hour's END.
create table if not exists raw_prometheus_samples (
    series_id integer not null references raw_prometheus_series (series_id),
    ts integer not null,
    value real not null,
    primary key (series_id, ts)
) strict, without rowid;

-- Single scrapes of irregular half-hours: `ts` is the time of the scrape, rounded up.
create table if not exists raw_prometheus_scrapes (
    series_id integer not null references raw_prometheus_series (series_id),
    ts integer not null,
    value real not null,
    primary key (series_id, ts)
) strict, without rowid;

-- `slot_at` is the half-hour's START.
create table if not exists raw_carbon_intensity (
    slot_at integer primary key,
    forecast real,
    actual real,
    landed_at integer not null
) strict;

create table if not exists raw_mongo_workspaces (
    document_id text primary key,
    hostname text,
    owner text,
    state text,
    tag text,
    created_time integer,
    acquired_time integer,
    deleted_time integer,
    users text not null default '[]',
    first_seen_at integer not null,
    deleted_seen_at integer,
    gone_at integer,
    landed_at integer not null
) strict;

create table if not exists raw_mongo_users (
    document_id text primary key,
    platform_name text,
    name text,
    uid text,
    gid text,
    first_seen_at integer not null,
    gone_at integer,
    landed_at integer not null
) strict;

create table if not exists raw_mongo_groups (
    document_id text primary key,
    name text,
    gid text,
    type text,
    members text not null default '[]',
    first_seen_at integer not null,
    gone_at integer,
    landed_at integer not null
) strict;

create table if not exists raw_mongo_hosts (
    document_id text primary key,
    hostname text,
    cloud_project_name text,
    machine_name text,
    first_seen_at integer not null,
    gone_at integer,
    landed_at integer not null
) strict;

-- How people are named, in one row: `key_check` tells the key of pseudonyms from others
-- and is null where names are plain; `salt` is that of `raw_forgotten`.
create table if not exists raw_naming (
    naming_id integer primary key check (naming_id = 1),
    key_check text,
    salt blob not null
) strict;

-- Pseudonyms of people whom landing hides: a slow hash of the name with the salt.
create table if not exists raw_forgotten (
    pseudonym text primary key,
    forgotten_at integer not null
) strict;

-- Where the database was ever copied to: a person who is forgotten is in these copies.
create table if not exists raw_backups (
    backup_path text primary key,
    made_at integer not null
) strict;

-- AI providers as the last pull found them. `auth_source` says where the key was, null
-- without one; `config_json` is the provider's row of the seed.
create table if not exists raw_ai_providers (
    provider_id text primary key,
    auth_source text check (auth_source in ('environment', 'auth.json')),
    config_json text not null,
    landed_at integer not null
) strict;

-- Resets of an AI provider's quota that a person told of.
create table if not exists raw_ai_resets (
    reset_id integer primary key,
    provider_id text not null references raw_ai_providers (provider_id),
    reset_at integer not null,
    noted_at integer not null,
    unique (provider_id, reset_at)
) strict;

-- Answers as they came, without secrets: 14 days of them, those of AI providers until
-- their history has taken them in. `raw_json` is always JSON; `http_status` is 0 where
-- there was no answer, and `raw_json` says why.
create table if not exists raw_snapshots (
    id integer primary key autoincrement,
    provider_id text not null,
    raw_json text not null,
    http_status integer not null,
    fetched_at text not null
) strict;

create index if not exists idx_raw_snapshots_fetched
on raw_snapshots (fetched_at);
