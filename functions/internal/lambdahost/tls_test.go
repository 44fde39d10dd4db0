package lambdahost_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/infra/embedded"
)

// authority signs certificates of servers.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	a := authority{t: t}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // it never fails
	a.cert = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, nil, a.key)
	return a
}

// sign makes a certificate; the authority's own has no parent yet.
func (a authority) sign(template, parent *x509.Certificate, of *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &of.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// file is the authority's certificate, after those of others, as in Amazon's bundle for RDS.
func (a authority) file(others ...authority) (path string) {
	a.t.Helper()
	var bundle strings.Builder
	for _, each := range append(others, a) {
		bundle.WriteString(inPEM("CERTIFICATE", each.cert.Raw))
	}
	path = filepath.Join(a.t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, []byte(bundle.String()), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// present has a server present a certificate for the name localhost alone, good until a time, from now on.
func (a authority) present(db pgtest.DB, server *embedded.Postgres, until time.Time) {
	a.t.Helper()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // it never fails
	cert := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "a server"}, DNSNames: []string{"localhost"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, NotBefore: until.Add(-24 * time.Hour), NotAfter: until,
	}, a.cert, key)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	var data string
	if err := db.Pool.QueryRow(a.t.Context(), "select current_setting('data_directory')").Scan(&data); err != nil {
		a.t.Fatal(err)
	}
	for name, text := range map[string]string{"server.crt": inPEM("CERTIFICATE", cert.Raw), "server.key": inPEM("EC PRIVATE KEY", der)} {
		writeAs(a.t, data, name, text)
	}
	if _, err := db.Pool.Exec(a.t.Context(), "alter system set ssl = on"); err != nil {
		a.t.Fatal(err)
	}
	if err := server.Restart(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	db.Pool.Reset()
}

// writeAs writes a file that belongs to the owner of its folder: PostgreSQL takes no key that others may read.
func writeAs(t *testing.T, folder, name, text string) {
	t.Helper()
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

// Failure modes 10: a server that does not prove who it is gets neither password nor rows, and the error says what to do.
func TestAServerMustProveWhoItIs(t *testing.T) {
	t.Parallel()
	server, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Options: embedded.Options{Progress: os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) }) // it vanishes with its data
	db := pgtest.At(t, server.URL(), "eventdrop")
	if _, err := migrations.Up(t.Context(), db.URL, db.Schema); err != nil {
		t.Fatal(err)
	}
	w := world.New(t, world.Options{Versioned: true, DB: db})
	put(t, w, "one.csv", rows(0, 3))
	ours, another := newAuthority(t, "ours"), newAuthority(t, "another")
	byName := strings.Replace(strings.Replace(db.LoaderURL, "127.0.0.1", "localhost", 1), "sslmode=disable", "sslmode=verify-full", 1)
	byNumber := strings.Replace(byName, "localhost", "127.0.0.1", 1)
	refused := func(address, file, part string) {
		t.Helper()
		f := start(t, w, "ingest", "EVENTDROP_DATABASE_URL="+address, "EVENTDROP_DATABASE_CA="+file)
		f.refuses(bare(w, "one.csv"), "NotReadyError", part)
	}
	refused(byName, ours.file(), "PostgreSQL speaks no TLS, so it cannot prove who it is: switch it on there (ssl = on)")

	ours.present(db, server, time.Now().Add(time.Hour))
	refused(byName, another.file(), "signed by nobody who is known here (x509: certificate signed by unknown authority)")
	refused(byName, "", "name the PEM file of its authority in EVENTDROP_DATABASE_CA") // the system does not know it either
	refused(byNumber, ours.file(), "is not for the host 127.0.0.1")
	nonsense := filepath.Join(t.TempDir(), "nonsense.pem")
	if err := os.WriteFile(nonsense, []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(byName, nonsense, "the certificates of EVENTDROP_DATABASE_CA cannot be read: want a PEM file")
	refused(byName, nonsense+".missing", "the certificates of EVENTDROP_DATABASE_CA cannot be read: want a PEM file")
	if got := w.Value("select count(*) from objects"); got != "0" {
		t.Errorf("%s objects were seen", got)
	}

	f := start(t, w, "ingest", "EVENTDROP_DATABASE_URL="+byName, "EVENTDROP_DATABASE_CA="+ours.file(another))
	f.accepts(bare(w, "one.csv"), done)
	if got := w.Value("select count(*) from pg_stat_ssl s join pg_stat_activity a using (pid) where s.ssl and a.application_name = 'eventdrop'"); got != "1" {
		t.Errorf("%s connections by TLS", got)
	}

	ours.present(db, server, time.Now().Add(-time.Hour))
	refused(byName, ours.file(), "PostgreSQL's certificate is not valid (x509: certificate has expired")
	w.CheckBooks()
}
