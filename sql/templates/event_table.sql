-- The table of the contract {{.Contract}}, revision {{.Revision}}. Run it after `eventdrop migrate` and as the same user. Run again, it fails and
-- changes nothing:
--   eventdrop contract ddl ... | psql -v ON_ERROR_STOP=1 "$EVENTDROP_DATABASE_URL"

begin;
set local search_path to {{.Schema}};

create table {{.Table}} (
{{- range $i, $c := .Columns}}{{if $i}},{{end}}
    {{$c.Name}} {{$c.Type}}{{$c.Constraint}}
{{- end}}
);

comment on table {{.Table}} is {{.Comment}};
{{- $table := .Table}}
{{- range .Columns}}
comment on column {{$table}}.{{.Name}} is {{.Comment}};
{{- end}}

-- As the tables of eventdrop: the loader loads, the reader reads, and the owner's role owns.
do $$
declare
    t text := {{.TableLiteral}};
begin
    if exists (select from pg_roles where rolname = 'eventdrop_loader') then
        execute format('grant select, insert, update on %I to eventdrop_loader', t);
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_reader') then
        execute format('grant select on %I to eventdrop_reader', t);
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_owner') then
        begin
            execute format('alter table %I owner to eventdrop_owner', t);
        exception
            when insufficient_privilege then raise notice 'the table stays with %: it may not give it to eventdrop_owner', current_user;
        end;
    end if;
end $$;

commit;
