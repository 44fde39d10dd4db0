package wiring

import (
	"slices"
	"strings"
	"testing"

	"github.com/kelseyhightower/envconfig"
)

// A setting whose name is not known is refused, so the names must be those that envconfig reads.
func TestTheNamesOfSettingsAreThoseThatAreRead(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := envconfig.Usagef(prefix, &Config{}, &b, "{{range .}}{{usage_key .}}\n{{end}}"); err != nil {
		t.Fatal(err)
	}
	if want, got := strings.Fields(b.String()), settingNames(); !slices.Equal(got, want) || len(got) < 20 {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
