package record

import (
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/resource"
	"groundsill.example/internal/strictyaml"
)

// schema reads the log, whose entries come one after the other.
func (p *parser) schema(items []*strictyaml.Node) []Entry {
	var log []Entry
	for _, item := range items {
		e := p.entry(item)
		if n := len(log); n > 0 && e.At != "" && !later(log[n-1].At, e.At) {
			p.Fail(item, "record-order", fmt.Sprintf("schema entry %s stands after %s", e.At, log[n-1].At),
				"entries are in the order of their numbers, each number once")
		}
		log = append(log, e)
	}
	return log
}

func kinds() []Kind { return []Kind{Create, Add, Drop, DropField, Module} }

func (p *parser) entry(n *strictyaml.Node) Entry {
	m := p.Map(n)
	if n.Kind != strictyaml.Mapping {
		return Entry{}
	}
	kind, ok := p.kind(m)
	if !ok {
		return Entry{}
	}
	required := []string{"at", string(kind)}
	var optional []string
	if kind == Module {
		required = append(required, "step")
	} else {
		optional = append(optional, "with")
	}
	if m.Has("resource") && kind == Module {
		required = append(required, "resource")
	}
	if m.Has("resource") || kind != Module {
		required = append(required, "plural", "fields")
	}
	if key := changedKey(kind); key != "" {
		required = append(required, key)
	}
	m = p.Map(n, slices.Concat(required, optional)...)
	m.Require(required...)
	e := Entry{At: p.shaped(m, "at", atForm, "5 or 14 digits in quotes"), Kind: kind}
	if kind == Module {
		e.Module = p.shaped(m, string(Module), nameForm, "the name of a module")
		e.Step = p.shaped(m, "step", keyForm, "the name of a migration of the module")
		if m.Has("resource") {
			e.Resource = p.table(m, "resource")
			p.checkEntry(n, e)
		}
		return e
	}
	e.Resource = p.table(m, string(kind))
	e.With = p.with(m)
	if key := changedKey(kind); key != "" {
		e.Changed = p.fields(m, key)
	}
	p.checkEntry(n, e)
	return e
}

// table reads the resource that an entry is about, whose name stands under a
// key.
func (p *parser) table(m strictyaml.Map, name string) resource.Resource {
	return resource.Resource{Name: m.Str(name), Plural: m.Str("plural"), Fields: p.fields(m, "fields")}
}

// with reads the names of modules, which are in order and each there once.
func (p *parser) with(m strictyaml.Map) []string {
	names := m.StrList("with")
	for i, name := range names {
		if !matches(nameForm, name) || i > 0 && names[i-1] >= name {
			p.Fail(m.Node, "record-value", "with lists names of modules, each once and in the order of the alphabet", "")
			break
		}
	}
	return names
}

// kind returns the one kind that an entry has a key for.
func (p *parser) kind(m strictyaml.Map) (Kind, bool) {
	var found []Kind
	names := make([]string, 0, len(kinds()))
	for _, k := range kinds() {
		names = append(names, string(k))
		if m.Has(string(k)) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		p.Fail(m.Node, "record-value", fmt.Sprintf("a schema entry has one of the keys %s, and this one has %d",
			strings.Join(names, ", "), len(found)), "")
		return "", false
	}
	return found[0], true
}

func (p *parser) fields(m strictyaml.Map, key string) []resource.Field {
	var fields []resource.Field
	for _, item := range m.List(key) {
		f, err := resource.FieldFromNode(item)
		if p.Take(item, err) {
			fields = append(fields, f)
		}
	}
	return fields
}

// checkEntry checks the resource before and after the entry.
func (p *parser) checkEntry(n *strictyaml.Node, e Entry) {
	if !p.OK() {
		return // what could not be read cannot be judged
	}
	if changedKey(e.Kind) != "" && len(e.Changed) == 0 {
		p.Fail(n, "record-value", fmt.Sprintf("the schema entry %s changes no field", e.At), "")
	}
	if e.Kind == Module {
		p.Take(n, resource.CheckAlone(e.Resource))
	}
	if r, ok := e.Before(); ok {
		p.Take(n, resource.CheckAlone(r))
	}
	if r, ok := e.After(); ok && p.OK() {
		p.Take(n, resource.CheckAlone(r))
	}
}
