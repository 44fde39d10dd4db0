// Package csvfile turns the bytes of one object into records: it finds out compression,
// charset and delimiter by itself, keeps every bound, and survives damage.
//
// Start with [NewReader], then [Reader.Next], which reads as the story; resync.go holds the
// rule that keeps a stray quote from swallowing rows.
//
// The form of a record is RFC 4180, read as tolerantly as it can be without guessing:
//
//   - LF and CRLF end a line, also mixed; a lone CR is content.
//   - A field that begins with a quote is quoted: it may hold the delimiter, line ends (kept
//     as they are, CRLF too) and quotes, each written twice.
//   - A quote elsewhere in a field that does not begin with one is text: 6" pipe.
//   - Lines of white space only are blank and skipped, unless the header has a single column:
//     there only an empty line is blank.
//   - The header line once more, as concatenated files have it, is a header line and skipped.
//
// What is wrong with a record is said in [Record.Damage], and the next one is read; what is
// wrong with the whole object is a [dropzone.UnreadableError]; an error of the source passes
// untouched, so that its owner can decide whether to try again.
package csvfile
