package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"eventdrop/functions/internal/wiring"
	"eventdrop/infra/embedded"
)

type upCmd struct {
	Dir          string `type:"path" help:"Folder that keeps the data; by default one in the user's cache."`
	PostgresPort int    `default:"15432" help:"Port of PostgreSQL on 127.0.0.1; 0: any free one."`
	MinioPort    int    `default:"19000" help:"Port of MinIO on 127.0.0.1; 0: any free one."`
}

// Run starts the servers and the runner, says how to reach them, and serves until Ctrl-C or the end of a server.
func (c *upCmd) Run(a *app) error {
	cfg, err := wiring.Read(0)
	if err != nil {
		return err
	}
	if c.Dir == "" {
		if c.Dir, err = dataDir(); err != nil {
			return err
		}
	}
	s, err := startStack(a.ctx, stackOptions{
		dir: c.Dir, durable: true, postgresPort: c.PostgresPort, minioPort: c.MinioPort, listen: cfg.Listen,
		config: cfg, progress: a.stderr, logTo: a.stderr,
	})
	if err != nil {
		return err
	}
	return errors.Join(c.serve(a, s), s.stop(a.ctx))
}

// dataDir makes the folder of the data where --dir names none.
func dataDir() (string, error) {
	cache, err := embedded.CacheDir()
	dir := filepath.Join(cache, "up")
	if err == nil {
		err = os.MkdirAll(dir, 0o755) //nolint:gosec // the servers' user must enter it; what is private lies deeper
	}
	if err != nil {
		return "", fmt.Errorf("make a folder for the data: %w; or name one with --dir", err)
	}
	return dir, nil
}

func (c *upCmd) serve(a *app, s *stack) error {
	stopProfiles, err := serveProfiles(a.ctx, s.parts.Config.Profile, s.log)
	if err != nil {
		return err
	}
	defer stopProfiles()
	if err := a.print(s.endpoints(c.Dir), s.endpoints(c.Dir).write); err != nil {
		return err
	}
	return s.run(a.ctx, nil)
}

// endpointsView says how to reach the parts of a stack. The credentials are those of servers that only
// listen on this machine.
type endpointsView struct {
	Data         string            `json:"data"`
	Psql         string            `json:"psql"`
	NoticesURL   string            `json:"notices_url"`
	NoNotices    string            `json:"no_notices,omitempty"` // how objects are found where no notices announce them
	MetricsURL   string            `json:"metrics_url"`
	Settings     map[string]string `json:"settings"`
	settingNames []string
}

func (s *stack) endpoints(dir string) *endpointsView {
	cfg := s.parts.Config
	v := &endpointsView{
		Data: dir, Psql: s.psql(), NoticesURL: s.url("/notices"), MetricsURL: s.url("/metrics"), Settings: map[string]string{},
	}
	if s.minio == nil {
		v.NoNotices = noNotices
	}
	for _, setting := range [][2]string{
		{"EVENTDROP_DATABASE_URL", s.owner},
		{"EVENTDROP_S3_ENDPOINT", cfg.S3Endpoint},
		{"EVENTDROP_S3_REGION", cfg.S3Region},
		{"EVENTDROP_S3_ACCESS_KEY", cfg.S3AccessKey},
		{"EVENTDROP_S3_SECRET_KEY", cfg.S3SecretKey},
		{"EVENTDROP_S3_BUCKET", cfg.S3Bucket},
	} {
		v.Settings[setting[0]] = setting[1]
		v.settingNames = append(v.settingNames, setting[0])
	}
	return v
}

func (v *endpointsView) write(w io.Writer) error {
	fmt.Fprintf(w, "\nDrop CSV objects into the bucket; their rows appear in the table events.\n\n")
	fmt.Fprintf(w, "Look:    %s\n", v.Psql)
	fmt.Fprintf(w, "Metrics: %s\n", v.MetricsURL)
	fmt.Fprintf(w, "Data:    %s\n\n", v.Data)
	if v.NoNotices != "" {
		fmt.Fprintf(w, "Note:    %s.\n         The user guide tells how to run `eventdrop serve` with notices.\n\n", v.NoNotices)
	}
	fmt.Fprintf(w, "For other commands, in another terminal:\n")
	for _, name := range v.settingNames {
		fmt.Fprintf(w, "  export %s='%s'\n", name, v.Settings[name])
	}
	_, err := fmt.Fprintf(w, "Then, for instance:  go run ./generator --objects 100\n\nCtrl-C stops everything; the data stay.\n")
	return err
}
