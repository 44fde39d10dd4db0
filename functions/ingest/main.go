// Command ingest is the AWS Lambda function that loads the objects that notices announce: S3, SQS, SNS, EventBridge,
// in any nesting. The pipeline is in package ingest, its host on Lambda in package lambdahost.
package main

import "eventdrop/functions/internal/lambdahost"

func main() { lambdahost.Start((*lambdahost.Host).Ingest) }
