package warehouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Loader is the user of PostgreSQL that loads.
type Loader struct {
	Name string
	// Password is what it logs in with; empty: tokens of RDS IAM authentication.
	Password string
	// Connections is how many it may have at a time; 0: whatever is set already.
	Connections int32
}

// loaderState is what the server knows of a Loader.
type loaderState struct {
	There                bool
	Mighty               bool // it is a superuser, or may create roles
	Owns                 bool // it is the schema's owner or has the owner's rights
	LogsIn               bool
	Connections          int32 // -1: no limit
	LoadersThere, Loads  bool  // the role eventdrop_loader, and whether it has its rights
	TokensThere, ByToken bool  // the same of rds_iam
}

// EnsureLogin makes the user that loads, or brings it up to date: its rights, how it logs in, its password, the limit of its
// connections. It returns what was done, in a few words each. The warehouse's own user must be one that may create roles.
//
// The server never gets to see the password itself, so no log of its statements does. Whether the password is right is tried by
// logging in: only superusers may look at what the server keeps of it.
func (w *Warehouse) EnsureLogin(ctx context.Context, l Loader) (done []string, err error) {
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin to make user %s: %w", l.Name, err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	state, err := w.lockLoader(ctx, tx, l.Name)
	if err == nil {
		err = state.refuse(l, w.schema)
	}
	if err != nil {
		return nil, err
	}
	steps, err := w.loaderSteps(ctx, l, state)
	if err != nil {
		return nil, err
	}
	done = []string{}
	for _, step := range steps {
		if _, err := tx.Exec(ctx, step.sql); err != nil {
			return nil, explainMaking(l.Name, err)
		}
		done = append(done, step.word)
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, fmt.Errorf("make user %s: %w", l.Name, err)
	}
	if l.Password != "" && len(done) > 0 {
		err = w.mustLogIn(ctx, l)
	}
	return done, err
}

// lockLoader keeps others from making the same user until the transaction ends.
func (w *Warehouse) lockLoader(ctx context.Context, tx pgx.Tx, name string) (s loaderState, err error) {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('eventdrop loader ' || $1, 0))", name); err != nil {
		return s, fmt.Errorf("wait for others that make user %s: %w", name, err)
	}
	rows, err := tx.Query(ctx, w.queries["loader"], name, w.schema)
	if err == nil {
		s, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[loaderState])
	}
	if err != nil {
		return s, fmt.Errorf("look at user %s: %w", name, err)
	}
	return s, nil
}

// refuse keeps hands off a user that is for something else.
func (s loaderState) refuse(l Loader, schema string) error {
	switch {
	case s.Mighty:
		return fmt.Errorf("user %s is a superuser or may create roles, and a loader must not: name another user for loading, who need not exist yet", l.Name)
	case s.Owns:
		return fmt.Errorf("user %s owns the schema %s or has its owner's rights, and a loader must not: name another user for loading, who need not exist yet", l.Name, schema)
	case s.There && !s.LogsIn:
		return fmt.Errorf("role %s may not log in: name another user for loading, or allow it: alter role %s login", l.Name, pgx.Identifier{l.Name}.Sanitize())
	case !s.LoadersThere:
		return errors.New("the server has no role eventdrop_loader, because the user that migrated may not create roles: make it, and grant it what 00003, 00005, 00006 and 00007 in sql/migrations grant")
	case l.Password == "" && !s.TokensThere:
		return errors.New("the server has no role rds_iam, so it takes no tokens of RDS IAM authentication: for a user with a password set EVENTDROP_LOADER_SECRET instead of EVENTDROP_LOADER_USER")
	}
	return nil
}

// step is one statement, and the word for what it does.
type step struct{ word, sql string }

func (w *Warehouse) loaderSteps(ctx context.Context, l Loader, s loaderState) (steps []step, err error) {
	user := pgx.Identifier{l.Name}.Sanitize()
	add := func(needed bool, word, sql string) {
		if needed {
			steps = append(steps, step{word, sql})
		}
	}
	byToken := l.Password == ""
	add(!s.There, "created", "create role "+user+" login")
	add(!s.Loads, "granted eventdrop_loader", "grant eventdrop_loader to "+user)
	add(byToken && !s.ByToken, "granted rds_iam", "grant rds_iam to "+user)
	add(!byToken && s.ByToken, "revoked rds_iam", "revoke rds_iam from "+user)
	add(l.Connections > 0 && l.Connections != s.Connections, "connection limit set", fmt.Sprintf("alter role %s connection limit %d", user, l.Connections))
	if byToken {
		return steps, nil
	}
	right := false
	if s.There && !s.ByToken {
		if right, err = w.logsIn(ctx, l); err != nil {
			return nil, err
		}
	}
	secret, err := newVerifier(l.Password)
	if err != nil {
		return nil, fmt.Errorf("make user %s: %w", l.Name, err)
	}
	add(!right, "password set", "alter role "+user+" password "+literal(secret))
	return steps, nil
}

// logsIn reports whether the server takes the user's password.
func (w *Warehouse) logsIn(ctx context.Context, l Loader) (bool, error) {
	err := w.tryLogin(ctx, l)
	if err == nil || refused(err) {
		return err == nil, nil
	}
	if sqlState(err) == tooMany {
		return false, fmt.Errorf("user %s has all the connections that it may have, so its password cannot be tried: run this again when one of them has ended", l.Name)
	}
	return false, fmt.Errorf("log in as user %s: %w", l.Name, err)
}

// mustLogIn finds what a right password does not help against.
func (w *Warehouse) mustLogIn(ctx context.Context, l Loader) error {
	ok, err := w.logsIn(ctx, l)
	if err == nil && !ok {
		err = fmt.Errorf("user %s has the password of the secret now, and PostgreSQL still refuses its login: look at pg_hba.conf, and whether the user has expired (valid until)", l.Name)
	}
	return err
}

func (w *Warehouse) tryLogin(ctx context.Context, l Loader) error {
	cc := w.pool.Config().ConnConfig.Copy()
	cc.User, cc.Password, cc.Tracer = l.Name, l.Password, nil
	delete(cc.RuntimeParams, "role")
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil {
		return err //nolint:wrapcheck // the callers do
	}
	_ = conn.Close(ctx) // it has served
	return nil
}

// explainMaking gives the next step. No error of PostgreSQL quotes the statement.
func explainMaking(name string, err error) error {
	if sqlState(err) != insufficient {
		return fmt.Errorf("make user %s: %w", name, err)
	}
	return fmt.Errorf("make user %s: the schema's owner may not (%w): let it create roles, and grant eventdrop_loader to it with admin option where another user made that role", name, err)
}
