-- What there is to know of the user that loads before it is made or altered: one row, whether it is there or not.
-- $1 its name, $2 the schema
with asked as (
    select $1::name as name
), owners as (
    select nspowner as oid from pg_namespace where nspname = $2
    union
    select oid from pg_roles where rolname in (current_user, session_user, 'eventdrop_owner')
)
select r.oid is not null as there,
       coalesce(r.rolsuper or r.rolcreaterole, false) as mighty,
       exists (select from owners o where pg_has_role(r.oid, o.oid, 'member')) as owns,
       coalesce(r.rolcanlogin, false) as logs_in,
       coalesce(r.rolconnlimit, -1) as connections,
       exists (select from pg_roles l where l.rolname = 'eventdrop_loader') as loaders_there,
       exists (select from pg_roles l where l.rolname = 'eventdrop_loader' and pg_has_role(r.oid, l.oid, 'usage')) as loads,
       exists (select from pg_roles t where t.rolname = 'rds_iam') as tokens_there,
       exists (select from pg_roles t where t.rolname = 'rds_iam' and pg_has_role(r.oid, t.oid, 'member')) as by_token
from asked left join pg_roles r on r.rolname = asked.name
