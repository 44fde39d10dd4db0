package contract

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	_ "time/tzdata" // a contract may name a zone, and a Lambda or a scratch image has no zone files
)

//go:embed ecommerce_events.yaml original_pipeline.yaml
var embedded embed.FS

// Default returns the built-in contract that is used where none is named.
func Default() (*Contract, error) { return Embedded("ecommerce_events") }

// Embedded returns a built-in contract by its name; the error is [ErrNotEmbedded] where there is none.
func Embedded(name string) (*Contract, error) {
	file := name + ".yaml"
	text, err := embedded.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, fmt.Errorf("%q: %w", name, ErrNotEmbedded)
	}
	if err != nil {
		return nil, err
	}
	c, err := Parse(file, text)
	if err != nil {
		return nil, err
	}
	c.builtIn = true
	return c, nil
}

// ErrNotEmbedded says that no built-in contract has a name.
var ErrNotEmbedded = errors.New("no built-in contract has this name")

// EmbeddedNames returns the names of the built-in contracts.
func EmbeddedNames() []string { return []string{"ecommerce_events", "original_pipeline"} }
