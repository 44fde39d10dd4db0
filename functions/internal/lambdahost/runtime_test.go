package lambdahost_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"eventdrop/functions/internal/lambdahost/runtimeapi"
)

func newRuntimeAPI(tb testing.TB) *runtimeapi.API {
	tb.Helper()
	api, err := runtimeapi.Serve(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(api.Close)
	return api
}

// quoted is a JSON string, as an envelope carries a document.
func quoted(document string) string { return strconv.Quote(document) }

// sqsBatch has a message for each body, with the ids m1, m2 and so on.
func sqsBatch(bodies ...string) string {
	records := make([]string, len(bodies))
	for i, body := range bodies {
		records[i] = fmt.Sprintf(`{"messageId":"m%d","eventSource":"aws:sqs","attributes":{"ApproximateReceiveCount":"1"},"body":%s}`, i+1, quoted(body))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// failures is the partial batch response that names these messages.
func failures(ids ...string) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = `{"itemIdentifier":"` + id + `"}`
	}
	return `{"batchItemFailures":[` + strings.Join(items, ",") + `]}`
}
