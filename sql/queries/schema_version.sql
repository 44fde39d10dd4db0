-- The version that the migrations brought the schema to.
select coalesce(max(version_id), 0) from schema_version where is_applied;
