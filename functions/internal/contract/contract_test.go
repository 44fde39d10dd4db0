package contract

import "testing"

func TestDefaultParses(t *testing.T) {
	t.Parallel()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if c.Key != "event_id" || len(c.Columns) != 13 || c.Rules[0].Tolerance.Hours() != 1 || c.Rules[1].Time.Year() != 2000 {
		t.Errorf("default contract: %+v", c)
	}
}
