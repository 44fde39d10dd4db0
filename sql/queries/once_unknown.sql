-- The names of columns that came when a contract did not know them, each with that contract and the key under which it came first.
select d.column_name, d.contract, o.key
from drift_entries d join objects o using (object_id)
where d.change = 'appeared'
order by d.column_name;
