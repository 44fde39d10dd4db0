-- Drift: columns that came, and columns that stayed away, each noted when it was first seen so.

-- +goose Up

create table drift_entries (
    contract    text not null,
    column_name text collate "C" not null,
    change      text not null check (change in ('appeared', 'missing')),
    revision    integer not null,
    object_id   bigint not null references objects,
    noticed_at  timestamptz not null default clock_timestamp(),
    primary key (contract, column_name, change)
);

comment on table drift_entries is 'Drift: the first object that had a column which the contract does not know, or lacked one which it knows. Rows never change.';
comment on column drift_entries.contract is 'Name of the contract.';
comment on column drift_entries.column_name is 'A new column as the file names it, the first 200 characters, empty where it has no name; a missing one as the contract names it.';
comment on column drift_entries.change is 'appeared: the contract does not know the column. missing: the header lacks a column of the contract.';
comment on column drift_entries.revision is 'Revision of the contract.';
comment on column drift_entries.object_id is 'The object that showed it first.';
comment on column drift_entries.noticed_at is 'When that object was loaded.';

create view column_drift as
with lately as (
    select contract, revision, dialect from objects
    where state = 'loaded' and dialect->>'delimiter' <> ''
    order by object_id desc
    limit 1000
)
select d.contract, d.column_name, d.change, d.noticed_at, o.bucket, o.key, n.objects_with, n.objects_lately,
       (select l.last_modified from objects l
        where l.state = 'loaded' and l.contract = d.contract and l.revision >= d.revision and l.dialect->>'delimiter' <> ''
          and case d.change when 'appeared' then l.dialect->'header' ? d.column_name else not l.dialect->'absent' ? d.column_name end
        order by l.object_id desc
        limit 1) as last_seen_at
from drift_entries d
     join objects o using (object_id)
     cross join lateral (
         select count(*) filter (where case d.change when 'appeared' then l.dialect->'header' ? d.column_name
                                                     else not l.dialect->'absent' ? d.column_name end) as objects_with,
                count(*) as objects_lately
         from lately l
         where l.contract = d.contract and l.revision >= d.revision) n
order by d.noticed_at desc, d.contract, d.column_name;
comment on view column_drift is
    'Each column that drifted: since when, first in which object, in how many of the last 1,000 objects of the ledger it is, and when the newest object that has it was dropped. Objects of older revisions of the contract do not count.';

-- +goose StatementBegin
do $$
begin
    if exists (select from pg_roles where rolname = 'eventdrop_loader') then
        execute 'grant select, insert on drift_entries to eventdrop_loader'; -- entries never change
        execute 'grant select on column_drift to eventdrop_loader';
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_reader') then
        execute 'grant select on drift_entries, column_drift to eventdrop_reader';
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_owner') then
        begin
            execute 'alter table drift_entries owner to eventdrop_owner';
            execute 'alter view column_drift owner to eventdrop_owner';
        exception
            when insufficient_privilege then raise notice 'the table drift_entries stays with %: it may not give it to eventdrop_owner', current_user;
        end;
    end if;
end $$;
-- +goose StatementEnd

-- +goose Down
drop view column_drift;
drop table drift_entries;
