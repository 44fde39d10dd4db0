package warehouse

import (
	"encoding/binary"
	"math/big"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"eventdrop/functions/internal/dropzone"
)

// FuzzEncode: pgx, which decodes PostgreSQL's binary forms on its own, reads every value back as it was.
func FuzzEncode(f *testing.F) {
	for _, n := range integers()[:60] {
		f.Add(n, byte(2), "text")
		f.Add(-n, byte(8), "é\x01\t😀")
	}
	types := pgtype.NewMap()
	f.Fuzz(func(t *testing.T, n int64, scale byte, text string) {
		scale %= 9
		scan := func(typ dropzone.Type, oid uint32, v dropzone.Value, into any) {
			t.Helper()
			field := appendValue(nil, columnEncoding{typ, int(scale)}, &v)
			if length := binary.BigEndian.Uint32(field); int(length) != len(field)-4 {
				t.Fatalf("a length of %d before %d bytes", length, len(field)-4)
			}
			if err := types.Scan(oid, pgtype.BinaryFormatCode, field[4:], into); err != nil {
				t.Fatal(err)
			}
		}
		var number int64
		if scan(dropzone.Integer, pgtype.Int8OID, dropzone.Value{Int: n, Present: true}, &number); number != n {
			t.Errorf("%d becomes %d", n, number)
		}
		var numeric pgtype.Numeric
		if scan(dropzone.Decimal, pgtype.NumericOID, dropzone.Value{Int: n, Present: true}, &numeric); !equalNumeric(numeric, n, int(scale)) {
			t.Errorf("%d at scale %d becomes %v x 10^%d", n, scale, numeric.Int, numeric.Exp)
		}
		const year1, year9999 = -62_135_596_800_000_000, 253_402_300_799_999_999
		if n >= year1 && n <= year9999 {
			var at time.Time
			if scan(dropzone.Timestamp, pgtype.TimestamptzOID, dropzone.Value{Int: n, Present: true}, &at); at.UnixMicro() != n {
				t.Errorf("%d becomes %s", n, at)
			}
		}
		if utf8.ValidString(text) {
			var same string
			if scan(dropzone.Text, pgtype.TextOID, dropzone.Value{Bytes: []byte(text), Present: true}, &same); same != text {
				t.Errorf("%q becomes %q", text, same)
			}
		}
	})
}

func equalNumeric(got pgtype.Numeric, n int64, scale int) bool {
	ten := func(exponent int64) *big.Rat {
		power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exponent, -exponent)), nil))
		if exponent < 0 {
			return power.Inv(power)
		}
		return power
	}
	theirs := new(big.Rat).Mul(new(big.Rat).SetInt(got.Int), ten(int64(got.Exp)))
	return theirs.Cmp(new(big.Rat).Mul(big.NewRat(n, 1), ten(-int64(scale)))) == 0
}
