-- The tables of eventdrop. They are created in the schema that search_path names first.

-- +goose Up

create table objects (
    object_id      bigint generated always as identity primary key,
    bucket         text not null,
    key            text collate "C" not null,
    version_id     text collate "C" not null default '',
    etag           text collate "C" not null,
    drop_number    integer not null check (drop_number >= 1),
    state          text not null check (state in ('loaded', 'failed', 'parked', 'superseded', 'gone')),
    contract       text,
    revision       integer,
    size_bytes     bigint,
    last_modified  timestamptz,
    attempts       integer not null default 0,
    open_attempts  integer not null default 0,
    next_attempt_at timestamptz,
    reason         text,
    hint           text,
    detail         text,
    run_id         uuid,
    dialect        jsonb,
    output_hash    bytea,
    same_content_as bigint references objects,
    first_seen_at  timestamptz not null default clock_timestamp(),
    updated_at     timestamptz not null default clock_timestamp(),
    constraint objects_identity unique (bucket, key, version_id, etag, drop_number)
);
create index objects_due on objects (next_attempt_at) where state = 'failed';
create index objects_etag on objects (etag, size_bytes);

comment on table objects is 'The ledger: one row per object version (drop), its state and how it was read.';
comment on column objects.object_id is 'Number of the object in this ledger; rows and receipts point to it. No meaning outside.';
comment on column objects.bucket is 'Bucket; empty for a local file.';
comment on column objects.key is 'Decoded key, or the absolute path of a local file.';
comment on column objects.version_id is 'Version id; empty where the bucket keeps no versions.';
comment on column objects.etag is 'ETag without quotes. Opaque: no content hash.';
comment on column objects.drop_number is 'Counts the drops of one key where bytes can be replaced; 1 where there are versions.';
comment on column objects.state is 'loaded, failed (will be tried again), parked (can never load as it is), superseded, gone.';
comment on column objects.contract is 'Name of the contract of the last run.';
comment on column objects.revision is 'Revision of that contract.';
comment on column objects.size_bytes is 'Bytes as stored, before decompression.';
comment on column objects.last_modified is 'When the store accepted the object, whole seconds.';
comment on column objects.attempts is 'Failed tries since the object was first seen.';
comment on column objects.open_attempts is 'Tries that were begun and ended without any outcome; five of them park the object as loader_died.';
comment on column objects.next_attempt_at is 'When a failed object is due again.';
comment on column objects.reason is 'Why the object is parked or failed: a code that never changes.';
comment on column objects.hint is 'The next step for a person.';
comment on column objects.detail is 'What exactly went wrong, without row content.';
comment on column objects.run_id is 'The run that loaded the object.';
comment on column objects.dialect is 'What was found out about the file: compression, charset, delimiter, header, line counts.';
comment on column objects.output_hash is 'SHA-256 of the cleaned output; a replay under the same revision must give it again.';
comment on column objects.same_content_as is 'An object that was loaded before with the same ETag and size, if there is one.';
comment on column objects.first_seen_at is 'When the ledger first heard of the object.';
comment on column objects.updated_at is 'When this row last changed.';

create table receipts (
    run_id        uuid primary key,
    object_id     bigint not null references objects,
    kind          text not null check (kind in ('load', 'replay', 'redrive')),
    state         text not null check (state in ('loaded', 'parked')),
    contract      text not null,
    revision      integer not null,
    rows_read     bigint not null check (rows_read >= 0),
    inserted      bigint not null check (inserted >= 0),
    updated       bigint not null check (updated >= 0),
    stale         bigint not null check (stale >= 0),
    duplicate     bigint not null check (duplicate >= 0),
    rejected      bigint not null check (rejected >= 0),
    reason        text,
    sample        jsonb,
    output_hash   bytea,
    read_ms       double precision not null,
    total_ms      double precision not null,
    finished_at   timestamptz not null default clock_timestamp(),
    constraint books_balance check (rows_read = inserted + updated + stale + duplicate + rejected)
);
create index receipts_object on receipts (object_id);
create index receipts_finished on receipts using brin (finished_at);

comment on table receipts is 'The books: one immutable row per run of an object. Every row that was read is accounted for.';
comment on column receipts.run_id is 'Made by the loader before it asked for anything; tells whether a commit took effect.';
comment on column receipts.object_id is 'The object of the ledger.';
comment on column receipts.kind is 'load, replay (again on purpose) or redrive (quarantined rows only).';
comment on column receipts.state is 'loaded, or parked: then all counts are 0.';
comment on column receipts.contract is 'Name of the contract that was applied.';
comment on column receipts.revision is 'Its revision.';
comment on column receipts.rows_read is 'Records in the object, sound or not, without header and blank lines.';
comment on column receipts.inserted is 'Events with a new key.';
comment on column receipts.updated is 'Events that replaced an older version of their key.';
comment on column receipts.stale is 'Events whose key holds a newer version, or this very one.';
comment on column receipts.duplicate is 'Events whose key came again in the same object, with a higher recency.';
comment on column receipts.rejected is 'Records in quarantine.';
comment on column receipts.reason is 'Why the object was parked.';
comment on column receipts.sample is 'The first rejects of an object that was parked for having too many.';
comment on column receipts.output_hash is 'SHA-256 of the cleaned output.';
comment on column receipts.read_ms is 'Milliseconds spent waiting for records, reading and cleaning.';
comment on column receipts.total_ms is 'Milliseconds from the first look at the object until just before the commit.';
comment on column receipts.finished_at is 'Clock of the database just before the commit.';

