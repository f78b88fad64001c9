package eval

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestUses(t *testing.T) {
	partials := map[string]string{
		"title":  "{{ .name }} {{ .kind }}",
		"outer":  `{{ template "title" . }}{{ $.outer }}`,
		"part":   `{{ .inner }}{{ range .list }}{{ $.inner }}{{ end }}`,
		"loop":   `{{ if .more }}{{ include "loop" . }}{{ end }}`,
		"lookup": `{{ index . "x" }}`,
	}
	for text, want := range map[string]string{
		"plain":                         "",
		"{{ .a }}{{ .b.c }}{{ $.d.e }}": "a b d",
		"{{ range .a }}{{ .b }}{{ . }}{{ $.c }}{{ else }}{{ .d }}{{ end }}":                        "a c d",
		"{{ with .a }}{{ .b }}{{ $x := .c }}{{ $x.d }}{{ end }}":                                   "a",
		"{{ range $i, $v := .a }}{{ $v.b }}{{ if $i }}{{ $.c }}{{ end }}{{ end }}":                 "a c",
		"{{ if and .a (not .b) }}{{ .c | upper | printf \"%s %s\" .d }}{{ else if .e }}x{{ end }}": "a b c d e",
		"{{ (index .a 0).b }}":                                            "a",
		`{{ include "title" . }}`:                                         "kind name +title",
		`{{ include "title" $ | upper }}`:                                 "kind name +title",
		`{{ template "outer" . }}`:                                        "kind name outer +outer +title",
		`{{ include "part" .a }}`:                                         "a +part",
		`{{ range .a }}{{ include "part" . }}{{ end }}`:                   "a +part",
		`{{ range .a }}{{ include "title" $ }}{{ end }}`:                  "a kind name +title",
		`{{ include "loop" . }}`:                                          "more +loop",
		`{{ define "own" }}{{ .x }}{{ end }}{{ template "own" . }}`:       "x",
		`{{ define "own" }}{{ .x }}{{ end }}{{ template "own" }}{{ .y }}`: "y",
		"{{ . }}":                       "*",
		"{{ $ }}":                       "*",
		"{{ $x := . }}{{ $x.a }}":       "*",
		"{{ with . }}{{ .a }}{{ end }}": "*",
		"{{ range .a }}{{ $ | toJson }}{{ end }}":      "*",
		`{{ index . "a" }}`:                            "*",
		`{{ include "lookup" . }}`:                     "*",
		`{{ include (printf "%s" .a) . }}`:             "*",
		`{{ . | include "title" }}`:                    "*",
		`{{ range .a }}{{ index . "b" }}{{ end }}`:     "a",
		`{{ range .a }}{{ include .b . }}{{ end }}`:    "*",
		`{{ include "part" (index . "a") }}`:           "*",
		`{{ include "lookup" (dict "a" .b "c" $.d) }}`: "b d +lookup",
	} {
		e, err := New(partials)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := e.Parse("t", text, "", "")
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		uses := parsed.Uses()
		got := slices.Sorted(maps.Keys(uses.Keys))
		for _, p := range slices.Sorted(maps.Keys(uses.Partials)) {
			got = append(got, "+"+p)
		}
		if uses.All {
			got = []string{"*"}
		}
		if said := strings.Join(got, " "); said != want {
			t.Errorf("%s uses %q, not %q", text, said, want)
		}
	}
}
