package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/term"
)

func verified() VerifyReport {
	return VerifyReport{
		Service: "orders", Database: "sqlite", Took: 61234 * time.Millisecond,
		Clauses: []Clause{
			{ID: "HL-1", Title: "probes live", Level: "MUST", Outcome: "held", Notes: []string{"the database away: not applicable"}},
			{ID: "HT-10", Title: "framing", Level: "SHOULD", Outcome: "broken", Breaks: []Observed{{"GET /\r\nHost: x", "400", "\x1b[2J200"}}},
			{ID: "RS-20", Title: "keys", Level: "SHOULD", Outcome: "not applicable", Missing: "module idempotency"},
		},
		Sums: []Sum{{"MUST", 1, 0, 0}, {"SHOULD", 0, 1, 1}},
	}
}

func TestVerifyForPeople(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := (Human{Out: term.Output{Writer: &out, Width: 80}}).Verify(verified()); err != nil {
		t.Fatal(err)
	}
	want := `  HL-1   MUST    held    probes live
  HT-10  SHOULD  broken  framing
  RS-20  SHOULD  n.a.    no module idempotency: keys

HT-10 SHOULD is broken: framing
  request   GET /
            Host: x
  expected  400
  observed  \x1b[2J200

Not tried
  HL-1  the database away: not applicable

MUST    1 held, 0 broken, 0 not applicable
SHOULD  0 held, 1 broken, 1 not applicable
orders on sqlite in 1m1.2s
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	out.Reset()
	if err := (Human{Out: term.Output{Writer: &out, Width: 80, Colour: true}}).Verify(verified()); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"\x1b[32mheld\x1b[0m", "\x1b[1;31mbroken\x1b[0m", "\x1b[2mn.a.\x1b[0m"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is missing in %q", part, out.String())
		}
	}
}

func TestVerifyForPrograms(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := (JSON{Out: term.Output{Writer: &out}}).Verify(verified()); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{"sill": 1, "verify": {
		"service": "orders", "database": "sqlite", "seconds": 61.234,
		"sums": [{"level": "MUST", "held": 1, "broken": 0, "notApplicable": 0}, {"level": "SHOULD", "held": 0, "broken": 1, "notApplicable": 1}],
		"clauses": [
			{"id": "HL-1", "title": "probes live", "level": "MUST", "outcome": "held", "breaks": [], "notes": ["the database away: not applicable"]},
			{"id": "HT-10", "title": "framing", "level": "SHOULD", "outcome": "broken", "notes": [],
				"breaks": [{"request": "GET /\r\nHost: x", "expectation": "400", "observation": "\u001b[2J200"}]},
			{"id": "RS-20", "title": "keys", "level": "SHOULD", "outcome": "not applicable", "missing": "module idempotency", "breaks": [], "notes": []}
		]}}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
