package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// A profile of serve can be read where the settings say so, on a mux of its own: the receiver of notices has none.
func TestProfilesAreServedOnThisMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.start("-s", "profile=127.0.0.1:0", "serve")
	profile := p.await(t, `msg=profiles url=(\S+)`)[1]
	notices := p.await(t, `notices=(\S+)/notices`)[1]
	for _, test := range []struct {
		url, part string
		status    int
	}{
		{profile, "goroutine", http.StatusOK},
		{profile + "goroutine?debug=1", "goroutine profile: total", http.StatusOK},
		{profile + "heap?debug=1", "heap profile", http.StatusOK},
		{profile + "profile?seconds=1", "", http.StatusOK},
		{profile + "cmdline", "Unknown profile", http.StatusNotFound}, // it may hold a password
		{notices + "/debug/pprof/", "", http.StatusNotFound},
	} {
		if status, body := fetch(t, test.url); status != test.status || !strings.Contains(body, test.part) {
			t.Errorf("%s: %d %.200s", test.url, status, body)
		}
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("serve after SIGTERM: %v", err)
	}
}

func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestUnlessTheyAreAskedForThereAreNoProfiles(t *testing.T) {
	t.Parallel()
	stop, err := serveProfiles(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	stop()
}

func TestProfilesAreForNobodyOnAnotherMachine(t *testing.T) {
	for _, address := range []string{"0.0.0.0:6060", ":6060", "[::]:6060", "198.51.100.7:6060", "[2001:db8::7]:6060", "shop.example:6060", "127.0.0.1", "6060"} {
		t.Run(address, func(t *testing.T) {
			t.Setenv("EVENTDROP_PROFILE", address)
			for _, name := range []string{"serve", "up"} {
				code, _, stderr := command(t, name)
				if want := fmt.Sprintf("EVENTDROP_PROFILE=%q: want a loopback address", address); code != exitUsage || !strings.Contains(stderr, want) {
					t.Errorf("%s: exit %d\n%s", name, code, stderr)
				}
			}
		})
	}
}
