#!/bin/sh
# The ready hook: makes what template.yaml makes on AWS, with plain calls of the AWS command line, on an emulator that has
# just started. Twice does no harm. LocalStack, MiniStack and Floci run it from /etc/localstack/init/ready.d.
#
#   DROP_DATABASE_URL  PostgreSQL as the function reaches it; its tables must be there (`eventdrop migrate`)
#   DROP_ZIP           the function's zip (default /opt/eventdrop/ingest.zip)
#   DROP_BUCKET        default eventdrop
#   DROP_S3_ENDPOINT   the emulator as the function reaches it (default http://127.0.0.1:4566)
#   DROP_ARCHITECTURE  arm64 or x86_64 (default): for what the zip was built
#
# None of these names begins with EVENTDROP_: some emulators hand their whole environment to the function.
set -eu

: "${DROP_DATABASE_URL:?name the PostgreSQL that the function loads into}"
zip=${DROP_ZIP:-/opt/eventdrop/ingest.zip}
bucket=${DROP_BUCKET:-eventdrop}
endpoint=${DROP_S3_ENDPOINT:-http://127.0.0.1:4566}
export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-test}" AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-test}"
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}" AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}"
export AWS_PAGER=
account=000000000000
region=$AWS_DEFAULT_REGION
queue=arn:aws:sqs:$region:$account:eventdrop-notices

# Where the AWS command line does not read AWS_ENDPOINT_URL, it must be told.
call() { aws --endpoint-url "$AWS_ENDPOINT_URL" --output text "$@"; }

call s3api head-bucket --bucket "$bucket" 2>/dev/null || call s3api create-bucket --bucket "$bucket"
call s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled

call sqs create-queue --queue-name eventdrop-dead-notices
call sqs create-queue --queue-name eventdrop-notices --attributes '{
  "VisibilityTimeout": "60",
  "RedrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:'"$region:$account"':eventdrop-dead-notices\",\"maxReceiveCount\":\"5\"}"}'

variables="{\"Variables\": {
  \"EVENTDROP_DATABASE_URL\": \"$DROP_DATABASE_URL\",
  \"EVENTDROP_DATABASE_UNVERIFIED\": \"true\",
  \"EVENTDROP_S3_ENDPOINT\": \"$endpoint\",
  \"EVENTDROP_S3_REGION\": \"$region\",
  \"EVENTDROP_S3_ACCESS_KEY\": \"$AWS_ACCESS_KEY_ID\",
  \"EVENTDROP_S3_SECRET_KEY\": \"$AWS_SECRET_ACCESS_KEY\",
  \"EVENTDROP_S3_BUCKET\": \"$bucket\"}}"
if call lambda get-function --function-name eventdrop-ingest >/dev/null 2>&1; then
  call lambda update-function-code --function-name eventdrop-ingest --zip-file "fileb://$zip" >/dev/null
  call lambda update-function-configuration --function-name eventdrop-ingest --environment "$variables" >/dev/null
else
  call lambda create-function --function-name eventdrop-ingest --runtime provided.al2023 --handler bootstrap \
    --architectures "${DROP_ARCHITECTURE:-x86_64}" --memory-size 512 --timeout 10 --zip-file "fileb://$zip" \
    --role "arn:aws:iam::$account:role/eventdrop-ingest" --environment "$variables" >/dev/null
  call lambda wait function-active-v2 --function-name eventdrop-ingest
  call lambda create-event-source-mapping --function-name eventdrop-ingest --event-source-arn "$queue" --batch-size 10 \
    --function-response-types ReportBatchItemFailures >/dev/null
fi

call s3api put-bucket-notification-configuration --bucket "$bucket" --notification-configuration '{
  "QueueConfigurations": [{"Id": "notices", "QueueArn": "'"$queue"'", "Events": ["s3:ObjectCreated:*"]}]}'

echo "eventdrop is ready: drop CSV objects into s3://$bucket at $AWS_ENDPOINT_URL"
