package warehouse

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/pgtest"
)

// newOwner is a warehouse with the rights of the schema's owner.
func newOwner(t *testing.T) *harness {
	t.Helper()
	db := pgtest.New(t)
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	w, err := Open(t.Context(), Config{URL: db.URL, Schema: db.Schema, MaxConns: 1}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return &harness{Warehouse: w, t: t, db: db}
}

// newRole names a role, and drops it when the test ends.
func (h *harness) newRole(kind string) string {
	h.t.Helper()
	name := kind + " of " + h.db.Schema[:12] // names are to be quoted
	h.t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), h.db.URL)
		if err != nil {
			h.t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), "drop role if exists "+pgx.Identifier{name}.Sanitize()); err != nil {
			h.t.Error(err)
		}
	})
	return name
}

// makes wants exactly this to be done.
func (h *harness) makes(l Loader, want ...string) {
	h.t.Helper()
	if done, err := h.EnsureLogin(h.t.Context(), l); err != nil || done == nil || !slices.Equal(done, want) {
		h.t.Errorf("done %q, %v\nwant %q", done, err, want)
	}
}

// as is the address of the database for a user.
func (h *harness) as(user, password string) string {
	h.t.Helper()
	u, err := url.Parse(h.db.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

func TestALoginIsMadeOnceAndThenKeptUpToDate(t *testing.T) {
	t.Parallel()
	h := newOwner(t)
	l := Loader{Name: h.newRole("app"), Password: uuid.NewString(), Connections: 7}
	h.makes(l, "created", "granted eventdrop_loader", "connection limit set", "password set")
	h.makes(l)
	w, err := Open(t.Context(), Config{URL: h.as(l.Name, l.Password), Schema: h.db.Schema, MaxConns: 1}, h.contract)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.CheckPrivileges(t.Context()); err != nil {
		t.Error(err)
	}
	l.Password, l.Connections = uuid.NewString(), 3
	h.makes(l, "connection limit set", "password set")
	l.Connections = 0
	h.makes(l)
	h.expect("3", "select rolconnlimit from pg_roles where rolname = $1", l.Name)
	h.exec("revoke eventdrop_loader from " + pgx.Identifier{l.Name}.Sanitize())
	h.makes(l, "granted eventdrop_loader")
}

// rds_iam is the role by which RDS knows who logs in with a token; here it is a role like any other.
func TestALoginChangesBetweenPasswordAndToken(t *testing.T) {
	t.Parallel()
	h := newOwner(t)
	l := Loader{Name: h.newRole("token")}
	if _, err := h.EnsureLogin(t.Context(), l); err == nil || !strings.Contains(err.Error(), "EVENTDROP_LOADER_SECRET instead") {
		t.Errorf("without rds_iam: %v", err)
	}
	h.exec("create role rds_iam")
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), h.db.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), "drop role rds_iam"); err != nil {
			t.Error(err)
		}
	})
	h.makes(l, "created", "granted eventdrop_loader", "granted rds_iam")
	h.makes(l)
	h.expect("null", "select rolpassword from pg_authid where rolname = $1", l.Name)
	l.Password = uuid.NewString()
	h.makes(l, "revoked rds_iam", "password set")
	h.makes(l)
	h.makes(Loader{Name: l.Name}, "granted rds_iam")
}

// A user that is for something else keeps its rights, its password and its limit.
func TestAUserThatIsForSomethingElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newOwner(t)
	owner, err := url.Parse(h.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, role, attributes, want string }{
		{"the owner", owner.User.Username(), "", "superuser or may create roles"},
		{"a superuser", h.newRole("super"), "superuser login", "superuser or may create roles"},
		{"one that may create roles", h.newRole("roles"), "createrole login", "superuser or may create roles"},
		{"one with the owner's rights", h.newRole("owner"), "login in role eventdrop_owner", "has its owner's rights"},
		{"a group", h.newRole("group"), "nologin", "may not log in"},
		{"our own group", "eventdrop_loader", "", "may not log in"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := &harness{Warehouse: h.Warehouse, t: t, db: h.db}
			if test.attributes != "" {
				h.exec("create role " + pgx.Identifier{test.role}.Sanitize() + " " + test.attributes)
			}
			const all = "select to_jsonb(a) from pg_authid a where rolname = $1"
			before := h.value(all, test.role)
			done, err := h.EnsureLogin(t.Context(), Loader{Name: test.role, Password: "canary", Connections: 3})
			if err == nil || done != nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.role) {
				t.Errorf("done %q, %v", done, err)
			}
			h.expect(before, all, test.role)
		})
	}
}

// A user that has expired is not helped by its password.
func TestALoginThatStaysRefusedIsTold(t *testing.T) {
	t.Parallel()
	h := newOwner(t)
	l := Loader{Name: h.newRole("late"), Password: "canary"}
	h.exec("create role " + pgx.Identifier{l.Name}.Sanitize() + " login valid until '2001-01-01'")
	if _, err := h.EnsureLogin(t.Context(), l); err == nil || !strings.Contains(err.Error(), "valid until") || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}

// An owner that may not make users is told what it lacks; where nothing is to be done, it needs nothing.
func TestAnOwnerThatMayNotCreateRoles(t *testing.T) {
	t.Parallel()
	h := newOwner(t)
	plain := h.newRole("plain")
	h.exec("create role " + pgx.Identifier{plain}.Sanitize() + " login password 'plain'")
	c := h.contract
	w, err := Open(t.Context(), Config{URL: h.as(plain, "plain"), Schema: h.db.Schema, MaxConns: 1}, c)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	l := Loader{Name: h.newRole("app"), Password: "canary", Connections: 7}
	if _, err := w.EnsureLogin(t.Context(), l); err == nil || !strings.Contains(err.Error(), "let it create roles") || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
	h.makes(l, "created", "granted eventdrop_loader", "connection limit set", "password set")
	if done, err := w.EnsureLogin(t.Context(), l); err != nil || len(done) != 0 {
		t.Errorf("nothing to do: %q, %v", done, err)
	}
}

func TestLoginsAndTablesMadeAtTheSameTimeDoNoHarm(t *testing.T) {
	t.Parallel()
	h := newOwner(t)
	c, err := contract.Embedded("original_pipeline")
	if err != nil {
		t.Fatal(err)
	}
	l := Loader{Name: h.newRole("app"), Password: uuid.NewString()}
	var mu sync.Mutex
	var wg sync.WaitGroup
	start, users, tables := make(chan struct{}), 0, 0
	for range 6 {
		w, err := Open(t.Context(), Config{URL: h.db.URL, Schema: h.db.Schema, MaxConns: 1}, c)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		wg.Go(func() {
			<-start
			created, err := w.EnsureTable(t.Context())
			if err != nil {
				t.Error(err)
			}
			done, err := w.EnsureLogin(t.Context(), l)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if created {
				tables++
			}
			if slices.Contains(done, "created") {
				users++
			}
		})
	}
	close(start)
	wg.Wait()
	if users != 1 || tables != 1 {
		t.Errorf("%d users and %d tables were created", users, tables)
	}
}
