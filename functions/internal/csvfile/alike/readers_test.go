package alike

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// reading is what one reader made of a file: rows, the header first, or nothing where it refused the file.
type reading struct {
	rows    [][]string
	refused bool
}

// digest tells readings apart.
func (r reading) digest() string {
	if r.refused {
		return "refused"
	}
	text, _ := json.Marshal(r.rows) // strings have a JSON form
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// ourReading is what our reader made of a file.
type ourReading struct {
	header    []string
	records   []ourRecord
	delimiter string
}

type ourRecord struct {
	fields []string
	damage dropzone.Reason
}

func readOurs(t *testing.T, f file) ourReading {
	t.Helper()
	known := func(name string) bool { return slices.Contains(append(columns(), "product", "action"), name) }
	r, err := csvfile.NewReader(bytes.NewReader(f.text), csvfile.Options{Known: known})
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	ours := ourReading{header: r.Header(), delimiter: r.Dialect().Delimiter}
	for {
		record, err := r.Next()
		if err == io.EOF { //nolint:errorlint // it is the end only where it is not wrapped
			return ours
		}
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		var fields []string
		for _, field := range record.Fields {
			fields = append(fields, string(field))
		}
		ours.records = append(ours.records, ourRecord{fields, record.Damage})
	}
}

func readEncodingCSV(f file, delimiter string) reading {
	r := csv.NewReader(bytes.NewReader(f.text))
	r.Comma = rune(delimiter[0])
	rows, err := r.ReadAll()
	return reading{rows, err != nil}
}

// readCOPY reads a file into a table of text columns, as many as the header has. No text stands for NULL.
func readCOPY(ctx context.Context, conn *pgx.Conn, f file, delimiter string, width int) (reading, error) {
	names := make([]string, width)
	for i := range names {
		names[i] = fmt.Sprint("c", i)
	}
	create := "create temp table copied (n bigint generated always as identity, " + strings.Join(names, " text, ") + " text)"
	if _, err := conn.Exec(ctx, "drop table if exists copied; "+create); err != nil {
		return reading{}, err
	}
	list := strings.Join(names, ", ")
	_, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(f.text),
		"copy copied ("+list+") from stdin (format csv, delimiter E'"+strings.ReplaceAll(delimiter, "\t", `\t`)+"', null 'no text is null')")
	if err != nil {
		return reading{refused: true}, conn.Ping(ctx)
	}
	found, err := conn.Query(ctx, "select array["+list+"] from copied order by n")
	if err != nil {
		return reading{}, err
	}
	rows, err := pgx.CollectRows(found, pgx.RowTo[[]string])
	return reading{rows: rows}, err
}

// python runs the script beside its recorded results.
type python struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startPython(t *testing.T) *python {
	t.Helper()
	command := exec.CommandContext(t.Context(), "python3", "testdata/python.py")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return &python{in, bufio.NewReader(out)}
}

func (p *python) read(t *testing.T, f file, delimiter string) reading {
	t.Helper()
	if err := json.NewEncoder(p.in).Encode(map[string]any{"text": f.text, "delimiter": delimiter}); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Rows  [][]string `json:"rows"`
		Error string     `json:"error"`
	}
	if err := json.Unmarshal(line, &result); err != nil {
		t.Fatal(err)
	}
	return reading{result.Rows, result.Error != ""}
}
