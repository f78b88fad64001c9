package contract

import (
	"os"
	"path/filepath"
	"testing"
)

// written makes a document of files, the first of which is openapi.yaml.
func written(t *testing.T, version string, schemas, other string) *document {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"openapi.yaml": "openapi: " + version + "\ninfo: {title: x, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n" + schemas,
		"other.yaml":   other,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &document{dir: dir, name: "openapi.yaml", files: map[string]any{}}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	const tree = "    A: {type: object, additionalProperties: false, properties: {child: {$ref: '#/components/schemas/A'}, day: {$ref: 'other.yaml#/Day'}}}\n"
	const other = "Day: {type: string, format: date}\n"
	for _, c := range []struct {
		name, version, schemas string
		value                  any
		fits                   bool
	}{
		{"recursive", "3.1.0", tree, object{"child": object{"child": object{}}}, true},
		{"recursive, deep fault", "3.1.0", tree, object{"child": object{"child": object{"x": 1}}}, false},
		{"other file", "3.1.0", tree, object{"day": "2026-02-28"}, true},
		{"other file, no such day", "3.1.0", tree, object{"day": "2026-02-30"}, false},
		{"named like a keyword", "3.1.0", "    A: {type: object, properties: {default: {type: integer}, example: {type: string}}}\n", object{"default": "x"}, false},
		{"nullable", "3.0.3", "    A: {type: string, nullable: true, enum: [a]}\n", nil, true},
		{"not nullable", "3.0.3", "    A: {type: string, enum: [a]}\n", nil, false},
		{"nullable reference", "3.0.3", "    A: {nullable: true, allOf: [{$ref: '#/components/schemas/B'}]}\n    B: {type: string}\n", nil, true},
		{"nullable reference, other type", "3.0.3", "    A: {nullable: true, allOf: [{$ref: '#/components/schemas/B'}]}\n    B: {type: string}\n", true, false},
		{"exclusive", "3.0.3", "    A: {type: integer, minimum: 1, exclusiveMinimum: true}\n", 1, false},
		{"not exclusive", "3.0.3", "    A: {type: integer, minimum: 1, exclusiveMinimum: false}\n", 1, true},
		{"pattern of another dialect", "3.1.0", "    A: {type: string, pattern: '^(?=a)'}\n", "b", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := written(t, c.version, c.schemas, other)
			p, err := d.part("openapi.yaml", "/components/schemas/A")
			if err != nil {
				t.Fatal(err)
			}
			schema, foreign, err := d.compile(p)
			if err != nil {
				t.Fatal(err)
			}
			if fault := fit(schema, c.value); (fault == "") != c.fits {
				t.Errorf("fault %q", fault)
			}
			if (len(foreign) > 0) != (c.name == "pattern of another dialect") {
				t.Errorf("patterns that cannot be tried: %q", foreign)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	a := &api{operations: []*operation{{method: "GET", path: "/a/{id}"}, {method: "GET", path: "/a/new"}, {method: "PUT", path: "/a/{id}"}, {method: "GET", path: "/f/{name}.json"}}}
	for _, c := range []struct {
		method, path, want string
		known              bool
	}{
		{"GET", "/a/1?x=/", "/a/{id}", true},
		{"GET", "/a/new", "/a/new", true},
		{"PUT", "/a/new", "/a/{id}", true},
		{"DELETE", "/a/new", "", true},
		{"PUT", "/a/1", "/a/{id}", true},
		{"GET", "/a/", "", false},
		{"GET", "/a/1/2", "", false},
		{"GET", "/f/x.json", "/f/{name}.json", true},
		{"GET", "/f/.json", "", false},
	} {
		o, known := a.find(c.method, c.path)
		got := ""
		if o != nil {
			got = o.path
		}
		if got != c.want || known != c.known {
			t.Errorf("%s %s: %q, %t", c.method, c.path, got, known)
		}
	}
}
