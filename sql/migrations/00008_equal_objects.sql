-- The first of many equal objects is the first entry of the index: a producer may drop the same bytes for ever.

-- +goose Up

drop index objects_etag;
create index objects_etag on objects (etag, size_bytes, object_id) where state = 'loaded';

-- +goose Down
drop index objects_etag;
create index objects_etag on objects (etag, size_bytes);
