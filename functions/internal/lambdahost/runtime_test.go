package lambdahost_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// runtimeAPI is the side of Lambda that a function speaks to ("Using the Lambda runtime API for custom runtimes" and
// "Using the Lambda Extensions API", AWS Lambda Developer Guide).
type runtimeAPI struct {
	*httptest.Server

	invocations chan invocation
	answers     chan answer
	ended       <-chan struct{}
}

// invocation is an event with the time that the function has for it.
type invocation struct {
	event string
	time  time.Duration
}

// answer is what a function gave back.
type answer struct {
	failed bool
	body   string
}

func newRuntimeAPI(tb testing.TB) *runtimeAPI {
	tb.Helper()
	api := &runtimeAPI{invocations: make(chan invocation), answers: make(chan answer, 1), ended: tb.Context().Done()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{how}", api.answer)
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "internal")
		_, _ = io.WriteString(w, "{}")
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, r *http.Request) { api.wait(r) })
	api.Server = httptest.NewServer(mux)
	tb.Cleanup(api.Close)
	return api
}

// wait holds a request until the function or the test ends.
func (api *runtimeAPI) wait(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-api.ended:
	}
}

func (api *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case i := <-api.invocations:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", requestID)
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:111122223333:function:under-test")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.time).UnixMilli(), 10))
		_, _ = io.WriteString(w, i.event)
	case <-r.Context().Done():
	case <-api.ended:
	}
}

const requestID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

func (api *runtimeAPI) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.PathValue("id") != requestID {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	api.answers <- answer{failed: r.PathValue("how") == "error", body: string(body)}
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "{}")
}

// host is what AWS_LAMBDA_RUNTIME_API says.
func (api *runtimeAPI) host() string { return strings.TrimPrefix(api.URL, "http://") }

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
