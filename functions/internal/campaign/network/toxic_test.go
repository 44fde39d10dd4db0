package network

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// fault is what happens to the connections of one server.
type fault struct {
	name string
	// toxics are written as Toxiproxy's API takes them; none: the server cannot be reached.
	toxics func(*rand.Rand) []string
	// shows reports whether an operation suffered from the fault, or from others' locks where it was only slow.
	shows func(operation) bool
	// slows is how long wireBytes take at least, with the fault; 0: they need not be slow.
	slows time.Duration
}

func failed(op operation) bool { return op.err != nil }

// The slow faults, with what they cost at least.
const (
	latency   = 40 * time.Millisecond
	jitter    = 10 * time.Millisecond
	rate      = 500 // KB/s, Toxiproxy's unit
	slowClose = 200 * time.Millisecond
	wireBytes = 200_000
)

// atRate is how long so many bytes take at least: the proxy may let through twice its rate for a moment.
func atRate(bytes int64) time.Duration { return time.Duration(bytes) * time.Second / (2 * rate * 1000) }

func toxicFaults() []fault {
	return []fault{
		{
			name: "latency",
			toxics: func(*rand.Rand) []string {
				return []string{toxic("latency", "downstream", "latency", latency.Milliseconds(), "jitter", jitter.Milliseconds())}
			},
			shows: func(op operation) bool { return op.err == nil && op.bytes < 10_000 && op.took >= latency-jitter },
			slows: latency - jitter,
		},
		{
			name: "bandwidth",
			toxics: func(*rand.Rand) []string {
				return []string{toxic("bandwidth", "downstream", "rate", rate), toxic("bandwidth", "upstream", "rate", rate)}
			},
			shows: func(op operation) bool { return op.err == nil && op.bytes > 100_000 && op.took >= atRate(op.bytes) },
			slows: atRate(wireBytes),
		},
		{
			name:   "reset_peer",
			toxics: func(r *rand.Rand) []string { return []string{toxic("reset_peer", either(r), "timeout", r.Int64N(20))} },
			shows:  failed,
		},
		{
			name: "limit_data",
			toxics: func(r *rand.Rand) []string {
				return []string{toxic("limit_data", either(r), "bytes", anyLength(r))}
			},
			shows: failed,
		},
		{
			name:   "timeout",
			toxics: func(r *rand.Rand) []string { return []string{toxic("timeout", either(r), "timeout", 20+r.Int64N(100))} },
			shows:  failed,
		},
		{
			// Both sides hear late that a connection was cut; the server holds its locks as long.
			name: "slow_close",
			toxics: func(r *rand.Rand) []string {
				return []string{
					toxic("limit_data", "downstream", "bytes", anyLength(r)),
					toxic("slow_close", "downstream", "delay", slowClose.Milliseconds()),
					toxic("slow_close", "upstream", "delay", slowClose.Milliseconds()),
				}
			},
			shows: func(op operation) bool { return op.err != nil && op.took >= slowClose },
		},
		{name: "down", shows: failed},
	}
}

// anyLength is a number of bytes: of any magnitude, so that it cuts the first answer as well as a late one.
func anyLength(r *rand.Rand) int64 { return 1 + r.Int64N(256<<r.IntN(9)) }

func either(r *rand.Rand) string { return []string{"upstream", "downstream"}[r.IntN(2)] }

// toxic writes a toxic with its attributes, each a name and a number.
func toxic(kind, stream string, attributes ...any) string {
	var list []string
	for i := 0; i < len(attributes); i += 2 {
		list = append(list, fmt.Sprintf("%q:%d", attributes[i], attributes[i+1]))
	}
	return fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":{%s}}`, kind, stream, strings.Join(list, ","))
}

// toxicProxy is a Toxiproxy in this process, in front of one server.
type toxicProxy struct {
	*toxiproxy.Proxy
}

func newToxicProxy(tb testing.TB, upstream string) toxicProxy {
	tb.Helper()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxicProxy{toxiproxy.NewProxy(api, "drill", "127.0.0.1:0", upstream)}
	if err := p.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Stop)
	return p
}

// begin makes a fault happen from now on.
func (p toxicProxy) begin(f fault, r *rand.Rand) error {
	if f.toxics == nil {
		p.Stop()
		return nil
	}
	for _, json := range f.toxics(r) {
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(json)); err != nil {
			return fmt.Errorf("add %s: %w", json, err)
		}
	}
	return nil
}

// end makes everything well again.
func (p toxicProxy) end(ctx context.Context, f fault) error {
	if f.toxics == nil {
		return p.Start()
	}
	p.Toxics.ResetToxics(ctx)
	return nil
}
