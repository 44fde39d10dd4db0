package notice

import (
	"fmt"
	"testing"
)

// N16: sequencers compare within one key only, and differ in form between stores. Nothing of them is taken over, so that
// nothing can order by them.
func TestTheSequencerIsNotRead(t *testing.T) {
	t.Parallel()
	parse := func(sequencer string) Notices {
		n, err := Parse(fmt.Appendf(nil, `{"Records":[{"eventName":"ObjectCreated:Put","eventTime":"2026-11-23T10:00:00.000Z","s3":{"bucket":{"name":"shop"},
			"object":{"key":"a.csv","size":1,"eTag":"e","versionId":"v"%s}}}]}`, sequencer))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	want := fmt.Sprintf("%+v", parse(""))
	for _, sequencer := range []string{`"0055AED6DCD90281E5"`, `"55AED6DCD90281E5"`, `"18A6E5A2C1B3F000"`, `""`, `null`, `17`, `"no number"`, `{"a":[1]}`} {
		if got := fmt.Sprintf("%+v", parse(`,"sequencer":`+sequencer)); got != want {
			t.Errorf("sequencer %s: got %s, want %s", sequencer, got, want)
		}
	}
}
