-- Views for people. Each is a plain query over the tables: nothing to refresh.

-- +goose Up

create view load_history as
select r.finished_at, o.bucket, o.key, o.version_id, r.kind, r.state,
       r.rows_read, r.inserted, r.updated, r.stale, r.duplicate, r.rejected,
       r.reason, o.hint, r.read_ms, r.total_ms, o.size_bytes, r.contract, r.revision, r.object_id, r.run_id
from receipts r join objects o using (object_id)
order by r.finished_at desc;
comment on view load_history is 'What happened to every object, newest first.';

create view rejects_by_reason as
select r.reason, r.column_name, count(*) as rows, count(distinct r.object_id) as objects,
       min(r.rejected_at) as first_at, max(r.rejected_at) as last_at
from rejected_rows r
where r.resolved_at is null
group by r.reason, r.column_name
order by rows desc;
comment on view rejects_by_reason is 'The quarantine by reason and column, most frequent first.';

create view quality_by_hour as
select date_trunc('hour', o.last_modified) as hour, q.rule, q.column_name, q.repaired,
       sum(q.count)::bigint as rows, count(*) as objects
from quality_counts q join objects o using (object_id)
where q.count > 0
group by 1, 2, 3, 4
order by 1 desc, rows desc;
comment on view quality_by_hour is 'Rejects and repairs per hour in which the objects were dropped.';

create view pipeline_health as
select count(*) filter (where state = 'loaded')     as loaded,
       count(*) filter (where state = 'failed')     as failed,
       count(*) filter (where state = 'parked')     as parked,
       count(*) filter (where state = 'superseded') as superseded,
       count(*) filter (where state = 'gone')       as gone,
       min(next_attempt_at) filter (where state = 'failed') as next_attempt_at,
       max(last_modified) filter (where state = 'loaded')   as newest_loaded,
       (select coalesce(sum(rows_read), 0)::bigint from receipts) as rows_read,
       (select coalesce(sum(inserted), 0)::bigint from receipts)  as rows_inserted,
       (select coalesce(sum(rejected), 0)::bigint from receipts)  as rows_rejected,
       (select count(*) from rejected_rows where resolved_at is null) as in_quarantine,
       (select percentile_cont(0.5) within group (order by total_ms) from receipts
         where finished_at > clock_timestamp() - interval '15 minutes') as load_ms_p50,
       (select percentile_cont(0.99) within group (order by total_ms) from receipts
         where finished_at > clock_timestamp() - interval '15 minutes') as load_ms_p99
from objects;
comment on view pipeline_health is 'One row: how the pipeline is.';

create view events_per_minute as
select date_trunc('minute', event_time) as minute, event_type, count(*) as events
from events group by 1, 2 order by 1 desc, 2;
comment on view events_per_minute is 'Events per minute in which they happened.';

create view revenue_per_hour as
select date_trunc('hour', event_time) as hour, currency, count(*) as purchases,
       sum(coalesce(total, price * coalesce(quantity, 1))) as revenue
from events where event_type = 'purchase'
group by 1, 2 order by 1 desc, 2;
comment on view revenue_per_hour is 'Purchases and revenue per hour and currency.';

create view purchase_funnel as
with steps (step, event_type) as (
    values (1, 'view'), (2, 'add_to_cart'), (3, 'checkout'), (4, 'purchase')
), counted as (
    select s.step, s.event_type, count(e.event_id) as events, count(distinct e.session_id) as sessions
    from steps s left join events e using (event_type)
    group by 1, 2
)
select step, event_type, events, sessions,
       round(100.0 * sessions / nullif(first_value(sessions) over (order by step), 0), 1) as percent_of_views
from counted order by step;
comment on view purchase_funnel is 'From view to purchase, in events and in sessions.';

create view top_products as
select product_id, currency, max(product_name) as product_name, sum(coalesce(quantity, 1))::bigint as pieces,
       sum(coalesce(total, price * coalesce(quantity, 1))) as revenue, count(*) as purchases
from events where event_type = 'purchase'
group by product_id, currency order by revenue desc nulls last;
comment on view top_products is 'Products by revenue, in each currency of its own.';

-- +goose Down
drop view top_products, purchase_funnel, revenue_per_hour, events_per_minute, pipeline_health,
          quality_by_hour, rejects_by_reason, load_history;
