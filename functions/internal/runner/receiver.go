package runner

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxNotice bounds a notification, in bytes.
const maxNotice = 1 << 20

// routes are the runner's endpoints.
func (r *Runner) routes(queue *queue, lanes lanes) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /notices", r.authorised(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.receive(queue, w, req)
	})))
	mux.HandleFunc("GET /healthz", r.health)
	if r.Metrics != nil {
		mux.Handle("GET /metrics", r.Metrics(func() Stats { return r.stats(queue, lanes) }))
	}
	return mux
}

// authorised lets requests with the right bearer token through. It compares hashes in constant
// time, so that an answer's delay tells nothing about the token, not even its length.
func (r *Runner) authorised(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(r.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		token, bearer := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || !bearer {
			r.notices.unauthorised.Add(1)
			r.Log.WarnContext(req.Context(), "notice refused: wrong token", "from", req.RemoteAddr)
			answer(w, http.StatusUnauthorized, reply{Error: "wrong or missing token: send Authorization: Bearer <EVENTDROP_WEBHOOK_TOKEN>"})
			return
		}
		next.ServeHTTP(w, req)
	})
}

// reply is what a sender of notices gets.
type reply struct {
	Accepted int    `json:"accepted"`
	Ignored  int    `json:"ignored"`
	Error    string `json:"error,omitempty"`
}

// receive queues the objects of a notification. It answers as soon as they are queued: if the runner
// dies now, the reconcile of its next start loads them.
//
// A notification that is not understood is answered with 200 all the same: MinIO repeats whatever
// is not, for ever, and holds back everything behind it.
func (r *Runner) receive(queue *queue, w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxNotice))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		r.notices.tooLarge.Add(1)
		r.Log.WarnContext(req.Context(), "notice ignored: too large", "limit", maxNotice)
		answer(w, http.StatusRequestEntityTooLarge, reply{Error: "a notification may have 1 MiB"})
		return
	}
	if err != nil {
		return // the sender is gone
	}
	objects, ignored, err := r.Parse(body)
	result := reply{Ignored: ignored}
	r.notices.ignored.Add(int64(ignored))
	if err != nil {
		r.notices.malformed.Add(1)
		r.Log.WarnContext(req.Context(), "notice not understood", "error", err.Error())
		result.Error = err.Error()
	}
	for _, o := range objects {
		if !queue.offer(o) {
			r.notices.queueFull.Add(int64(len(objects) - result.Accepted))
			w.Header().Set("Retry-After", "3")
			answer(w, http.StatusServiceUnavailable, reply{Accepted: result.Accepted, Ignored: ignored, Error: "too many notices wait, or the receiver stops: come back"})
			return
		}
		result.Accepted++
		r.notices.accepted.Add(1)
	}
	answer(w, http.StatusOK, result)
}

// healthTime is how long an answer about the runner's health may take.
const healthTime = 2 * time.Second

func (r *Runner) health(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), healthTime)
	defer cancel()
	if err := r.Healthy(ctx); err != nil {
		r.Log.WarnContext(ctx, "not healthy", "error", err.Error())
		answer(w, http.StatusServiceUnavailable, reply{Error: "not healthy: see the log"})
		return
	}
	answer(w, http.StatusOK, reply{})
}

func answer(w http.ResponseWriter, status int, body reply) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the sender may be gone
}
