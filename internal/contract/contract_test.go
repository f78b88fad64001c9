package contract

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
)

// tinySuite returns a suite for the small service with faults.
func tinySuite(t *testing.T, faults []string, clauses ...string) *suite {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := record.Record{
		Answers:   map[string]any{"name": "tiny", "database": "sqlite"},
		Resources: []resource.Resource{resource.Sample()},
		Commands: map[string][]string{
			"migrate": {binary, tinyWord, "migrate"},
			"start":   slices.Concat([]string{binary, tinyWord, "start"}, faults),
		},
		Modules: map[string]map[string]any{"idempotency": {}},
	}
	s, err := newSuiteOf(r, Options{Dir: t.TempDir(), Scratch: t.TempDir(), Now: time.Now, Clauses: clauses, Scale: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// red runs clauses against the small service and returns those that are
// broken.
func red(t *testing.T, faults []string, clauses ...string) (ids []string, r Report) {
	t.Helper()
	r, err := tinySuite(t, faults, clauses...).run(t.Context(), All())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range r.Results {
		if one.Outcome == NotApplicable {
			t.Errorf("%s is not applicable: no %s", one.ID, one.Missing)
		}
		if one.Outcome == Broken {
			ids = append(ids, one.ID+" "+string(one.Level))
		}
	}
	return ids, r
}

// The clauses that the small service keeps, by group.
func kept() map[string][]string {
	return map[string][]string{
		"ST": {"ST-2", "ST-3", "ST-4", "ST-5"},
		"HL": {"HL-1", "HL-2"},
		"HT": {"HT-1", "HT-2", "HT-3", "HT-4", "HT-5", "HT-6", "HT-7", "HT-8"},
		"RS": {
			"RS-1", "RS-2", "RS-3", "RS-4", "RS-7", "RS-9", "RS-10", "RS-11", "RS-12", "RS-13", "RS-14", "RS-15",
			"RS-16", "RS-17", "RS-18", "RS-19", "RS-20",
		},
		"LG": {"LG-1", "LG-2", "LG-3", "LG-4"},
		"MT": {"MT-1", "MT-2", "MT-5"},
		"SE": {"SE-1", "SE-2", "SE-3", "SE-4", "SE-5", "SE-7"},
		"FT": {"FT-6"},
	}
}

func TestSmallServiceIsGreen(t *testing.T) {
	t.Parallel()
	var all []string
	for _, ids := range kept() {
		all = append(all, ids...)
	}
	ids, r := red(t, nil, all...)
	if len(ids) > 0 {
		t.Errorf("broken: %s\n%s", ids, r.details())
	}
}

func TestFaultsAreRed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault string
		group string
		want  string
	}{
		{"first", "ST", "ST-2 MUST"},
		{"echo", "ST", "ST-3 MUST"},
		{"dotenv", "ST", "ST-4 MUST"},
		{"live needs database", "HL", "HL-1 MUST"},
		{"always ready", "HL", "HL-2 MUST"},
		{"tells", "HL", "HL-2 MUST"},
		{"plain errors", "HT", "HT-1 MUST, HT-2 MUST, HT-3 MUST, HT-5 MUST, HT-6 MUST, HT-7 SHOULD"},
		{"no allow", "HT", "HT-3 MUST"},
		{"no head", "HT", "HT-4 MUST"},
		{"trailing", "HT", "HT-5 MUST"},
		{"any media", "HT", "HT-6 MUST"},
		{"any accept", "HT", "HT-7 SHOULD"},
		{"any size", "HT", "HT-8 MUST"},
		{"host in location", "RS", "RS-1 MUST"},
		{"500 for unknown", "RS", "RS-3 MUST"},
		{"no clamp", "RS", "RS-4 MUST"},
		{"like", "RS", "RS-7 MUST"},
		{"one fault", "RS", "RS-9 MUST"},
		{"coerce", "RS", "RS-10 MUST"},
		{"utf16", "RS", "RS-11 SHOULD"},
		{"unknown", "RS", "RS-12 MUST"},
		{"put keeps", "RS", "RS-13 MUST"},
		{"frozen", "RS", "RS-14 MUST"},
		{"no if-match", "RS", "RS-15 MUST, RS-16 MUST"},
		{"no 304", "RS", "RS-17 MUST"},
		{"undead", "RS", "RS-19 MUST"},
		{"no keys", "RS", "RS-20 SHOULD"},
		{"key alone", "RS", "RS-20 SHOULD"},
		{"second time 409", "RS", "RS-20 SHOULD"},
		{"long key", "RS", "RS-20 SHOULD"},
		{"banner", "LG", "LG-1 MUST, LG-3 MUST"},
		{"query", "LG", "LG-2 MUST, LG-4 MUST"},
		{"trusting", "LG", "LG-2 MUST, LG-3 MUST"},
		{"no nosniff", "SE", "SE-1 MUST"},
		{"powered", "SE", "SE-2 MUST"},
		{"any origin", "SE", "SE-3 MUST"},
		{"any proxy", "SE", "SE-5 MUST"},
		{"actuator", "SE", "SE-7 MUST"},
		{"deaf", "FT", "FT-6 MUST"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			ids, r := red(t, []string{c.fault}, kept()[c.group]...)
			if got := strings.Join(ids, ", "); got != c.want {
				t.Errorf("broken: %s\nwant:   %s\n%s", got, c.want, r.details())
			}
		})
	}
}
