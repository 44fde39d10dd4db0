// Package runtimeapi is the side of Lambda that a function speaks to, as far as a function of ours does, for tests and benchmarks
// ("Using the Lambda runtime API for custom runtimes" and "Using the Lambda Extensions API", AWS Lambda Developer Guide).
package runtimeapi

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// API serves one function. Make another for the next: a function that was killed may still be thought to wait.
type API struct {
	// Invocations takes what the function is to be invoked with, each when it asks for it.
	Invocations chan<- Invocation
	// Answers gives what it answered, one for each invocation.
	Answers <-chan Answer

	invocations chan Invocation
	answers     chan Answer
	ended       <-chan struct{}
	server      *http.Server
	host        string
}

// Invocation is an event with the time that the function has for it.
type Invocation struct {
	Event string
	Time  time.Duration
}

// Answer is what a function gave back.
type Answer struct {
	Failed bool
	Body   string
}

// RequestID is that of every invocation.
const RequestID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

// Serve listens on this machine until Close; the end of ctx lets nobody wait any more.
func Serve(ctx context.Context) (*API, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve Lambda's runtime API: %w", err)
	}
	api := &API{
		invocations: make(chan Invocation), answers: make(chan Answer, 1), ended: ctx.Done(), host: listener.Addr().String(),
	}
	api.Invocations, api.Answers = api.invocations, api.answers
	api.server = &http.Server{Handler: api.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = api.server.Serve(listener) }() // it ends with Close
	return api, nil
}

// Host is what AWS_LAMBDA_RUNTIME_API says.
func (api *API) Host() string { return api.host }

// Close ends the service, and what waits for it.
func (api *API) Close() { _ = api.server.Close() } // the function is gone

func (api *API) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{how}", api.answer)
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "internal")
		_, _ = io.WriteString(w, "{}")
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, r *http.Request) { api.wait(r) })
	return mux
}

// wait holds a request until the function or the caller of Serve ends.
func (api *API) wait(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-api.ended:
	}
}

func (api *API) next(w http.ResponseWriter, r *http.Request) {
	select {
	case i := <-api.invocations:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", RequestID)
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:111122223333:function:under-test")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.Time).UnixMilli(), 10))
		_, _ = io.WriteString(w, i.Event)
	case <-r.Context().Done():
	case <-api.ended:
	}
}

func (api *API) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.PathValue("id") != RequestID {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	select {
	case api.answers <- Answer{Failed: r.PathValue("how") == "error", Body: string(body)}:
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "{}")
	case <-r.Context().Done():
	}
}
