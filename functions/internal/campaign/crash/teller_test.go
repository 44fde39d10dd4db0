package crash

import "testing"

// teller says in each failure what was being done.
type teller struct {
	testing.TB
	doing  string
	failed bool
}

func (t *teller) Errorf(format string, args ...any) {
	t.Helper()
	t.failed = true
	t.TB.Errorf("%s: "+format, append([]any{t.doing}, args...)...)
}

func (t *teller) Fatalf(format string, args ...any) {
	t.Helper()
	t.failed = true
	t.TB.Fatalf("%s: "+format, append([]any{t.doing}, args...)...)
}

func (t *teller) Fatal(args ...any) {
	t.Helper()
	t.failed = true
	t.TB.Fatal(append([]any{t.doing + ":"}, args...)...)
}

// Failed is of this scene alone.
func (t *teller) Failed() bool { return t.failed }
