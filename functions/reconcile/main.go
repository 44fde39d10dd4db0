// Command reconcile is the AWS Lambda function that a schedule invokes: it retries failed objects and loads what no
// notice delivered.
package main

import "eventdrop/functions/internal/lambdahost"

func main() { lambdahost.Start((*lambdahost.Host).Reconcile) }
