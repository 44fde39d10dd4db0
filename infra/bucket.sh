#!/bin/sh
# Makes the bucket of compose.yaml: versions, and a notice of each object to both webhook targets. Twice does no harm.
set -eu
call() { aws --endpoint-url "$S3_ENDPOINT" --output text "$@"; }

call s3api head-bucket --bucket "$S3_BUCKET" 2>/dev/null || call s3api create-bucket --bucket "$S3_BUCKET"
call s3api put-bucket-versioning --bucket "$S3_BUCKET" --versioning-configuration Status=Enabled
events='["s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload"]'
call s3api put-bucket-notification-configuration --bucket "$S3_BUCKET" --notification-configuration '{"QueueConfigurations": [
  {"Id": "fast", "QueueArn": "arn:minio:sqs::FAST:webhook", "Events": '"$events"'},
  {"Id": "queue", "QueueArn": "arn:minio:sqs::QUEUE:webhook", "Events": '"$events"'}]}'
echo "bucket $S3_BUCKET announces its objects"
