package contract

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v4"
)

// document is a description of an API in OpenAPI: its files as data, and how
// references between them are followed.
type document struct {
	dir   string
	name  string         // of the file it starts in
	files map[string]any // what was read so far, by path below dir
}

// place is a part of a document. Where a part is written decides what its
// references mean.
type place struct {
	file    string
	pointer string
	value   any
}

// loadDocument reads a document and checks that it is valid.
func loadDocument(ctx context.Context, file string) (*document, error) {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	parsed, err := loader.LoadFromFile(file)
	if err != nil {
		return nil, err
	}
	if err := parsed.Validate(ctx); err != nil {
		return nil, err
	}
	d := &document{dir: filepath.Dir(file), name: filepath.Base(file), files: map[string]any{}}
	_, err = d.root()
	return d, err
}

// parseDocument makes a document of one text that refers to no files.
func parseDocument(data []byte) (*document, error) {
	value, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	const name = "document"
	return &document{name: name, files: map[string]any{name: value}}, nil
}

func (d *document) root() (place, error) { return d.part(d.name, "") }

// part returns what a JSON pointer names in a file.
func (d *document) part(file, pointer string) (place, error) {
	value, err := d.read(file)
	if err != nil {
		return place{}, err
	}
	p := place{file: file, value: value}
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if token == "" {
			continue
		}
		next, ok := p.member(strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
		if !ok {
			return place{}, fmt.Errorf("%s#%s refers to nothing", file, pointer)
		}
		p = next
	}
	return p, nil
}

func (d *document) read(file string) (any, error) {
	if value, ok := d.files[file]; ok {
		return value, nil
	}
	if d.dir == "" {
		return nil, fmt.Errorf("it refers to the file %s", file)
	}
	data, err := os.ReadFile(filepath.Join(d.dir, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	value, err := parseYAML(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d.files[file] = value
	return value, nil
}

// member returns a member of an object.
func (p place) member(name string) (place, bool) {
	o, _ := p.value.(object)
	value, ok := o[name]
	token := strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	return place{p.file, p.pointer + "/" + token, value}, ok
}

// text returns a member that is text, and "" where it is none.
func (p place) text(name string) string {
	one, _ := p.member(name)
	text, _ := one.value.(string)
	return text
}

// list returns a member that is a list, and whether there is one.
func (p place) list(name string) ([]any, bool) {
	one, _ := p.member(name)
	list, ok := one.value.([]any)
	return list, ok
}

// flag reports whether a member is true.
func (p place) flag(name string) bool {
	one, _ := p.member(name)
	on, _ := one.value.(bool)
	return on
}

// follow returns what a part means: itself, or what it refers to.
func (d *document) follow(p place) (place, error) {
	for range 32 {
		reference := p.text("$ref")
		if reference == "" {
			return p, nil
		}
		next, err := d.target(p.file, reference)
		if err != nil {
			return p, err
		}
		p = next
	}
	return p, errors.New(p.file + ": references go in circles")
}

func (d *document) target(file, reference string) (place, error) {
	u, err := url.Parse(reference)
	if err != nil || u.Scheme != "" || u.Host != "" {
		return place{}, fmt.Errorf("%s: cannot follow %s", file, reference)
	}
	if u.Path != "" {
		file = path.Join(path.Dir(file), u.Path)
	}
	return d.part(file, u.Fragment)
}

// within returns a member of a part, references followed on both. What is not
// there is a place without a value.
func (d *document) within(p place, name string) place {
	p, err := d.follow(p)
	if err != nil {
		return place{}
	}
	one, _ := p.member(name)
	one, err = d.follow(one)
	if err != nil {
		return place{}
	}
	return one
}

// resolved returns a copy of a part with what its references mean in their
// places. A part that contains itself is cut off there.
func (d *document) resolved(p place, inside ...string) (any, error) {
	if p.text("$ref") != "" {
		next, err := d.follow(p)
		if err != nil {
			return nil, err
		}
		key := next.file + "#" + next.pointer
		if slices.Contains(inside, key) {
			return "contains itself", nil
		}
		return d.resolved(next, append(inside, key)...)
	}
	switch value := p.value.(type) {
	case object:
		return d.resolvedObject(p, value, inside)
	case []any:
		list := make([]any, 0, len(value))
		for _, one := range value {
			one, err := d.resolved(place{file: p.file, value: one}, inside...)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		return list, nil
	}
	return p.value, nil
}

func (d *document) resolvedObject(p place, value object, inside []string) (any, error) {
	out := object{}
	for name := range value {
		member, _ := p.member(name)
		one, err := d.resolved(member, inside...)
		if err != nil {
			return nil, err
		}
		out[name] = one
	}
	return out, nil
}

// parseYAML reads YAML or JSON as what JSON can say.
func parseYAML(data []byte) (any, error) {
	var value any
	if err := yaml.Load(data, &value); err != nil {
		return nil, err
	}
	return plainYAML(value), nil
}

func plainYAML(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := object{}
		for name, one := range value {
			out[name] = plainYAML(one)
		}
		return out
	case map[any]any:
		out := object{}
		for name, one := range value {
			out[fmt.Sprint(name)] = plainYAML(one)
		}
		return out
	case []any:
		out := make([]any, 0, len(value))
		for _, one := range value {
			out = append(out, plainYAML(one))
		}
		return out
	case time.Time:
		if value.Equal(value.Truncate(day)) {
			return value.Format(time.DateOnly)
		}
		return value.Format(time.RFC3339Nano)
	}
	return value
}
