package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// MinIOOptions say how to start MinIO.
type MinIOOptions struct {
	Options
	// Binary is the server's program; where it is empty it is looked for on PATH and else built.
	Binary string
	// Webhooks are the receivers of notices. They need not listen yet.
	Webhooks []Webhook
	// Environment holds further settings of the server, each as NAME=value.
	Environment []string
}

// Webhook is a receiver of notices.
type Webhook struct {
	// ID is made of capital letters, digits and underscores. [Bucket] refers to it.
	ID string
	// Endpoint is an http URL.
	Endpoint string
	// Token comes in the header Authorization, after the word Bearer; empty means no header.
	Token string
	// Queue makes MinIO keep notices on disk until the receiver has answered with 2xx: it then
	// polls its queue every 3 seconds, and one refused notice holds up the others. Without it a
	// notice takes milliseconds, and is lost where the receiver does not answer.
	Queue bool
}

// minioUser is the access key of the started servers.
const minioUser = "eventdrop"

// minioRegion is the one that MinIO has unless told otherwise.
const minioRegion = "us-east-1"

// MinIO is a running MinIO. Its methods are for one goroutine at a time, but for those of its Store.
type MinIO struct {
	Store

	options MinIOOptions
	folder  *folder
	binary  string
	secret  string
	port    int
	process *process
}

// StartMinIO starts MinIO: the named or installed one, else one that it builds once, which takes
// minutes. It returns when the server answers requests. When ctx ends after that, the server
// goes on.
//
// It returns an error that says how to help oneself where there is no MinIO, and where another
// process uses the data.
func StartMinIO(ctx context.Context, options MinIOOptions) (*MinIO, error) {
	f, err := serverFolder(ctx, options.Options, "minio")
	if err != nil {
		return nil, fmt.Errorf("start MinIO: %w", err)
	}
	m := &MinIO{Store: Store{region: minioRegion}, options: options, folder: f}
	if err := m.setUp(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start MinIO: %w", err), f.close(ctx))
	}
	return m, nil
}

func (m *MinIO) setUp(ctx context.Context) (err error) {
	if m.binary, err = m.options.search(m.folder.owner).find(ctx, m.options.Binary); err != nil {
		return err
	}
	if m.secret, err = m.folder.password(); err != nil {
		return err
	}
	for _, name := range []string{"data", "certs", "queue"} {
		if err := m.folder.makeOwned(name); err != nil {
			return err
		}
	}
	return m.start(ctx, m.options.Port)
}

// start launches the server on the wished port, or a free one where it is 0.
func (m *MinIO) start(ctx context.Context, wish int) error {
	return launchSomewhere(ctx, wish, func(port int) (err error) {
		if err := m.listenOn(port); err != nil {
			return err
		}
		process, err := launch(ctx, m.command(), m.answers)
		if err == nil {
			m.process = process // else the dead one of before stays, for Stop
		}
		return err
	})
}

// listenOn makes the client for a port. A restart keeps port and client, so that the Store can be
// used meanwhile.
func (m *MinIO) listenOn(port int) (err error) {
	if m.client != nil && m.port == port {
		return nil
	}
	m.port = port
	m.client, err = m.newClient()
	return err
}

func (m *MinIO) command() command {
	return command{path: m.binary, args: m.arguments(), env: m.environment(), folder: m.folder, stop: "TERM"}
}

func (m *MinIO) arguments() []string {
	return []string{"server", "--quiet", "--address", m.Endpoint(), "--certs-dir", m.folder.file("certs"), m.folder.file("data")}
}

func (m *MinIO) environment() []string {
	env := cleanEnvironment(
		"HOME="+m.folder.path, "MINIO_ROOT_USER="+minioUser, "MINIO_ROOT_PASSWORD="+m.secret,
		"MINIO_BROWSER=off",
		"MINIO_UPDATE=off", // else it asks dl.min.io for news
	)
	for _, hook := range m.options.Webhooks {
		env = append(env, hook.environment(m.folder)...)
	}
	return append(env, m.options.Environment...)
}

func (w Webhook) environment(f *folder) []string {
	env := []string{"MINIO_NOTIFY_WEBHOOK_ENABLE_" + w.ID + "=on", "MINIO_NOTIFY_WEBHOOK_ENDPOINT_" + w.ID + "=" + w.Endpoint}
	if w.Token != "" {
		env = append(env, "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_"+w.ID+"="+w.Token)
	}
	if w.Queue {
		env = append(env, "MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_"+w.ID+"="+f.file("queue"))
	}
	return env
}

// newClient does not repeat requests: whoever waits for the server asks again anyway.
func (m *MinIO) newClient() (*minio.Client, error) {
	return minio.New(m.Endpoint(), &minio.Options{
		Creds:      credentials.NewStaticV4(minioUser, m.secret, ""),
		Region:     minioRegion,
		MaxRetries: 1,
	})
}

// answers returns nil once the server serves requests. The secret tells it from another server
// that got its port.
func (m *MinIO) answers(ctx context.Context) error {
	_, err := m.client.ListBuckets(ctx)
	return err
}

// Endpoint returns host and port, without a scheme: the server speaks plain HTTP. It stays the
// same over [MinIO.Restart].
func (m *MinIO) Endpoint() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(m.port)) }

// AccessKey returns the name of the server's superuser.
func (m *MinIO) AccessKey() string { return minioUser }

// SecretKey returns the superuser's password.
func (m *MinIO) SecretKey() string { return m.secret }

// Region returns the region to sign requests with.
func (m *MinIO) Region() string { return minioRegion }

// Drive returns the folder in which the server keeps the buckets.
func (m *MinIO) Drive() string { return m.folder.file("data") }

// DiscardBucket removes a bucket with all that is in it by one request, however much that is. Only MinIO knows it: for a given store
// there is [Store.RemoveBucket].
func (m *MinIO) DiscardBucket(ctx context.Context, name string) error {
	if err := m.client.RemoveBucketWithOptions(ctx, name, minio.RemoveBucketOptions{ForceDelete: true}); err != nil {
		return fmt.Errorf("discard bucket %s: %w", name, err)
	}
	return nil
}

// PID returns the process number of the server.
func (m *MinIO) PID() int { return m.process.PID() }

// Exited is closed when the server's process has ended, for whatever reason. After a Restart
// there is another one.
func (m *MinIO) Exited() <-chan struct{} { return m.process.exited }

// EndedUnasked is the error of whoever finds that the server has Exited although he neither stopped nor killed it: it tells what
// the server printed last.
func (m *MinIO) EndedUnasked() error { return m.folder.endedUnasked("MinIO") }

// Kill ends the server at once, as a crash would. Data and port are kept for a Restart.
func (m *MinIO) Kill() { m.process.kill() }

// Restart starts the server again on the same port and data. It stops it first where it runs.
func (m *MinIO) Restart(ctx context.Context) error {
	if err := m.end(ctx); err != nil {
		return err
	}
	return m.start(ctx, m.port)
}

// Stop ends the server in order and gives the data folder back, or removes it where it is
// temporary. Once ctx has ended it insists. The error says that the server had to be killed, or
// that the folder could not be removed.
func (m *MinIO) Stop(ctx context.Context) error {
	return errors.Join(m.end(ctx), m.folder.close(ctx))
}

func (m *MinIO) end(ctx context.Context) error {
	return m.process.stop(ctx, plea{syscall.SIGTERM, 15 * time.Second})
}
