-- Pauses: while one is open, no loader of this schema loads anything by itself.

-- +goose Up

create table pauses (
    pause_id   bigint generated always as identity primary key,
    paused_at  timestamptz not null default clock_timestamp(),
    reason     text,
    held       bigint not null default 0 check (held >= 0),
    resumed_at timestamptz
);
create unique index pauses_open on pauses ((true)) where resumed_at is null;

comment on table pauses is 'When the pipeline was paused, and why; at most one pause is open.';
comment on column pauses.pause_id is 'Number of the pause.';
comment on column pauses.paused_at is 'When it began. Objects that were being loaded then were finished.';
comment on column pauses.reason is 'Why, in the words of whoever paused.';
comment on column pauses.held is 'Notices that were acknowledged meanwhile, without a load.';
comment on column pauses.resumed_at is 'When it ended; null while it is open.';

-- The service looks for what is due in its own bucket only.
drop index objects_due;
create index objects_due on objects (bucket, next_attempt_at) where state = 'failed';

-- +goose StatementBegin
do $$
begin
    if exists (select from pg_roles where rolname = 'eventdrop_loader') then
        execute 'grant select, insert, update on pauses to eventdrop_loader';
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_reader') then
        execute 'grant select on pauses to eventdrop_reader';
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_owner') then
        begin
            execute 'alter table pauses owner to eventdrop_owner';
        exception
            when insufficient_privilege then raise notice 'the table pauses stays with %: it may not give it to eventdrop_owner', current_user;
        end;
    end if;
end $$;
-- +goose StatementEnd

-- +goose Down
drop index objects_due;
create index objects_due on objects (next_attempt_at) where state = 'failed';
drop table pauses;
