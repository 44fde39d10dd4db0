package crash

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
)

// scene is a scenario in a world of its own. The bucket stays as it is; the tables can be put back.
type scene struct {
	*world.World
	scenario
	t    *teller
	rand *rand.Rand

	program       string
	before, after visible
	settled       string         // what the ledger and the quarantine must say in the end
	visits        map[string]int // of each point, where nothing stops the program
}

// newScene prepares a scenario and lets the program go through it undisturbed: what comes of that is
// what must come of every death.
func newScene(tb testing.TB, program string, s scenario, r *rand.Rand) *scene {
	tb.Helper()
	set := &scene{scenario: s, t: &teller{TB: tb, doing: s.name}, rand: r, program: program}
	set.World = world.New(set.t, s.options)
	s.prepare(set)
	set.exec(keepTables)
	set.hashEvents()
	set.before = set.look()
	set.visits = set.trace()
	set.after = set.look()
	set.recover()
	set.CheckComplete()
	set.exec("create table expected_events as table hashed_events")
	set.settled = set.Value(settledState)
	return set
}

// recover does what an operator and the schedule do after a death, until nothing is missing or due.
func (s *scene) recover() {
	s.t.Helper()
	if s.again != nil {
		s.again(s)
	}
	s.Reconcile()
	s.CheckBooks()
}

// handle runs an object through the ordinary pipeline of this process.
func (s *scene) handle(key string, kind dropzone.Kind) {
	s.t.Helper()
	order := ingest.Order{Object: dropzone.Object{Bucket: s.Config.S3Bucket, Key: key}, Kind: kind}
	if _, err := s.Parts.Pipeline.Handle(s.t.Context(), order); err != nil {
		s.t.Fatal(err)
	}
}

// listed is the object that the bucket's listing shows for a key.
func (s *scene) listed(key string) dropzone.Object {
	s.t.Helper()
	for o, err := range s.Parts.Reconciler(nil, nil).Bucket.List(s.t.Context(), "") {
		if err != nil {
			s.t.Fatal(err)
		}
		if o.Key == key {
			return o
		}
	}
	s.t.Fatalf("%s is not listed", key)
	return dropzone.Object{}
}

// overwrite stores bytes under a key that is taken.
func (s *scene) overwrite(key, text string) {
	s.t.Helper()
	client, err := minio.New(s.MinIO.Endpoint(), &minio.Options{
		Creds: credentials.NewStaticV4(s.MinIO.AccessKey(), s.MinIO.SecretKey(), ""), Region: s.MinIO.Region(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = client.PutObject(s.t.Context(), s.Config.S3Bucket, key, bytes.NewReader([]byte(text)), int64(len(text)), minio.PutObjectOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
}

// arguments are the command with its object.
func (s *scene) arguments() []string {
	arguments := strings.Fields(s.command)
	if slices.Contains([]string{"load", "replay"}, arguments[0]) {
		arguments = append(arguments, "s3://"+s.Config.S3Bucket+"/a.csv")
	}
	return arguments
}

func (s *scene) exec(sql string) {
	s.t.Helper()
	if _, err := s.DB.Pool.Exec(s.t.Context(), sql); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}
