package csvfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"eventdrop/functions/internal/dropzone"
)

const twoRows = "event_id,event_type\n1,view\n2,click\n"

// The source's own errors must stay retryable, wherever they strike and whatever reads them.
func TestSourceErrorPassesUntouched(t *testing.T) {
	t.Parallel()
	broken := fmt.Errorf("connection reset: %w", io.EOF) // an error that only wraps io.EOF is no end
	for name, object := range map[string][]byte{
		"plain": []byte(twoRows), "gzip": gzipOf(t, []byte(twoRows)), "zstd": form{compression: zstded}.compress(t, []byte(twoRows)),
		"gzip of two members": append(namedGzipOf(t, twoRows), namedGzipOf(t, "3,view\n")...),
		"bzip2":               goldenInput(t, "bzip2"), "utf-16": form{charset: utf16Little, mark: true}.encode(twoRows),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at := range len(object) + 1 {
				src := io.MultiReader(bytes.NewReader(object[:at]), iotest.ErrReader(broken))
				if o := read(t, src, Options{}); !errors.Is(o.err, broken) {
					t.Fatalf("after %d bytes: %v", at, o.err)
				}
			}
		})
	}
}

// A source that fails once and then reports a clean end has still failed.
func TestSourceErrorIsNotForgotten(t *testing.T) {
	t.Parallel()
	for _, object := range [][]byte{[]byte(twoRows), gzipOf(t, []byte(twoRows))} {
		src := iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(object)))
		if o := read(t, src, Options{}); !errors.Is(o.err, iotest.ErrTimeout) {
			t.Fatal(o.err)
		}
	}
}

// D2: every cut of a compressed object fails whole.
func TestCutCompressionFailsWhole(t *testing.T) {
	t.Parallel()
	for name, object := range map[string][]byte{
		gzipped: gzipOf(t, []byte(twoRows)), zstded: form{compression: zstded}.compress(t, []byte(twoRows)),
		bzipped: goldenInput(t, "bzip2"),
	} {
		for at := magicLen; at < len(object); at++ {
			o := read(t, bytes.NewReader(object[:at]), Options{})
			if !isReason(o.err, dropzone.DamagedCompression) {
				t.Errorf("%s cut to %d bytes: %v", name, at, o.err)
			}
		}
	}
}

// The gzip tool writes the file's name into each member. A cut within a name is a cut, too, also in a later member.
func TestCutMembersFailWhole(t *testing.T) {
	t.Parallel()
	member := namedGzipOf(t, twoRows)
	object := append(bytes.Clone(member), namedGzipOf(t, "3,view\n")...)
	for at := 2; at < len(object); at++ {
		o := read(t, bytes.NewReader(object[:at]), Options{})
		if at == len(member) {
			if o.err != nil || len(o.records) != 2 {
				t.Errorf("one member: %d records, %v", len(o.records), o.err)
			}
		} else if !isReason(o.err, dropzone.DamagedCompression) {
			t.Errorf("cut to %d bytes: %v, %d records", at, o.err, len(o.records))
		}
	}
}

// Between two members a cut cannot be seen: there, and only there, what came before is whole.
func TestCutBetweenMembersIsTheOnlyOneThatIsNotSeen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"gzip_members_concatenated", "zstd_frames_concatenated", "zstd_behind_a_skippable_frame", "bzip2_streams_concatenated",
	} {
		object := goldenInput(t, name)
		var unseen []int
		for at := magicLen; at < len(object); at++ {
			if o := read(t, bytes.NewReader(object[:at]), Options{}); !isReason(o.err, dropzone.DamagedCompression) {
				unseen = append(unseen, at)
			}
		}
		if len(unseen) != 1 {
			t.Errorf("%s: cut to %v bytes without damage", name, unseen)
		}
	}
}

func TestManyMembersThatAreEmptyDoNoHarm(t *testing.T) {
	t.Parallel()
	object := append(namedGzipOf(t, twoRows), bytes.Repeat(namedGzipOf(t, ""), 1000)...)
	if o := read(t, bytes.NewReader(append(object, namedGzipOf(t, "3,view\n")...)), Options{}); o.err != nil || len(o.records) != 3 {
		t.Errorf("%d records, %v", len(o.records), o.err)
	}
}

func namedGzipOf(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name, w.Comment = "orders.csv", "from the shop"
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStuckSourceIsAnError(t *testing.T) {
	t.Parallel()
	src := io.MultiReader(strings.NewReader(twoRows), stuck{})
	if o := read(t, src, Options{}); !errors.Is(o.err, io.ErrNoProgress) {
		t.Fatal(o.err)
	}
}

// stuck never gives anything, nor an error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func goldenInput(t *testing.T, name string) []byte {
	t.Helper()
	input, _ := loadCase(t, "testdata/ok/"+name)
	return input
}

func isReason(err error, reason dropzone.Reason) bool {
	unreadable, ok := errors.AsType[*dropzone.UnreadableError](err)
	return ok && unreadable.Reason == reason
}
