package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"eventdrop/functions/internal/lambdahost/runtimeapi"
)

// empty is a function that does nothing.
const empty = "internal/lambdahost/testdata/empty"

// firstAnswer is what a function is started for: its first event.
type firstAnswer struct {
	what    string
	program string // its path
	event   string
	rows    int // that are there afterwards
	took    sample
	cpu     sample
}

// start starts, by turns, a function that does nothing and ingest, whose first answer means that the settings are read, PostgreSQL is
// connected and the schema is checked. Lambda's own share of a cold start is in neither.
func start(ctx context.Context, l *lab, r *Result) error {
	source, err := findCheckout(ctx)
	if err != nil {
		return err
	}
	defer source.close()
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	answers, err := p.firstAnswers(ctx, source)
	if err != nil {
		return err
	}
	rounds := max(10, 4*l.Sizes.Runs)
	for i := range rounds {
		for j := range answers {
			if err := p.measureFirst(ctx, &answers[j]); err != nil {
				return err
			}
		}
		l.tell("start %d of %d: %.1f ms, empty %.1f ms", i+1, rounds, answers[1].took[i], answers[0].took[i])
	}
	nothing, ready, loaded := &answers[0], &answers[1], &answers[2]
	r.add("more than the empty function", "ms", differences(ready.took, nothing.took), atMost(30, 10))
	for _, a := range []*firstAnswer{nothing, ready, loaded} {
		r.add("to the first answer of "+a.what, "ms", a.took, nil)
		r.add("processor time of "+a.what, "ms", a.cpu, nil)
	}
	return nil
}

// firstAnswers builds the functions, and puts the object that one of them loads.
func (p *place) firstAnswers(ctx context.Context, source *checkout) ([]firstAnswer, error) {
	p.tell("start: build the functions")
	nothing, err := source.build(ctx, empty, "")
	if err != nil {
		return nil, err
	}
	ingest, err := source.build(ctx, "ingest", "")
	if err != nil {
		return nil, err
	}
	const rows = 10
	if _, err := p.putLarge(ctx, "first.csv", rows); err != nil {
		return nil, err
	}
	return []firstAnswer{
		{what: "the empty function", program: nothing, event: "{}"},
		{what: "ingest", program: ingest, event: `{"Event":"s3:TestEvent"}`},
		{what: "ingest with an object loaded", program: ingest, event: fmt.Sprintf(`{"bucket":%q,"key":"first.csv"}`, p.config.S3Bucket), rows: rows},
	}, nil
}

// measureFirst starts the function, invokes it once, and kills it.
func (p *place) measureFirst(ctx context.Context, a *firstAnswer) error {
	api, err := runtimeapi.Serve(ctx)
	if err != nil {
		return err
	}
	defer api.Close()
	var log bytes.Buffer
	function := exec.CommandContext(ctx, a.program) //nolint:gosec // built here
	function.Env = append(p.environ(), "AWS_LAMBDA_RUNTIME_API="+api.Host(), "AWS_LAMBDA_FUNCTION_NAME=bench", "AWS_REGION=eu-central-1")
	function.Stdout, function.Stderr = &log, &log
	begun := time.Now()
	if err := function.Start(); err != nil {
		return fmt.Errorf("start a function: %w", err)
	}
	living, ended := context.WithCancelCause(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = function.Wait() // its state tells the same
		ended(fmt.Errorf("the function ended: %s", function.ProcessState))
	}()
	answered := invoke(living, api, a.event)
	took := time.Since(begun)
	_ = function.Process.Kill() // it may have ended
	<-gone
	if answered != nil {
		return fmt.Errorf("%s: %w\n%s", a.what, answered, &log)
	}
	a.took = append(a.took, milliseconds(took))
	a.cpu = append(a.cpu, milliseconds(function.ProcessState.UserTime()+function.ProcessState.SystemTime()))
	if a.rows == 0 {
		return nil
	}
	if err := p.expectRows(ctx, a.rows); err != nil {
		return err
	}
	return p.exec(ctx, "truncate objects, receipts, events, rejected_rows, quality_counts cascade")
}

// invoke gives the function its event when it asks for it, and waits for the answer.
func invoke(ctx context.Context, api *runtimeapi.API, event string) error {
	const limit = time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("there is no answer after %s", limit))
	defer cancel()
	select {
	case api.Invocations <- runtimeapi.Invocation{Event: event, Time: limit}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case a := <-api.Answers:
		if a.Failed || strings.Contains(a.Body, `"failed":1`) {
			return fmt.Errorf("the answer is %s", a.Body)
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
