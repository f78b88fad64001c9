package render

import (
	"bytes"
	"reflect"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/eval"
	"groundsill.example/internal/tree"
)

// memo is what a rendering knows of how its files came about.
type memo struct {
	blueprint *blueprint.Blueprint
	data      map[string]any
	files     map[origin]remembered
}

// origin is a template and the path that it made.
type origin struct {
	source tree.Path
	path   string
}

// remembered is a file, and all that it depends on beside the keys of the data
// and the partials that its template uses.
type remembered struct {
	template blueprint.Template
	uses     eval.Uses
	item     any // of the list that the template is rendered for
	content  []byte
}

// earlier finds files of an earlier rendering.
type earlier struct {
	*memo

	blueprint *blueprint.Blueprint // of this rendering
	same      map[string]bool      // keys of the data whose values have not changed
}

// since compares the data of a rendering with that of an earlier one.
func (m *memo) since(b *blueprint.Blueprint, data map[string]any) *earlier {
	if m == nil {
		return nil
	}
	same := map[string]bool{}
	for key, v := range data {
		was, known := m.data[key]
		same[key] = known && reflect.DeepEqual(was, v)
	}
	return &earlier{m, b, same}
}

// find returns the file that a template made before, if it would make it again.
func (e *earlier) find(t blueprint.Template, path string, item any) (remembered, bool) {
	if e == nil {
		return remembered{}, false
	}
	r, known := e.files[origin{t.Source, path}]
	if !known || r.uses.All || !reflect.DeepEqual(r.template, t) || !reflect.DeepEqual(r.item, item) {
		return r, false
	}
	for key := range r.uses.Keys {
		if key != t.Each.As && !e.same[key] {
			return r, false
		}
	}
	for name := range r.uses.Partials {
		was, known := e.memo.blueprint.Partials[name]
		if is, still := e.blueprint.Partials[name]; !known || !still || was != is {
			return r, false
		}
	}
	return r, e.sameSource(t.Source)
}

func (e *earlier) sameSource(p tree.Path) bool {
	was, _ := e.memo.blueprint.Content.File(p)
	is, _ := e.blueprint.Content.File(p)
	return bytes.Equal(was.Data, is.Data)
}

// remember returns what the jobs of a rendering have made.
func remember(b *blueprint.Blueprint, data map[string]any, jobs []*job) *memo {
	m := &memo{b, data, map[origin]remembered{}}
	for _, j := range jobs {
		for _, f := range j.files {
			if !j.template.Raw {
				m.files[origin{j.template.Source, f.path}] = remembered{j.template, f.uses, f.item, f.file.Data}
			}
		}
	}
	return m
}
