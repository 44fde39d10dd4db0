// Package propose looks at a sample file and proposes a contract for files like it.
//
// Every guess is tested by the code that will clean the files (package clean), so that the proposal loads the
// sample; the comments of the proposal say what was seen and why it was taken for what. Start
// reading at [Sample].
package propose

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
)

// MostRows bounds how many records of a sample can be asked for: uniqueness is judged in memory.
const MostRows = 100_000

// Proposal is a contract in the making.
type Proposal struct {
	// YAML is the contract with its comments.
	YAML []byte
	// Records were looked at; Damaged ones among them were not understood, whatever the contract.
	Records, Damaged int
}

// Sample reads at most rows records and proposes a contract for them. file is the sample's name. It returns an
// *dropzone.UnreadableError for what is no CSV file, and other errors for a sample that tells nothing.
func Sample(src io.Reader, file string, rows int) (Proposal, error) {
	records, err := csvfile.NewReader(src, csvfile.Options{FinalNewlineOptional: true})
	if err != nil {
		return Proposal{}, err
	}
	s, err := newSurvey(records.Header(), records.Dialect().Delimiter)
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{}
	ended := false
	for p.Records < min(rows, MostRows) && !ended {
		record, err := records.Next()
		switch {
		case errors.Is(err, io.EOF):
			ended = true
		case err != nil:
			return Proposal{}, err
		case record.Damage != "":
			p.Records, p.Damaged = p.Records+1, p.Damaged+1
		default:
			p.Records++
			s.observe(record.Fields)
		}
	}
	if p.Records == p.Damaged {
		return Proposal{}, errors.New("the sample has no sound record below its header: there is nothing to guess from")
	}
	d := newDraft(s, file)
	d.records, d.damaged, d.dialect = p.Records, p.Damaged, records.Dialect()
	p.YAML = d.yaml()
	if _, err := contract.Parse("the proposal", p.YAML); err != nil {
		return p, fmt.Errorf("the proposal is no contract; this is a mistake of the program: %w", err)
	}
	return p, nil
}

// survey is what is known of all columns of the sample.
type survey struct {
	columns []*column
	twice   []string // headers that are spelled alike: no contract can tell them apart
	unnamed []string // headers without letters and digits
	probes  *probes
	budget  int // hashes that may still be remembered
}

// mostHashes bounds the memory for judging uniqueness, over all columns.
const mostHashes = 2_000_000

func newSurvey(header []string, delimiter string) (*survey, error) {
	if len(header) == 0 {
		return nil, errors.New("the sample is empty: there is nothing to guess from")
	}
	probes, err := newProbes(delimiter == ";")
	if err != nil {
		return nil, err
	}
	s := &survey{probes: probes, budget: mostHashes}
	count := map[string]int{}
	for _, name := range header {
		count[contract.Fold(name)]++
	}
	for field, name := range header {
		switch folded := contract.Fold(name); {
		case folded == "":
			s.unnamed = append(s.unnamed, name)
		case count[folded] > 1:
			s.twice = append(s.twice, name)
		default:
			s.columns = append(s.columns, newColumn(name, field, probes))
		}
	}
	if err := s.looksLikeData(header); err != nil {
		return nil, err
	}
	if len(s.columns) == 0 {
		return nil, errors.New("no column has a name of its own: a contract finds columns by their names; put a line with them first")
	}
	return s, nil
}

// looksLikeData refuses a file without a header: a contract finds columns by their names.
func (s *survey) looksLikeData(header []string) error {
	for _, name := range header {
		cell := []byte(strings.TrimSpace(name))
		_, number, _ := s.probes.decimal[0].Fits(cell)
		_, id, _ := s.probes.uuid.Fits(cell)
		if len(cell) > 0 && (number || id || len(s.probes.times(cell, nil)) > 0) {
			return fmt.Errorf("the first line does not look like a header: %q is a value, not a name; put a line with the names of the columns first", name)
		}
	}
	return nil
}

func (s *survey) observe(fields [][]byte) {
	for _, c := range s.columns {
		if c.hashes != nil && s.budget == 0 {
			c.forget()
		}
		before := len(c.hashes)
		c.observe(fields[c.field])
		s.budget -= max(0, len(c.hashes)-before)
	}
}
