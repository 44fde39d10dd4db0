package lambdahost_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/lambdahost/runtimeapi"
)

// function is a function's binary in an environment of its own.
type function struct {
	*exec.Cmd

	t    testing.TB
	api  *runtimeapi.API
	logs *safeBuffer
}

// long is time enough for anything that a test loads.
const long = 2 * time.Minute

// start runs a function with the settings of a world; others win over them.
func start(tb testing.TB, w *world.World, name string, settings ...string) *function {
	tb.Helper()
	f := &function{t: tb, api: newRuntimeAPI(tb), logs: &safeBuffer{}}
	f.Cmd = exec.CommandContext(tb.Context(), binary(tb, name))
	f.Env = append(w.Environ(), "AWS_LAMBDA_RUNTIME_API="+f.api.Host(), "AWS_LAMBDA_FUNCTION_NAME=under-test",
		"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=of the role", "AWS_SESSION_TOKEN=of the role",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "EVENTDROP_RECONCILE_AGE=0s")
	f.Env = append(f.Env, settings...)
	f.Stdout, f.Stderr = f.logs, f.logs
	if err := f.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = f.Process.Kill() // it may have ended
		_ = f.Wait()
	})
	return f
}

// begin invokes the function and returns at once.
func (f *function) begin(event string, limit time.Duration) {
	f.t.Helper()
	select {
	case f.api.Invocations <- runtimeapi.Invocation{Event: event, Time: limit}:
	case <-time.After(long):
		f.t.Fatalf("the function takes no event:\n%s", f.logs)
	}
}

// end waits for the answer.
func (f *function) end() runtimeapi.Answer {
	f.t.Helper()
	select {
	case a := <-f.api.Answers:
		return a
	case <-time.After(long):
		f.t.Fatalf("the function does not answer:\n%s", f.logs)
	}
	return runtimeapi.Answer{}
}

func (f *function) invoke(event string) runtimeapi.Answer {
	f.t.Helper()
	f.begin(event, long)
	return f.end()
}

// accepts invokes the function and wants exactly this answer.
func (f *function) accepts(event, want string) {
	f.t.Helper()
	if a := f.invoke(event); a.Failed || a.Body != want {
		f.t.Fatalf("got %+v, want %s\n%s", a, want, f.logs)
	}
}

// refuses invokes the function and wants an error of a type, whose message has a part.
func (f *function) refuses(event, errorType, part string) {
	f.t.Helper()
	a := f.invoke(event)
	var reported struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal([]byte(a.Body), &reported); err != nil || !a.Failed || reported.Type != errorType || !strings.Contains(reported.Message, part) {
		f.t.Fatalf("got %+v, want a %s with %q\n%s", a, errorType, part, f.logs)
	}
}

func (f *function) signal(s syscall.Signal) {
	f.t.Helper()
	if err := f.Process.Signal(s); err != nil {
		f.t.Fatal(err)
	}
}

// safeBuffer is a buffer that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
