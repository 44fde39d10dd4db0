-- The ledger keeps each drop's part of recency, so that its quarantined rows can be merged later with the
-- recency that they had.

-- +goose Up

alter table objects add column drop_order integer;
comment on column objects.drop_order is 'The drop''s part of the recency of its rows; null where it was never loaded, or was loaded before this column was there.';

-- Only what the ledger itself knows is filled in. The order of a version stands in the contract's table, which a
-- migration does not know, and only where a row of the version won; a redrive of such an object
-- replays it, and the claim then notes the order.
update objects set drop_order = drop_number where version_id = '' and state = 'loaded';

-- +goose Down
alter table objects drop column drop_order;
