package propose

import (
	"io"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// Try cleans the records that the proposal was made from, and counts the rejects: the damaged ones, if the
// guesses are any good.
func (p Proposal) Try(sample io.Reader) (rejected int, err error) {
	c, err := contract.Parse("the proposal", p.YAML)
	if err != nil {
		return 0, err
	}
	cleaner, err := clean.Compile(c)
	if err != nil {
		return 0, err
	}
	records, err := csvfile.NewReader(sample, csvfile.Options{Known: cleaner.Known, FinalNewlineOptional: c.FinalNewline == "optional"})
	if err != nil {
		return 0, err
	}
	rows, err := cleaner.Rows(dropzone.Object{}, records, 0)
	if err != nil {
		return 0, err
	}
	for range p.Records {
		_, reject, err := rows.Next()
		if err != nil {
			return rejected, err
		}
		if reject != nil {
			rejected++
		}
	}
	return rejected, nil
}
