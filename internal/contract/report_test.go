package contract

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func example() Report {
	return Report{Service: "orders", Database: "sqlite", Took: 1500 * time.Millisecond, Results: []Result{
		{ID: "HT-2", Title: "unknown paths are 404", Level: Must, Outcome: Held, Notes: []string{"half of it"}},
		{ID: "HT-10", Title: "framing", Level: Should, Outcome: Broken, Breaks: []Break{{Should, "GET /\nHost: x", "400", "200 <b>"}}},
		{ID: "CT-1", Title: "image", Level: Must, Outcome: NotApplicable, Missing: "module docker"},
	}}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := example().Table(&out); err != nil {
		t.Fatal(err)
	}
	want := `HT-2   MUST    held                     unknown paths are 404
HT-10  SHOULD  broken                   framing
CT-1   MUST    n.a. (no module docker)  image

MUST   1 held, 0 broken, 1 not applicable
SHOULD 0 held, 1 broken, 0 not applicable
orders on sqlite in 1.5s

HT-2 in part: half of it

HT-10 SHOULD is broken: framing
  request   GET /
            Host: x
  expected  400
  observed  200 <b>
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := example().JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"held": 1.0, "broken": 0.0, "not applicable": 1.0}
	if diff := cmp.Diff(want, got["must"]); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(out.String(), `"observation": "200 <b>"`) {
		t.Errorf("no observation in %s", out.String())
	}
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := example().JUnit(&out); err != nil {
		t.Fatal(err)
	}
	var got junitSuite
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 3 || got.Failures != 1 || got.Skipped != 1 || got.Cases[1].Failure == nil || got.Cases[2].Skipped == nil {
		t.Errorf("got %s", out.String())
	}
}
