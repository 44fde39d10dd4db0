package alike

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file is what the readers get.
type file struct {
	name string
	text []byte
}

// goldenFiles are the golden cases of csvfile that give records.
func goldenFiles(t *testing.T) (files []file) {
	t.Helper()
	for _, kind := range []string{"ok", "partly"} {
		inputs, err := filepath.Glob(filepath.Join("..", "testdata", kind, "*", "input.*"))
		if err != nil || len(inputs) == 0 {
			t.Fatalf("no cases below %s: %v", kind, err)
		}
		for _, input := range inputs {
			if namesFields(filepath.Join(filepath.Dir(input), "options.json")) {
				continue // the first row is no header for others to compare with
			}
			text, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file{kind + "/" + filepath.Base(filepath.Dir(input)), text})
		}
	}
	return files
}

// namesFields reports whether a case's options say what the fields of a file without header are.
func namesFields(options string) bool {
	text, err := os.ReadFile(options)
	return err == nil && strings.Contains(string(text), `"header":`)
}

// generatedFiles are the same for ever, so that what Python reads in them can be recorded.
func generatedFiles() (files []file) {
	random := rand.New(rand.NewPCG(1, 2)) // repeatable
	for i := range 500 {
		files = append(files, file{fmt.Sprint("generated/", i), []byte(generate(random))})
	}
	return files
}

// generate writes a file as programs do, in one that is dirty with some lines that no program writes.
func generate(random *rand.Rand) string {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	width := 1 + random.IntN(4)
	delimiter, lineEnd := pick(",", ",", ";", "\t", "|"), pick("\n", "\n", "\r\n")
	quoteAll, dirty := random.IntN(3) == 0, random.IntN(4) == 0
	lines := []string{strings.Join(columns()[:width], delimiter)}
	for range random.IntN(8) {
		if dirty && random.IntN(3) == 0 {
			lines = append(lines, dirtyLine(random, delimiter))
			continue
		}
		fields := make([]string, width)
		for i := range fields {
			fields[i] = quoted(pick("", "x", "é", "😀", "a b", " padded ", `a "q" b`, "a,b", "a;b|c\td", "l1\nl2", "l1\n\nl2", "\n", `"`, `""`,
				"=1+1", `\N`, "it's", "\u2028", "\u00a0", strings.Repeat("long ", 30)), delimiter, quoteAll || width == 1)
		}
		lines = append(lines, strings.Join(fields, delimiter))
	}
	text := strings.Join(lines, lineEnd)
	if random.IntN(20) > 0 {
		text += lineEnd
	}
	return text
}

func quoted(field, delimiter string, always bool) string {
	if always || strings.ContainsAny(field, "\"\r\n"+delimiter) {
		return `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
	}
	return field
}

func dirtyLine(random *rand.Rand, delimiter string) string {
	var line strings.Builder
	for range random.IntN(10) {
		line.WriteString([]string{"a", delimiter, delimiter, `"`, `"`, " ", "é"}[random.IntN(7)])
	}
	return line.String()
}

func columns() []string {
	return []string{
		"event_id", "event_type", "product_name", "category", "price", "event_time", "user_id", "session_id", "product_id", "quantity", "currency", "device",
	}
}
