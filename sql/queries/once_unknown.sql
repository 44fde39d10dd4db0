-- The names of columns that came when a contract did not know them.
select distinct column_name from drift_entries where change = 'appeared' order by column_name;
