package bucket

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/minio/minio-go/v7"
)

// nextStep returns what an operator can do about an answer; empty where waiting is all.
func nextStep(answer minio.ErrorResponse) string {
	switch answer.Code {
	case minio.NoSuchBucket:
		return "create the bucket, or correct EVENTDROP_S3_BUCKET"
	case minio.InvalidBucketName:
		return "correct EVENTDROP_S3_BUCKET"
	case minio.InvalidAccessKeyID, minio.SignatureDoesNotMatch:
		return "check EVENTDROP_S3_ACCESS_KEY and EVENTDROP_S3_SECRET_KEY"
	case minio.AccessDenied:
		return "grant s3:GetObject, s3:GetObjectVersion, s3:ListBucket and s3:ListBucketVersions on the bucket and prefix; " +
			"without s3:ListBucket, AWS gives this answer for an object that does not exist, too"
	case minio.AuthorizationHeaderMalformed, minio.InvalidRegion, "PermanentRedirect", "IllegalLocationConstraintException":
		return "set EVENTDROP_S3_REGION to the bucket's region" + inBrackets(answer.Region)
	case minio.RequestTimeTooSkewed:
		return "set the clock of this machine"
	case minio.InvalidObjectState:
		return "restore the object from its archive"
	}
	return ""
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// nextStepOffline is nextStep where the store gave no answer that could be understood.
func (s *Store) nextStepOffline(err error) string {
	var untrusted x509.UnknownAuthorityError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ""
	case errors.As(err, &untrusted):
		return "trust the certificate of " + s.endpoint + ": set SSL_CERT_FILE to its authority's certificates"
	case strings.HasPrefix(err.Error(), "Bucket name "): // minio-go's own check of it
		return "correct EVENTDROP_S3_BUCKET"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "write http:// in front of EVENTDROP_S3_ENDPOINT: " + s.endpoint + " does not speak https"
	}
	return "check that EVENTDROP_S3_ENDPOINT is right and that a server runs at " + s.endpoint
}
