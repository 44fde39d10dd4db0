-- What an object gave the last time that it was loaded under this revision of this contract.
-- $1 object, $2 contract, $3 revision
select output_hash from receipts
where object_id = $1 and contract = $2 and revision = $3 and state = 'loaded'
  and output_hash is not null -- a redrive of single rows has none
order by finished_at desc
limit 1;
