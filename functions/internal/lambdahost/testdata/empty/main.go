// Command empty is a function that does nothing: what its start takes is Lambda's and Go's share of every function's.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, json.RawMessage) (any, error) { return "nothing", nil })
}
