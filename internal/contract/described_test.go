package contract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// describedSuite is a suite for the small service with its description in the
// repository, where old is replaced in each of its files.
func describedSuite(t *testing.T, faults []string, old, changed string, clauses ...string) *suite {
	t.Helper()
	s := tinySuite(t, faults, clauses...)
	if err := os.CopyFS(s.Dir, os.DirFS(filepath.Join("testdata", "tiny"))); err != nil {
		t.Fatal(err)
	}
	replaced := 0
	for _, name := range []string{"openapi.yaml", "openapi/item.yaml", "openapi/parts.yaml"} {
		name = filepath.Join(s.Dir, filepath.FromSlash(name))
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if old == "" {
			continue
		}
		replaced += strings.Count(string(data), old)
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(data), old, changed)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if old != "" && replaced == 0 {
		t.Fatalf("the description has no %q", old)
	}
	return s
}

func TestDescribed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, fault, old, changed, says string }{
		{name: "green"},
		{name: "undocumented status", fault: "200 for gone", says: "DELETE /api/v1/items/{id}: the status 200 is not in the document"},
		{name: "other type", fault: "other type", says: "at '/next_cursor': got number, want null or string"},
		{name: "other member", fault: "other member", says: "additional properties 'total' not allowed"},
		{name: "other description", fault: "other description", says: "/info/title is other and not tiny"},
		{name: "operation that is never seen", old: "paths:\n", changed: "paths:\n  /reports: { get: { responses: { \"200\": { description: x } } } }\n", says: "GET /reports: an answer 200, because the document has it"},
		{name: "status that is never seen", old: `"204": { description: It is gone. }`, changed: "\"204\": { description: It is gone. }\n        \"418\": { description: x }", says: "DELETE /api/v1/items/{id}: an answer 418"},
		{name: "operation that is not there", old: "  /readyz:\n", changed: "  /readyz2:\n", says: "GET /readyz: the document has no such operation"},
		{name: "header that is missing", old: `ETag: {`, changed: `X-Tag: {`, says: "header X-Tag is missing"},
		{name: "header of another form", old: `^"[0-9]+"$`, changed: `^[0-9]+$`, says: "header Etag is"},
		{name: "media type", old: "application/problem+json", changed: "application/json", says: "and not application/json"},
		{name: "content where there is none", old: "content:\n      application/json: { schema: { type: object } }", changed: "x-content: {}", says: "the document has no content for it"},
		{name: "not OpenAPI", old: "info: { title: tiny, version: 1.0.0 }\n", changed: "", says: "openapi.yaml: a valid OpenAPI 3.1 document"},
		{name: "not YAML", old: "paths:\n", changed: "paths: [\n", says: "openapi.yaml: a valid OpenAPI 3.1 document"},
		{name: "another version", old: "openapi: 3.1.0", changed: "openapi: 3.2.0", says: "openapi: 3.2.0"},
		{name: "reference to nothing", old: "#/schemas/Page", changed: "#/schemas/Sheet", says: "openapi.yaml: a valid OpenAPI 3.1 document"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clauses := []string{"HT-2", "HT-8", "RS-3", "SE-8"}
			if c.says == "" {
				clauses = append(clauses, "HT-3", "HT-5", "HT-10", "SE-1", "SE-3")
			}
			var faults []string
			if c.fault != "" {
				faults = append(faults, c.fault)
				clauses = append(clauses, "SE-1", "SE-2", "SE-3", "SE-7")
			}
			r, err := describedSuite(t, faults, c.old, c.changed, clauses...).run(t.Context(), All())
			if err != nil {
				t.Fatal(err)
			}
			var broken, want []string
			if c.says != "" {
				want = []string{"SE-8 MUST"}
			}
			var seen strings.Builder
			for _, one := range r.Results {
				if one.Outcome == Broken && one.ID != "HT-10" { // the small service does not keep it
					broken = append(broken, one.ID+" "+string(one.Level))
				}
				for _, b := range one.Breaks {
					place := strings.TrimPrefix(b.Want, "an answer as the document describes it for ")
					seen.WriteString(b.Request + ": " + b.Want + "\n" + place + ": " + b.Got + "\n")
				}
			}
			if diff := cmp.Diff(want, broken); diff != "" || !strings.Contains(seen.String(), c.says) {
				t.Errorf("broken (-want +got):\n%s\n%s", diff, r.details())
			}
		})
	}
}
