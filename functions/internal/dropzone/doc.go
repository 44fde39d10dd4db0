// Package dropzone is the vocabulary of eventdrop: the types that every other package
// speaks in. It does no I/O and imports the standard library only.
//
// Start with [Object], then [Event] and [Reject], then [Receipt] and the errors.
package dropzone
