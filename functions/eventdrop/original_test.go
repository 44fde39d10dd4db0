package main

import (
	"encoding/csv"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/generator/storefront"
)

// originalFile is a file of the pipeline that eventdrop replaces.
type originalFile struct {
	key      string
	records  []map[string]string
	modified time.Time
}

// dropOriginals stores n of its files.
func (w *world) dropOriginals(n int, seed uint64) (files []originalFile) {
	w.t.Helper()
	w.drop(n, storefront.Options{Seed: seed, Shape: storefront.ShapeOriginal, NoFuture: true})
	for i := range w.truth {
		files = append(files, w.readOriginal(w.truth[i].Key))
	}
	return files
}

// readOriginal reads a file back with the reader of the standard library, and its time from the store.
func (w *world) readOriginal(key string) originalFile {
	w.t.Helper()
	object, body, err := w.parts.Pipeline.Pipelines[0].Source.Open(w.t.Context(), w.object(key))
	if err != nil {
		w.t.Fatal(err)
	}
	defer body.Close()
	rows, err := csv.NewReader(body).ReadAll()
	if err != nil {
		w.t.Fatal(err)
	}
	file := originalFile{key: key, modified: object.LastModified}
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, name := range rows[0] {
			record[name] = row[i]
		}
		file.records = append(file.records, record)
	}
	return file
}

const originalTime = "2006-01-02T15:04:05.000000Z07:00"

// repaired is the original job's cleaning of one record, without the contract. Where it took its clock, this takes the object's time.
func repaired(record map[string]string, modified time.Time) map[string]string {
	want := map[string]string{
		"action": "UNKNOWN", "product_name": "Unknown Product", "session_id": "unknown", "timestamp": modified.UTC().Format(originalTime),
	}
	for _, layout := range []string{"2006-01-02T15:04:05.000000", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, record["timestamp"]); err == nil {
			want["timestamp"] = at.Format(originalTime)
		}
	}
	if action := record["action"]; action != "" && action != "null" {
		want["action"] = strings.ToUpper(action)
	}
	for _, column := range []string{"product_name", "session_id"} {
		if record[column] != "" {
			want[column] = record[column]
		}
	}
	for _, column := range []string{"user_id", "product_id"} {
		if id, err := strconv.ParseFloat(record[column], 64); err == nil && id > 0 {
			want[column] = strconv.FormatInt(int64(id), 10)
		}
	}
	if price, err := strconv.ParseFloat(record["price"], 64); err == nil {
		want["price"] = fmt.Sprintf("%.2f", max(price, 0))
	}
	return want
}

// Issue 4: the original pipeline's shape under its own contract, from the bucket to the table, value by value.
func TestTheOriginalsFilesAreRepairedIntoTheirTable(t *testing.T) {
	w := newWorld(t)
	w.createTable("original_pipeline")
	t.Setenv("EVENTDROP_CONTRACT", "original_pipeline")
	files := w.dropOriginals(20, 31)
	w.wants(exitDone, []string{"reconcile"}, "loaded: 20")
	w.expect("0", "select count(*) from rejected_rows")
	rows := w.originalRows()
	repairs := 0
	for _, file := range files {
		for i, record := range file.records {
			want, got := repaired(record, file.modified), rows[place{file.key, int64(i + 2)}]
			delete(got, "event_id")
			if !maps.Equal(got, want) {
				t.Errorf("%s line %d: %v\n got %v\nwant %v", file.key, i+2, record, got, want)
			}
			if want["timestamp"] == file.modified.UTC().Format(originalTime) {
				repairs++
			}
		}
	}
	if len(rows) != 2000 || repairs == 0 {
		t.Errorf("%d rows, %d repaired times: nothing was compared", len(rows), repairs)
	}
	w.expect("t", "select (select sum(inserted) from receipts) = (select count(*) from original_events)")
	w.expect("t", "select bool_and(n > 0) from (select sum(count) as n from quality_counts where rule in ('absent_defaulted', 'invalid_timestamp_defaulted', 'below_minimum_nulled') group by rule) r")
	// Its names are used again in every run: the new files' records come beside the old ones.
	w.truth = nil
	w.dropAgain(5, 32)
	w.wants(exitDone, []string{"reconcile"}, "loaded: 5")
	w.expect("2500", "select count(*) from original_events")
	w.wants(exitDone, []string{"contract", "check", "original_pipeline"}, "table original_events fits it")
}

// dropAgain overwrites the files of an earlier run.
func (w *world) dropAgain(n int, seed uint64) {
	w.t.Helper()
	shop, err := storefront.New(storefront.Options{Seed: seed, Shape: storefront.ShapeOriginal})
	if err != nil {
		w.t.Fatal(err)
	}
	for range n {
		object, err := shop.Next(time.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		w.overwrite(object.Key, string(object.Body))
	}
}

// originalRows are the rows of the table by where they came from.
func (w *world) originalRows() map[place]map[string]string {
	w.t.Helper()
	rows := map[place]map[string]string{}
	own := w.parts.Warehouse.Under(w.embedded("original_pipeline"))
	if err := own.EachEvent(w.t.Context(), func(e warehouse.ExportedEvent) error {
		values, extras, err := eventValues(e.Document)
		if len(extras) > 0 {
			w.t.Errorf("%s line %d: extras %v", e.Key, e.Line, extras)
		}
		if at, err := time.Parse(time.RFC3339Nano, values["timestamp"]); err == nil {
			values["timestamp"] = at.UTC().Format(originalTime)
		}
		rows[place{e.Key, e.Line}] = values
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// And under the default contract, which rejects what the original mended: as the generator's truth says, line by line.
func TestTheOriginalsFilesUnderTheDefaultContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.dropOriginals(20, 33)
	w.reconcile()
	w.check()
	w.expect("t", "select count(*) > 20 from rejected_rows")
	w.expect("t", "select count(*) > 1500 from events")
	w.expect("invalid_timestamp event_time,missing event_time,missing event_type", `select string_agg(distinct concat_ws(' ', reason, column_name), ',')
		from rejected_rows where reason in ('missing', 'invalid_timestamp')`)
}

func (w *world) object(key string) dropzone.Object {
	return dropzone.Object{Bucket: w.config.S3Bucket, Key: key}
}

func (w *world) embedded(name string) *contract.Contract {
	w.t.Helper()
	c, err := contract.Embedded(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
