package warehouse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
)

// encodedCase is a value and how PostgreSQL must write it.
type encodedCase struct {
	value dropzone.Value
	want  string
}

func number(n int64) dropzone.Value { return dropzone.Value{Int: n, Present: true} }
func text(s string) dropzone.Value  { return dropzone.Value{Bytes: []byte(s), Present: true} }

// integers are edges of the formats and a few at random.
func integers() []int64 {
	all := []int64{0, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, 9_999, 10_000, 10_001, 99_990_000, 100_000_000, 1_0000_0000_0000_0000}
	for p := int64(1); p < 1e18; p *= 10 {
		all = append(all, p, -p, p-1, 5*p+1)
	}
	for range 200 {
		all = append(all, rand.Int64()>>rand.UintN(63), -rand.Int64()>>rand.UintN(63))
	}
	return all
}

// decimal writes n x 10^-scale by way of math/big.
func decimal(n int64, scale int) string {
	return new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

func casesOf(typ dropzone.Type, scale int) []encodedCase {
	cases := []encodedCase{{want: "-"}}
	switch typ {
	case dropzone.Integer:
		for _, n := range integers() {
			cases = append(cases, encodedCase{number(n), strconv.FormatInt(n, 10)})
		}
	case dropzone.Decimal:
		for _, n := range integers() {
			cases = append(cases, encodedCase{number(n), decimal(n, scale)})
		}
	case dropzone.Timestamp:
		first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC).UnixMicro()
		for _, n := range []int64{first, last, 0, -1, 1, postgresEpoch, postgresEpoch - 1, first + rand.Int64N(last-first)} {
			cases = append(cases, encodedCase{number(n), time.UnixMicro(n).UTC().Format("2006-01-02 15:04:05.999999+00")})
		}
	case dropzone.Boolean:
		cases = append(cases, encodedCase{number(0), "false"}, encodedCase{number(1), "true"})
	case dropzone.UUID:
		cases = append(cases, encodedCase{text("0123456789abcdef"), "30313233-3435-3637-3839-616263646566"})
	case dropzone.JSON:
		cases = append(cases, encodedCase{text(`{"a":1,"b":"\u00e9\"\\n"}`), `{"a": 1, "b": "é\"\\n"}`}, encodedCase{text(`{}`), `{}`})
	default:
		for _, s := range []string{"", "a", "é\t\n\\N", "NULL", `{"a",b}`, strings.Repeat("x", 70_000), "\U0010FFFF"} {
			cases = append(cases, encodedCase{text(s), s})
		}
	}
	return cases
}

// PostgreSQL itself says what the binary forms mean, in COPY and in arrays.
func TestPostgreSQLReadsWhatWeEncode(t *testing.T) {
	t.Parallel()
	db := pgtest.Empty(t)
	for typ := dropzone.UUID; typ <= dropzone.JSON; typ++ {
		for scale := range 9 {
			if scale > 0 && typ != dropzone.Decimal {
				break
			}
			t.Run(fmt.Sprint("type ", typ, " scale ", scale), func(t *testing.T) {
				t.Parallel()
				cases := casesOf(typ, scale)
				want := make([]string, len(cases))
				var fields [][]byte
				for i := range cases {
					want[i] = cases[i].want
					fields = append(fields, appendValue(nil, columnEncoding{typ, scale}, &cases[i].value))
				}
				column := newStagedColumn("v", typ)
				if got := copied(t, db, column, fields); !slices.Equal(got, want) {
					t.Errorf("COPY:\n got %.2000q\nwant %.2000q", got, want)
				}
				if got := inArray(t, db, column, fields); !slices.Equal(got, want) {
					t.Errorf("array:\n got %.2000q\nwant %.2000q", got, want)
				}
			})
		}
	}
}

// copied sends fields through COPY and returns them as text.
func copied(t *testing.T, db pgtest.DB, column stagedColumn, fields [][]byte) (texts []string) {
	t.Helper()
	conn, err := db.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "create temp table copied (n serial, v "+column.typ+")"); err != nil {
		t.Fatal(err)
	}
	stream := bytes.NewBuffer(copyHeader())
	for _, field := range fields {
		stream.Write([]byte{0, 1})
		stream.Write(field)
	}
	stream.Write([]byte{0xff, 0xff})
	if _, err := conn.Conn().PgConn().CopyFrom(t.Context(), stream, "copy copied (v) from stdin (format binary)"); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(t.Context(), "select array_agg(coalesce(v::text, '-') order by n) from copied").Scan(&texts); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "drop table copied"); err != nil {
		t.Fatal(err)
	}
	return texts
}

// inArray sends fields as one array parameter, as a small object does, and returns them as text.
func inArray(t *testing.T, db pgtest.DB, column stagedColumn, fields [][]byte) []string {
	t.Helper()
	reader := &rowReader{table: &table{staged: []stagedColumn{column}}, events: int64(len(fields))}
	for _, field := range fields {
		reader.encoded = append(binary.BigEndian.AppendUint16(reader.encoded, 1), field...)
	}
	conn, err := db.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	result := conn.Conn().PgConn().ExecParams(t.Context(),
		"select coalesce(v::text, '-') from unnest($1::"+column.typ+"[]) with ordinality as a (v, n) order by n",
		reader.table.arraysOf([]*load{{rows: reader}})[:1], nil, []int16{1}, nil).Read()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	var texts []string
	for _, row := range result.Rows {
		texts = append(texts, string(row[0]))
	}
	return texts
}
