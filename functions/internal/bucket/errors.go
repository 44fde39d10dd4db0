package bucket

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

// Error says what the store refused or could not do.
//
// errors.Is finds [dropzone.ErrGone], [dropzone.ErrSuperseded], and the causes of a lost
// connection in it.
type Error struct {
	// Op is what was asked: open, measure, look up, list, rank, check.
	Op string
	// Target is the object, or the bucket and prefix, as an s3:// address.
	Target string
	// Status is the answer's HTTP status; 0 where there was no answer.
	Status int
	// Code is S3's word for the fault, such as NoSuchBucket; empty where there was no answer.
	Code string
	// Next is the operator's next step; it may be empty.
	Next string
	// Err is the cause.
	Err error
}

func (e *Error) Error() string {
	message := fmt.Sprintf("%s %q: %v", e.Op, e.Target, e.Err)
	if e.Status != 0 {
		message += fmt.Sprintf(" (%d %s)", e.Status, e.Code)
	}
	if e.Next != "" {
		message += "; " + e.Next
	}
	return message
}

func (e *Error) Unwrap() error { return e.Err }

// Hint returns the operator's next step; it may be empty.
func (e *Error) Hint() string { return e.Next }

// fail says which object err is about, and what it means.
func (s *Store) fail(op string, obj dropzone.Object, err error) error {
	target := obj.String()
	if obj.Versioned() {
		target += "?versionId=" + obj.VersionID
	}
	return s.explain(&Error{Op: op, Target: target}, err, obj.Versioned())
}

// failBucket is fail for a request about a bucket.
func (s *Store) failBucket(op, bucket, prefix string, err error) error {
	return s.explain(&Error{Op: op, Target: "s3://" + bucket + "/" + prefix}, err, false)
}

func (s *Store) explain(e *Error, err error, versioned bool) error {
	answer, answered := errors.AsType[minio.ErrorResponse](err)
	if !answered {
		e.Err, e.Next = unwrapURL(err), s.nextStepOffline(err)
		return e
	}
	e.Status, e.Code, e.Next = answer.StatusCode, answer.Code, nextStep(answer)
	e.Err = meaning(answer, versioned)
	return e
}

// meaning tells the two answers that are outcomes from those that are faults.
func meaning(answer minio.ErrorResponse, versioned bool) error {
	switch {
	case answer.StatusCode == http.StatusPreconditionFailed:
		return dropzone.ErrSuperseded
	case gone(answer, versioned):
		return dropzone.ErrGone
	}
	return fmt.Errorf("the store answered %.200q", answer.Message)
}

// gone reports whether an answer means that there is no such object. A missing bucket is not meant:
// it is a fault of the settings. A key or version id that the store refuses can be no object's in it;
// notices with such names are forged or damaged, and must not be tried for ever.
func gone(answer minio.ErrorResponse, versioned bool) bool {
	switch answer.Code {
	case minio.NoSuchKey, minio.NoSuchVersion,
		"KeyTooLongError", minio.XMinioInvalidObjectName, "XMinioInvalidResourceName":
		return true
	case minio.MethodNotAllowed: // the version is a delete marker
		return versioned
	case minio.InvalidArgument: // "Invalid version id specified", on AWS and MinIO
		return versioned && strings.Contains(answer.Message, "version id")
	}
	return false
}

// unwrapURL drops the repeated address from the HTTP client's errors.
func unwrapURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
