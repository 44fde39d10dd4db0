package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// dataName is the folder of the data within that of a server.
const dataName = "data"

func (p *Postgres) data() string { return p.folder.file(dataName) }

// initialize makes the data folder and the password. The folder appears by a rename, so an
// interrupted run leaves none.
func (p *Postgres) initialize(ctx context.Context, c cache) error {
	unfinished := p.folder.file(dataName + ".unfinished")
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	fill := p.fillFromTemplate
	if p.options.Durable {
		fill = p.fillAnew
	}
	if err := fill(ctx, c, unfinished); err != nil {
		return fmt.Errorf("initialize the data: %w", err)
	}
	return os.Rename(unfinished, p.data())
}

func (p *Postgres) fillAnew(ctx context.Context, _ cache, data string) error {
	if _, err := p.folder.password(); err != nil {
		return err
	}
	return p.initdb(ctx, p.folder.path, data)
}

// fillFromTemplate copies data that were initialized once, with their password: that takes a
// tenth of the second that initdb takes, of which each test package would need one.
func (p *Postgres) fillFromTemplate(ctx context.Context, c cache, data string) error {
	template, err := p.template(ctx, c)
	if err != nil {
		return err
	}
	for from, to := range map[string]string{passwordName: p.folder.file(passwordName), dataName: data} {
		if _, err := p.folder.owner.run(ctx, p.folder.path, "cp", "-R", filepath.Join(template, from), to); err != nil {
			return err
		}
	}
	return nil
}

// template returns a folder of the cache with initialized data and their password.
func (p *Postgres) template(ctx context.Context, c cache) (string, error) {
	owner := p.folder.owner
	name := fmt.Sprintf("data-%d%s-%d", p.binaries.major, strings.ReplaceAll(p.binaries.dir, "/", "-"), owner.id())
	return c.once(ctx, name, func(ctx context.Context, path string) error {
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		if err := owner.own(path); err != nil {
			return err
		}
		if _, err := makePassword(filepath.Join(path, passwordName), owner); err != nil {
			return err
		}
		return p.initdb(ctx, path, filepath.Join(path, dataName))
	})
}

// initdb initializes the data folder, with the password that is in folder dir.
func (p *Postgres) initdb(ctx context.Context, dir, data string) error {
	arguments := []string{
		"--pgdata=" + data, "--username=" + postgresUser, "--pwfile=" + filepath.Join(dir, passwordName),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
	}
	if !p.options.Durable {
		arguments = append(arguments, "--no-sync")
	}
	_, err := p.folder.owner.run(ctx, dir, p.program("initdb"), arguments...)
	return err
}

// dataMajor returns the major version that wrote a data folder, 0 where there are no data yet.
func dataMajor(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION")) //nolint:gosec // our own folder
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the data: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read the version of the data in %s: %w", data, err)
	}
	return major, nil
}
