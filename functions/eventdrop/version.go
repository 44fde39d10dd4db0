package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"eventdrop/functions/internal/wiring"
)

type versionCmd struct{}

type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run shows what the build knows of itself.
func (versionCmd) Run(a *app) error {
	v := builtAs()
	return a.print(v, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "eventdrop %s %s %s %s\n", v.Version, v.Revision, v.Go, v.Platform)
		return err
	})
}

func builtAs() versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	return v
}

type helpSettingsCmd struct{}

// Run lists all settings.
func (helpSettingsCmd) Run(a *app) error { return wiring.WriteSettings(a.stdout) }