create table rejected_rows (
    object_id    bigint not null references objects,
    line_no      bigint not null check (line_no >= 1),
    reason       text not null,
    column_name  text,
    value        text,
    raw          text not null,
    raw_bytes    bytea,
    raw_cut      boolean not null default false,
    contract     text not null,
    revision     integer not null,
    run_id       uuid not null,
    rejected_at  timestamptz not null default clock_timestamp(),
    resolved_at  timestamptz,
    resolved_run uuid,
    primary key (object_id, line_no)
);
create index rejected_rows_reason on rejected_rows (reason, object_id) where resolved_at is null;

comment on table rejected_rows is 'The quarantine: every record that the contract refused, as it was read, and why.';
comment on column rejected_rows.object_id is 'The object it came in.';
comment on column rejected_rows.line_no is 'Physical line on which the record begins, from 1.';
comment on column rejected_rows.reason is 'Why: a code that never changes.';
comment on column rejected_rows.column_name is 'The column at fault; null for damage of the whole record.';
comment on column rejected_rows.value is 'The offending value, bounded.';
comment on column rejected_rows.raw is 'The record as read; bytes that are no text are shown as \xNN.';
comment on column rejected_rows.raw_bytes is 'The exact bytes, where raw could not show them.';
comment on column rejected_rows.raw_cut is 'The record was longer than what is kept here.';
comment on column rejected_rows.contract is 'Name of the contract that refused it.';
comment on column rejected_rows.revision is 'Its revision.';
comment on column rejected_rows.run_id is 'The run that refused it last.';
comment on column rejected_rows.rejected_at is 'When it was refused last.';
comment on column rejected_rows.resolved_at is 'When a later run accepted it; null while it is in quarantine.';
comment on column rejected_rows.resolved_run is 'The run that accepted it.';

create table quality_counts (
    object_id   bigint not null references objects,
    rule        text not null,
    column_name text not null default '',
    repaired    boolean not null,
    count       bigint not null check (count >= 0),
    primary key (object_id, rule, column_name)
);

comment on table quality_counts is 'How often each rule was met in each object: rejects and repairs.';
comment on column quality_counts.object_id is 'The object.';
comment on column quality_counts.rule is 'A reject reason or the name of a repair.';
comment on column quality_counts.column_name is 'The column; empty for rules about the whole record.';
comment on column quality_counts.repaired is 'True: the record went on, repaired. False: it was rejected.';
comment on column quality_counts.count is 'Records.';

create table events (
    event_id        uuid primary key,
    event_type      text not null,
    event_time      timestamptz not null,
    user_id         text,
    session_id      text,
    product_id      text,
    product_name    text,
    category        text,
    price           numeric(18, 2) check (price >= 0),
    quantity        bigint check (quantity >= 0),
    total           numeric(18, 2) check (total >= 0),
    currency        text,
    device          text,
    extras          jsonb,
    object_id       bigint not null,
    line_no         bigint not null,
    recency_at      timestamptz not null,
    object_modified timestamptz not null,
    source_hash     bigint not null,
    drop_order      integer not null,
    revision        integer not null
);
create index events_time on events using brin (event_time);
create index events_purchases on events (event_time) where event_type = 'purchase';

comment on table events is 'Clean, typed, de-duplicated events: the table of the contract ecommerce_events.';
comment on column events.event_id is 'Identity of the event; derived from the normalised record where the file has none.';
comment on column events.event_type is 'view, click, search, add_to_cart, remove_from_cart, wishlist, checkout or purchase.';
comment on column events.event_time is 'When it happened.';
comment on column events.user_id is 'Who did it; null where unknown.';
comment on column events.session_id is 'In which visit.';
comment on column events.product_id is 'What it was done to.';
comment on column events.product_name is 'Name of the product at that time.';
comment on column events.category is 'Category of the product.';
comment on column events.price is 'Price of one piece.';
comment on column events.quantity is 'Pieces.';
comment on column events.total is 'Price x quantity.';
comment on column events.currency is 'Currency of price and total.';
comment on column events.device is 'Device or platform.';
comment on column events.extras is 'Columns of the file that the contract does not know.';
comment on column events.object_id is 'The object that this version of the event came in.';
comment on column events.line_no is 'Its line there.';
comment on column events.recency_at is 'Recency, part 1: the contract''s recency column, else the object''s last-modified.';
comment on column events.object_modified is 'Recency, part 2: last-modified of the object, whole seconds.';
comment on column events.source_hash is 'Recency, part 3: hash of bucket and key.';
comment on column events.drop_order is 'Recency, part 4: order among versions of one key (line_no is part 5).';
comment on column events.revision is 'Recency, part 6: revision of the contract.';

-- The key of a record that has none: its hash and how many equal records stood before it in the
-- object, as a UUID of version 8 (RFC 9562).
-- +goose StatementBegin
create function derived_id(record_hash uuid, occurrence bigint) returns uuid
language sql immutable strict parallel safe
return (
    with hashed as (select substr(sha256(uuid_send(record_hash) || int8send(occurrence)), 1, 16) as b)
    select encode(set_byte(set_byte(b, 6, get_byte(b, 6) & 15 | 128), 8, get_byte(b, 8) & 63 | 128), 'hex')::uuid
    from hashed
);
-- +goose StatementEnd
comment on function derived_id(uuid, bigint) is 'Key of a record without one: from its hash and its occurrence in the object.';

-- +goose Down
drop function derived_id(uuid, bigint);
drop table events, quality_counts, rejected_rows, receipts, objects;
