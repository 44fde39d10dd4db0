package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// startMaven serves one archive under every name, and its checksum beside it.
func startMaven(t *testing.T, archive []byte, checksum string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := archive
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			answer = []byte(checksum)
		}
		if _, err := w.Write(answer); err != nil {
			t.Errorf("serve %s: %v", r.URL.Path, err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func readArchive(t *testing.T) (archive []byte, checksum string) {
	t.Helper()
	archive, err := os.ReadFile(filepath.Join("testdata", "postgres.jar"))
	if err != nil {
		t.Fatal(err)
	}
	return archive, sha256Hex(string(archive))
}

func TestFetchUnpacksAndRunsNothing(t *testing.T) {
	t.Parallel()
	archive, checksum := readArchive(t)
	c := cache{dir: openTempDir(t)}
	bin, err := fetchPostgres(t.Context(), c, startMaven(t, archive, checksum))
	if err != nil {
		t.Fatal(err)
	}
	programs, err := filepath.Glob(filepath.Join(bin, "*"))
	if err != nil || len(programs) != 3 {
		t.Errorf("the folder has %q, want the three programs and no sign that one was run (%v)", programs, err)
	}
	if _, err := os.Stat(filepath.Join(bin, "..", "lib", "libpq.so")); err != nil {
		t.Errorf("the library behind the link: %v", err)
	}
	owner := testAccount(t)
	if found, err := inspectPostgres(t.Context(), owner, bin); err != nil || found.major != fetchedMajor() {
		t.Errorf("%s got %v, %v", owner, found, err)
	}
	if again, err := fetchPostgres(t.Context(), c, "http://127.0.0.1:1"); again != bin || err != nil {
		t.Errorf("the second time: %s, %v, want it from the cache", again, err)
	}
}

func TestAFailedFetchLeavesNothing(t *testing.T) {
	t.Parallel()
	archive, _ := readArchive(t)
	tests := map[string]struct{ repository, want string }{
		"unreachable":    {"http://127.0.0.1:1", "unable to connect"},
		"wrong checksum": {startMaven(t, archive, strings.Repeat("0", 64)), "checksums do not match"},
		"cut off":        {startMaven(t, archive[:100], ""), "checksums do not match"},
		"no archive":     {startMaven(t, []byte("<html>"), sha256Hex("<html>")), "error fetching postgres"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, err := fetchPostgres(t.Context(), cache{dir: dir}, test.repository)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
			left, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(left) != 1 || filepath.Ext(left[0]) != ".lock" {
				t.Errorf("%q was left behind, want the lock only (%v)", left, err)
			}
		})
	}
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func testAccount(t *testing.T) account {
	t.Helper()
	owner, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	return owner
}
