package csvfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"eventdrop/functions/internal/dropzone"
)

// hintedHeader is how many characters of a header a hint shows.
const hintedHeader = 200

// checkText refuses a header that is not UTF-8 text. Only the header decides: damage in a
// record never costs more than the record.
func checkText(header []byte) error {
	if err := checkControls(header); err != nil {
		return err
	}
	if utf8.Valid(header) {
		return nil
	}
	if isMedia(header) {
		return unreadable(dropzone.BinaryContent, "%s", binaryHint(header))
	}
	return unreadable(dropzone.InvalidEncoding,
		"The header is not UTF-8 (perhaps Latin-1 or Windows-1252): save the file as UTF-8 and drop it again.")
}

// checkControls refuses a header with control characters other than tabs and line ends.
func checkControls(header []byte) error {
	if i := bytes.IndexFunc(header, isControl); i >= 0 {
		return unreadable(dropzone.BinaryContent, "%s", binaryHint(header))
	}
	if hasLoneCR(header) {
		return unreadable(dropzone.BinaryContent,
			"The lines end with a CR alone, as on classic Mac OS: save the file with LF or CRLF line ends.")
	}
	return nil
}

func isControl(c rune) bool {
	return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f
}

// hasLoneCR reports whether the header has a CR amidst it that begins no CRLF.
func hasLoneCR(header []byte) bool {
	header = bytes.TrimRight(header, "\r")
	return bytes.Count(header, []byte{'\r'}) > bytes.Count(header, []byte("\r\n"))
}

// isMedia reports whether head begins like a picture, a sound or a film whose first line may be free
// of control characters.
func isMedia(head []byte) bool {
	for _, magic := range []string{"\x89PNG", "\xff\xd8\xff", "\xff\xfb", "\x1aE\xdf\xa3"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// binaryHint says what a file may be that is no text.
func binaryHint(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "This is a ZIP archive or an Excel workbook: export the table as CSV, or compress it with gzip or zstd."
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "This is a Parquet file: export it as CSV."
	case isMedia(head):
		return "This is a picture, a sound or a film: drop CSV text."
	case compressionOf(head) != "":
		return "This is compressed twice: compress it once."
	case looksLikeUTF16(head):
		return "This looks like UTF-16 without a byte order mark: save it as UTF-8, or with the mark."
	default:
		return "The first line has control characters: this is no CSV text. Supported compressions are gzip, zstd and bzip2."
	}
}

// looksLikeUTF16 reports whether nearly every other byte is NUL, as in UTF-16 of Latin letters, and none between.
func looksLikeUTF16(head []byte) bool {
	var nuls [2]int // at even and at odd positions
	for i, b := range head {
		if b == 0 {
			nuls[i%2]++
		}
	}
	return min(nuls[0], nuls[1]) == 0 && max(nuls[0], nuls[1]) > len(head)/3
}

func noKnownColumn(header []byte) error {
	return unreadable(dropzone.NoKnownColumn,
		"The header reads %.*q: name the columns as the contract does, separate them by a comma, semicolon, tab or |, and close every quote.",
		hintedHeader, header)
}

func tooManyColumns(count, limit int) error {
	return unreadable(dropzone.TooManyColumns,
		"The header names %d columns, more than the limit of %d: drop those that nobody needs, or raise the limit.", count, limit)
}

func unreadable(reason dropzone.Reason, format string, args ...any) error {
	return &dropzone.UnreadableError{Reason: reason, Hint: fmt.Sprintf(format, args...)}
}
