package mutants

import (
	"errors"
	"testing"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	const begun, failed, passed = "=== RUN   TestT\n", "--- FAIL: TestT (0.01s)\n", "--- PASS: TestT (0.01s)\n"
	exit := errors.New("exit status 1")
	for _, test := range []struct {
		name, output string
		failed       error
		want         Verdict
	}{
		{"the test fails", begun + "    a_test.go:7: two rows, want one\n" + failed + "FAIL\n", exit, Killed},
		{"a part of the test fails", begun + "=== RUN   TestT/part\n" + failed + "    --- FAIL: TestT/part (0.00s)\nFAIL\n", exit, Killed},
		{"the test passes", begun + passed + "PASS\nok\n", nil, Survived},
		{"the test passes, and the process fails", begun + passed + "stop MinIO: oh\nFAIL\n", exit, Unclear},
		{"the test is left out", begun + "--- SKIP: TestT (0.00s)\nPASS\n", nil, Survived},
		{"another test fails", begun + passed + "=== RUN   TestT2\n--- FAIL: TestT2 (0.01s)\nFAIL\n", exit, Unclear},
		{"there is no such test", "testing: warning: no tests to run\nPASS\n", nil, NotRun},
		{"there is one of a longer name", "=== RUN   TestT2\n--- FAIL: TestT2 (0.01s)\nFAIL\n", exit, NotRun},
		{"it does not compile", "# a\n./a.go:1:1: oh\nFAIL\ta [build failed]\n", exit, NotBuilt},
		{"its imports are not found", "FAIL\ta [setup failed]\n", exit, NotBuilt},
		{"it hangs", begun + "panic: test timed out after 3m0s\n" + failed, exit, Hung},
		{"it panics", begun + failed + "panic: oh [recovered]\n", exit, Killed},
		{"the process ends", begun + "signal: killed\nFAIL\ta\n", exit, Unclear},
		{"no PostgreSQL", begun + "    a_test.go:7: start PostgreSQL for the tests: no space left on device\n" + failed + "FAIL\n", exit, Unclear},
		{
			"no MinIO", begun + "    a_test.go:7: start MinIO: make a folder for minio: mkdir /tmp/eventdrop-minio-1: no space left on device\n" + failed + "FAIL\n",
			exit, Unclear,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := verdict(test.output, "TestT", test.failed); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
