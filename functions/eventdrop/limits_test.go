package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"eventdrop/functions/internal/dropzone"
)

// mostMemory is what the program may use at its peak, whatever the object: Lambda's smallest size.
const mostMemory = detector * 128 << 20

// evil is an object that would like to have all memory, and what must become of it.
type evil struct {
	name   string
	write  func(w io.Writer) error
	state  dropzone.State
	reason dropzone.Reason // of the object, or of its one reject
	books  dropzone.Books
}

const evilHead = "event_type,event_time,product_name\n"

// goodLine is a record of its own.
func goodLine(i int) string {
	return fmt.Sprintf("view,2024-05-06T07:%02d:%02dZ,lamp %d\n", i/60%60, i%60, i)
}

// goodLines writes n records below a beginning.
func goodLines(beginning string, n int) func(io.Writer) error {
	return func(w io.Writer) error {
		lines := bufio.NewWriter(w)
		_, err := lines.WriteString(beginning)
		for i := 0; i < n && err == nil; i++ {
			_, err = lines.WriteString(goodLine(i))
		}
		return errors.Join(err, lines.Flush())
	}
}

// text writes texts, the second one over and over, up to a number of bytes.
func text(before, repeated string, size int, after string) func(io.Writer) error {
	return func(w io.Writer) error {
		if _, err := io.WriteString(w, before); err != nil {
			return err
		}
		block := strings.Repeat(repeated, (64<<10)/len(repeated))
		for left := size; left > 0; left -= len(block) {
			if _, err := io.WriteString(w, block[:min(left, len(block))]); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, after)
		return err
	}
}

func gzipped(write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		compressed := gzip.NewWriter(w)
		if err := write(compressed); err != nil {
			return err
		}
		return compressed.Close()
	}
}

func zstded(write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		compressed, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		if err := write(compressed); err != nil {
			return err
		}
		return compressed.Close()
	}
}

// bzip2ed repeats a golden case, a stream of 18 MiB of text in 83 bytes: nothing in Go writes bzip2.
func bzip2ed(times int) func(io.Writer) error {
	return func(w io.Writer) error {
		stream, err := os.ReadFile(filepath.Join("..", "internal", "csvfile", "testdata", "unreadable", "bzip2_bomb", "input.csv.bz2"))
		if err != nil {
			return err
		}
		_, err = w.Write(bytes.Repeat(stream, times))
		return err
	}
}

func noise(w io.Writer) error {
	random := rand.NewChaCha8([32]byte{1})
	if _, err := io.WriteString(w, "\x00\x01\x02"); err != nil {
		return err
	}
	_, err := io.CopyN(w, random, 20<<20)
	return err
}

// utf16ed encodes text of the first 65,536 characters as it passes.
func utf16ed(write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		if _, err := w.Write([]byte{0xff, 0xfe}); err != nil {
			return err
		}
		return write(utf16Writer{w})
	}
}

type utf16Writer struct{ w io.Writer }

// Write takes ASCII, or whole characters.
func (u utf16Writer) Write(p []byte) (int, error) {
	encoded := make([]byte, 0, 2*len(p))
	for _, r := range string(p) {
		encoded = binary.LittleEndian.AppendUint16(encoded, uint16(r))
	}
	_, err := u.w.Write(encoded)
	return len(p), err
}

