package storefront

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

// options of all errors that are joined in err.
func optionsOf(t *testing.T, err error) (names []string) {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%T is not joined", err)
	}
	for _, one := range joined.Unwrap() {
		var fault *OptionError
		if !errors.As(one, &fault) || fault.Text == "" {
			t.Fatalf("%v is no *OptionError", one)
		}
		names = append(names, fault.Option)
	}
	return names
}

func TestValidateNamesEveryOptionThatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options Options
		want    []string
	}{
		"zero value":            {Options{}, nil},
		"everything":            {dirty(1), nil},
		"every row spoilt":      {Options{Defects: 1}, nil},
		"unknown shape":         {Options{Shape: "round"}, []string{"shape"}},
		"unknown compression":   {Options{Compression: "lzma"}, []string{"compression"}},
		"absolute prefix":       {Options{Prefix: "/drop"}, []string{"key-prefix"}},
		"prefix leading out":    {Options{Prefix: "../drop"}, []string{"key-prefix"}},
		"empty part of prefix":  {Options{Prefix: "a//b"}, []string{"key-prefix"}},
		"no rows":               {Options{Rows: Rows{0, 5}}, []string{"rows"}},
		"too many rows":         {Options{Rows: Rows{1, MaxRows + 1}}, []string{"rows"}},
		"rows upside down":      {Options{Rows: Rows{9, 5}}, []string{"rows"}},
		"defects above one":     {Options{Defects: 1.5}, []string{"defects"}},
		"defects not a number":  {Options{Defects: math.NaN()}, []string{"defects"}},
		"negative redrops":      {Options{Redrops: -0.1}, []string{"redrops"}},
		"unknown class":         {Options{Rates: map[string]float64{"time_moon": 0.1}}, []string{"defect"}},
		"redrop is no class":    {Options{Rates: map[string]float64{"redrop": 0.1}}, []string{"defect"}},
		"rate above one":        {Options{Rates: map[string]float64{"time_dmy": 2}}, []string{"defect"}},
		"row rates above one":   {Options{Rates: map[string]float64{"time_dmy": 0.6, "time_naive": 0.6}}, []string{"defect"}},
		"object rates above 1":  {Options{Rates: map[string]float64{"object_cut": 0.6}, Redrops: 0.6}, []string{"defect"}},
		"unknown version":       {Options{Versions: map[string]float64{"v9": 1}}, []string{"versions"}},
		"negative weight":       {Options{Versions: map[string]float64{"v1": -1, "v2": 2}}, []string{"versions"}},
		"endless weight":        {Options{Versions: map[string]float64{"v1": math.Inf(1)}}, []string{"versions"}},
		"no weight":             {Options{Versions: map[string]float64{"v1": 0}}, []string{"versions"}},
		"original, compressed":  {Options{Shape: ShapeOriginal, Compression: CompressionGzip}, []string{"compression"}},
		"original with version": {Options{Shape: ShapeOriginal, Versions: map[string]float64{"v1": 1}}, []string{"versions"}},
		"original with defects": {Options{Shape: ShapeOriginal, Defects: 0.1}, []string{"defects"}},
		"several at once": {
			Options{Shape: "x", Compression: "y", Prefix: "/", Rows: Rows{3, 1}, Defects: 7, Redrops: 7},
			[]string{"shape", "compression", "key-prefix", "rows", "defects", "redrops"},
		},
	} {
		if got := optionsOf(t, test.options.Validate()); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: faults of %v, want %v", name, got, test.want)
		}
	}
}

func TestNewRefusesWhatValidateRefuses(t *testing.T) {
	t.Parallel()
	if s, err := New(Options{Shape: "round", Defects: 2}); s != nil || len(optionsOf(t, err)) != 2 {
		t.Errorf("shop %v, error %v", s, err)
	}
}

func TestClassesHaveNamesAndTexts(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Classes() {
		if c.Name == "" || c.Text == "" || seen[c.Name] {
			t.Errorf("class %+v", c)
		}
		seen[c.Name] = true
	}
	if len(seen) < 60 {
		t.Errorf("%d classes", len(seen))
	}
}
