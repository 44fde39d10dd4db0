package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"eventdrop/functions/internal/contract/propose"
	"eventdrop/functions/internal/dropzone"
)

type contractNewCmd struct {
	Sample string `arg:"" name:"file" help:"A file of the kind, also compressed."`
	Rows   int    `default:"10000" help:"How many records to look at, at most 100000."`
	Write  string `short:"w" placeholder:"FILE" help:"Write the contract to this file, which must not exist yet; else to stdout."`
}

type contractNewView struct {
	Contract string `json:"contract"` // as YAML
	Records  int    `json:"records"`
	Rejected int    `json:"rejected"`
}

// Run proposes a contract and tries it on the sample.
func (c *contractNewCmd) Run(a *app) error {
	if c.Rows < 1 || c.Rows > propose.MostRows {
		return fmt.Errorf("%w: --rows=%d: want 1 to %d", errUsage, c.Rows, propose.MostRows)
	}
	proposal, rejected, err := c.propose()
	if err != nil {
		return err
	}
	if c.Write != "" {
		if err := writeNew(c.Write, proposal.YAML); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stderr, "the proposal loads %d of the sample's first %s\n", proposal.Records-rejected, plural(proposal.Records, "record"))
	view := contractNewView{Contract: string(proposal.YAML), Records: proposal.Records, Rejected: rejected}
	return a.print(view, func(w io.Writer) error {
		if c.Write != "" {
			return nil
		}
		_, err := w.Write(proposal.YAML)
		return err
	})
}

// writeNew never overwrites what somebody may have worked on.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a contract is no secret
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists: choose another name, or remove it first", path)
	}
	if err != nil {
		return fmt.Errorf("write the contract: %w", err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write the contract: %w", err)
	}
	return nil
}

// propose reads the sample twice: to guess, and to see how the guess does.
func (c *contractNewCmd) propose() (p propose.Proposal, rejected int, err error) {
	err = c.read(func(file *os.File) error {
		p, err = propose.Sample(file, filepath.Base(c.Sample), c.Rows)
		return explainSample(err)
	})
	if err != nil {
		return p, 0, err
	}
	err = c.read(func(file *os.File) error {
		rejected, err = p.Try(file)
		return explainSample(err)
	})
	return p, rejected, err
}

func (c *contractNewCmd) read(with func(*os.File) error) error {
	file, err := os.Open(c.Sample)
	if err != nil {
		return fmt.Errorf("read the sample: %w", err)
	}
	defer file.Close()
	return with(file)
}

// explainSample gives the next step, where the file is no CSV.
func explainSample(err error) error {
	if unreadable, ok := errors.AsType[*dropzone.UnreadableError](err); ok {
		return fmt.Errorf("the sample cannot be read: %s: %s", unreadable.Reason, unreadable.Hint)
	}
	return err
}