// D1, D7, D9, D10, D12, S7.
func evils() []evil {
	bomb := text(evilHead, "view,2024-05-06T07:08:09Z,"+strings.Repeat("x", 997)+"\n", 256<<20, "")
	columns := "event_type" + strings.Repeat(",x", 9_999) + "\nview" + strings.Repeat(",", 9_999) + "\n"
	parked := func(name string, write func(io.Writer) error, reason dropzone.Reason) evil {
		return evil{name, write, dropzone.Parked, reason, dropzone.Books{}}
	}
	loaded := func(name string, write func(io.Writer) error, reason dropzone.Reason, inserted, rejected int64) evil {
		books := dropzone.Books{RowsRead: inserted + rejected, Inserted: inserted, Rejected: rejected}
		return evil{name, write, dropzone.Loaded, reason, books}
	}
	return []evil{
		parked("gzip bomb", gzipped(bomb), dropzone.SuspiciousRatio),
		parked("zstd bomb", zstded(bomb), dropzone.SuspiciousRatio),
		parked("bzip2 bomb", bzip2ed(15), dropzone.SuspiciousRatio),
		parked("10,000 columns", text(columns, " ", 0, ""), dropzone.TooManyColumns),
		parked("binary", noise, dropzone.BinaryContent),
		parked("a header of 100 MB", text("event_type,event_time,", "x", 100<<20, "\n"), dropzone.HeaderTooLarge),
		loaded("a field of 100 MB", text(evilHead+goodLine(1)+"view,2024-05-06,", "x", 100<<20, "\n"+goodLine(2)), dropzone.RecordTooLarge, 2, 1),
		loaded("a quoted field of 100 MB", text(evilHead+goodLine(1)+`view,2024-05-06,"`, "x", 100<<20, "\"\n"+goodLine(2)), dropzone.RecordTooLarge, 2, 1),
		loaded("UTF-16", utf16ed(goodLines(evilHead, 20_000)), "", 20_000, 0),
		loaded("a quote opened in line 2 of many", goodLines(evilHead+"view,2024-05-06,\"lamp\n", 100_000), dropzone.UnbalancedQuote, 100_000, 1),
	}
}

func TestMemoryIsBoundedWhateverTheObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, e := range evils() {
		path := e.file(t)
		var stdout bytes.Buffer
		cmd := exec.CommandContext(t.Context(), os.Args[0], "load", "--dry-run", "-o", "json", path)
		cmd.Env = append(append(os.Environ(), asProgram+"=1", peakFile+"="+path+".peak"), w.settings()...) //nolint:forbidigo // what a process gets
		cmd.Stdout = &stdout
		begin := time.Now()
		_ = cmd.Run() // refused input is an exit code; the receipt says more
		e.check(t, onlyReceipt(t, stdout.String()))
		checkPeak(t, e.name, path+".peak")
		t.Logf("%s: %s", e.name, time.Since(begin).Round(time.Millisecond))
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// file writes the object to a file.
func (e evil) file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "evil.csv")
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(e.write(file), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (e evil) check(t *testing.T, receipt receiptView) {
	t.Helper()
	reason := receipt.Reason
	if len(receipt.Rejects) == 1 {
		reason = receipt.Rejects[0].Reason
	}
	if receipt.State != e.state || reason != e.reason || receipt.Books != e.books {
		t.Errorf("%s: %.1000v", e.name, receipt)
	}
}

// peakFile names the file into which the test binary, when it is the program, writes its peak of memory.
const peakFile = "EVENTDROP_TEST_PEAK_FILE"

// writePeak notes the most memory that this process had resident since it became the program. What its parent reads of an
// ended process may be too much: a new process begins with the peak of the one that started it.
func writePeak(path string) error {
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) { // not Linux
		var usage syscall.Rusage
		err = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
		status = fmt.Appendf(nil, "VmHWM: %d kB", usage.Maxrss>>10) // in bytes on macOS
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status)[1], 0o600)
}

func checkPeak(t *testing.T, name, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	peak, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || peak < 1<<10 || peak<<10 > mostMemory {
		t.Errorf("%s: a peak of %d MiB, %v", name, peak>>10, err)
	}
	t.Logf("%s: a peak of %d MiB", name, peak>>10)
}

// The evil objects of a bucket neither stop nor change what is loaded beside them, and the runner keeps its bound.
func TestEvilObjectsDoNotDisturbTheStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.start("serve")
	stored := 0
	for i, e := range evils() {
		if e.state != dropzone.Parked || e.reason == dropzone.HeaderTooLarge {
			continue // as large as the test's own memory should not be
		}
		var object bytes.Buffer
		if err := e.write(&object); err != nil {
			t.Fatal(err)
		}
		w.put("evil/"+e.name+".csv", object.String())
		w.drop(5, dirty(uint64(100+i)))
		stored++
	}
	w.eventually(strconv.Itoa(stored), "select count(*) from objects where key like 'evil/%' and state = 'parked'")
	w.eventually(strconv.Itoa(5*stored), "select count(*) from objects where key not like 'evil/%' and state in ('loaded', 'parked')")
	w.check()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	checkPeak(t, "serve", p.peak)
}
