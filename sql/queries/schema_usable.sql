-- Whether the user may use the schema, and whether the tables are there. A schema that does not exist may be used.
-- $1 schema
select coalesce((select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = $1), true),
       to_regclass('drift_entries') is not null;
