package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakePostgres makes a folder whose programs only tell a version.
func fakePostgres(t *testing.T, answer string) (dir string) {
	t.Helper()
	dir = openTempDir(t)
	script := fmt.Sprintf("#!/bin/sh\necho '%s'\n", answer)
	for _, program := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheFirstFittingPostgresIsChosen(t *testing.T) {
	t.Parallel()
	pg13 := fakePostgres(t, "postgres (PostgreSQL) 13.14")
	pg15 := fakePostgres(t, "postgres (PostgreSQL) 15.19 (Debian 15.19-0+deb12u1)")
	pg17 := fakePostgres(t, "postgres (PostgreSQL) 17beta2")
	odd := fakePostgres(t, "something else")
	fetched := fakePostgres(t, "postgres (PostgreSQL) 18.3")
	all := []string{odd, pg13, pg15, pg17}
	tests := map[string]struct {
		folders []string
		major   int
		want    string
	}{
		"the first that is new enough":           {all, 0, pg15},
		"the one that wrote the data":            {all, 17, pg17},
		"an old one that wrote the data":         {all, 13, pg13},
		"the download where all are too old":     {[]string{pg13}, 0, fetched},
		"the download where there is none":       {nil, 0, fetched},
		"the download where it wrote the data":   {all, 18, fetched},
		"none where nothing else wrote the data": {all, 16, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			search := postgresSearch{owner: testAccount(t), folders: test.folders, fetched: 18}
			search.fetch = func(context.Context) (string, error) { return fetched, nil }
			found, err := search.find(t.Context(), test.major)
			if found.dir != test.want || (err == nil) != (test.want != "") {
				t.Errorf("found %v, %v, want %q", found, err, test.want)
			}
		})
	}
}

func TestTheErrorTellsTheWaysToProvidePostgres(t *testing.T) {
	t.Parallel()
	search := postgresSearch{owner: testAccount(t), folders: []string{fakePostgres(t, "postgres (PostgreSQL) 9.6.1")}}
	search.fetch = func(ctx context.Context) (string, error) {
		return fetchPostgres(ctx, cache{dir: t.TempDir()}, "http://127.0.0.1:1")
	}
	_, err := search.find(t.Context(), 0)
	if err == nil {
		t.Fatal("found one")
	}
	for _, want := range []string{"PostgreSQL 9 (", "unable to connect", "EVENTDROP_DATABASE_URL", "install PostgreSQL", "Maven Central"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

func TestTheErrorOnAnotherVersionNamesAll(t *testing.T) {
	t.Parallel()
	search := postgresSearch{owner: testAccount(t), folders: []string{fakePostgres(t, "postgres (PostgreSQL) 15.2")}, fetched: 18}
	search.fetch = func(context.Context) (string, error) { return "", errors.New("must not be asked") }
	_, err := search.find(t.Context(), 16)
	if err == nil || !strings.Contains(err.Error(), "written by PostgreSQL 16") || !strings.Contains(err.Error(), "PostgreSQL 15 (") {
		t.Errorf("error is %v", err)
	}
}

func TestUsualFoldersAreSearchedNewestFirst(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, version := range []string{"9.6", "16", "14"} {
		if err := os.MkdirAll(filepath.Join(root, version), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	found := []string{"/pg/9.6/bin", "/pg/14/bin", "/pg/16/bin", "/pg/bin"}
	slices.SortFunc(found, newestFirst)
	if want := []string{"/pg/16/bin", "/pg/14/bin", "/pg/9.6/bin", "/pg/bin"}; !slices.Equal(found, want) {
		t.Errorf("order is %q, want %q", found, want)
	}
}

func TestFoldersWithoutBothProgramsAreNoPostgres(t *testing.T) {
	t.Parallel()
	dir := fakePostgres(t, "postgres (PostgreSQL) 15.2")
	if found := installedPostgres(t.Context(), []string{dir}); !slices.Contains(found, dir) {
		t.Errorf("found %q without %q", found, dir)
	}
	if err := os.Remove(filepath.Join(dir, "initdb")); err != nil {
		t.Fatal(err)
	}
	if found := installedPostgres(t.Context(), []string{dir}); slices.Contains(found, dir) {
		t.Errorf("found %q with %q, which lacks initdb", found, dir)
	}
}
