package merge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"groundsill.example/internal/document"
)

// drawValue returns a map of maps, numbers and lists of numbers.
func drawValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	switch {
	case depth == 0 || depth < 3 && kind < 2:
		m := map[string]any{}
		for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(strings.Split("abcdef", "")), 1, 4, rapid.ID).Draw(t, "keys") {
			m[k] = drawValue(t, depth+1)
		}
		return m
	case kind == 2:
		list := []any{}
		for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 1, 4, rapid.ID).Draw(t, "items") {
			list = append(list, n)
		}
		return list
	}
	return rapid.IntRange(1, 9).Draw(t, "number")
}

// drawChange returns a value with some keys changed, added and taken out; what
// is new has a number of its own, from first on.
func drawChange(t *rapid.T, v any, first int) any {
	next := func() int { first++; return first }
	var change func(v any) any
	change = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			m := map[string]any{}
			for _, k := range slices.Sorted(maps.Keys(v)) {
				if rapid.IntRange(0, 8).Draw(t, "take out "+k) > 0 {
					m[k] = change(v[k])
				}
			}
			for rapid.IntRange(0, 3).Draw(t, "add") == 0 {
				k := rapid.SampledFrom(strings.Split("abcdefghij", "")).Draw(t, "key")
				if _, was := v[k]; !was {
					m[k] = drawNew(t, next)
				}
			}
			return m
		case []any:
			list := slices.Clone(v)
			if rapid.IntRange(0, 3).Draw(t, "insert") == 0 {
				list = slices.Insert(list, rapid.IntRange(0, len(list)).Draw(t, "at"), any(next()))
			}
			if len(list) > 1 && rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
				at := rapid.IntRange(0, len(list)-1).Draw(t, "at")
				list = slices.Delete(list, at, at+1)
			}
			return list
		}
		if rapid.IntRange(0, 5).Draw(t, "change") == 0 {
			return drawNew(t, next)
		}
		return v
	}
	return change(v)
}

func drawNew(t *rapid.T, next func() int) any {
	switch rapid.IntRange(0, 4).Draw(t, "new") {
	case 0:
		return map[string]any{"n": next(), "o": []any{next(), next()}}
	case 1:
		return []any{next()}
	}
	return next()
}

// merge3 is what a merge must come to, by values alone, and whether it can.
// Lists are compared without their order.
func merge3(b, o, t any, inB, inO, inT bool) (v any, there, ok bool) {
	same := func(a, b any, inA, inB bool) bool { return inA == inB && (!inA || reflect.DeepEqual(a, b)) }
	switch {
	case same(b, t, inB, inT), same(o, t, inO, inT):
		return o, inO, true
	case same(b, o, inB, inO):
		return t, inT, true
	}
	bm, _ := b.(map[string]any)
	om, okO := o.(map[string]any)
	tm, okT := t.(map[string]any)
	if okO && okT {
		m := map[string]any{}
		all := maps.Clone(om)
		maps.Copy(all, tm)
		for k := range all {
			b, inB := bm[k]
			o, inO := om[k]
			t, inT := tm[k]
			v, there, ok := merge3(b, o, t, inB, inO, inT)
			if !ok {
				return nil, false, false
			}
			if there {
				m[k] = v
			}
		}
		return m, true, true
	}
	bl, _ := b.([]any)
	ol, okO := o.([]any)
	tl, okT := t.([]any)
	if okO && okT {
		list := []any{}
		for _, item := range slices.Concat(ol, tl) {
			was, mine, others := slices.Contains(bl, item), slices.Contains(ol, item), slices.Contains(tl, item)
			if (mine && others || !was) && !slices.Contains(list, item) {
				list = append(list, item)
			}
		}
		return list, true, true
	}
	return nil, false, false
}

// sorted returns a value with its lists in order.
func sorted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k := range v {
			m[k] = sorted(v[k])
		}
		return m
	case []any:
		return slices.SortedFunc(slices.Values(v), func(a, b any) int { return a.(int) - b.(int) })
	}
	return v
}

// style is how a text is laid out.
type style struct {
	indent   int
	flow     int // the depth from which all is between brackets
	comments string
	json     bool
}

func (s style) write(v any) string {
	if s.json {
		var out bytes.Buffer
		if err := json.Indent(&out, []byte(inLine(v)), "", strings.Repeat(" ", s.indent)); err != nil {
			panic(err)
		}
		return out.String() + "\n"
	}
	var w strings.Builder
	s.block(&w, v, 0)
	return strings.TrimPrefix(w.String(), "\n") + "\n"
}

// block writes a value after a colon or a dash.
func (s style) block(w *strings.Builder, v any, depth int) {
	margin := "\n" + strings.Repeat(" ", s.indent*depth)
	m, isMap := v.(map[string]any)
	l, isList := v.([]any)
	switch {
	case isMap && len(m) > 0 && depth < s.flow:
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if s.comments != "" && (len(k)+depth)%2 == 1 {
				fmt.Fprintf(w, "%s# %s above %s", margin, s.comments, k)
			}
			w.WriteString(margin + k + ":")
			s.block(w, m[k], depth+1)
		}
	case isList && len(l) > 0 && depth < s.flow:
		for _, item := range l {
			w.WriteString(margin + "- ")
			s.block(w, item, depth+1)
		}
	default:
		w.WriteString(" " + inLine(v))
		if s.comments != "" {
			fmt.Fprintf(w, " # %s behind %s", s.comments, inLine(v))
		}
	}
}

// inLine returns a value as JSON in a line, with a space after each colon.
func inLine(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(data), ":", ": ")
}

// The result says what the values come to, and where they come to something it
// is no conflict, however the user has laid out the text and whatever stands in
// comments.
func TestDocumentsByValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		theirStyle := style{indent: 2, flow: rapid.IntRange(1, 4).Draw(t, "flow"), json: rapid.Bool().Draw(t, "json")}
		ourStyle := theirStyle
		if rapid.Bool().Draw(t, "another style") {
			ourStyle.indent, ourStyle.flow = rapid.IntRange(1, 4).Draw(t, "indent"), rapid.IntRange(1, 4).Draw(t, "our flow")
		}
		if rapid.Bool().Draw(t, "comments") {
			ourStyle.comments = "mine"
		}
		b := drawValue(t, 0)
		o, th := drawChange(t, b, 100), drawChange(t, b, 200)
		base, ours, theirs := theirStyle.write(b), ourStyle.write(o), theirStyle.write(th)
		if rapid.Bool().Draw(t, "crlf") {
			ours = strings.ReplaceAll(ours, "\n", "\r\n")
		}
		name := "a.yaml"
		if theirStyle.json {
			name = "a.json"
		}
		got := File(name, []byte(base), []byte(ours), []byte(theirs), Rule{Union: rapid.Bool().Draw(t, "union")}, Labels{})
		show := fmt.Sprintf("base:\n%s\nours:\n%s\ntheirs:\n%s\nresult:\n%s\n%s", base, ours, theirs, got.Data, outcome(got))
		want, _, ok := merge3(b, o, th, true, true, true)
		switch clean := outcome(got) == ""; {
		case !clean && ok && !hasEmpty(o) && !hasEmpty(want) && !hasList(want) && ourStyle.comments == "" && ourStyle.flow == theirStyle.flow:
			t.Fatalf("the values merge:\n%s", show)
		case !clean:
			return
		case bytes.Contains(got.Data, []byte("\r\n")) && bytes.Count(got.Data, []byte("\r\n")) != bytes.Count(got.Data, []byte("\n")):
			t.Fatalf("two kinds of line endings:\n%q", got.Data)
		}
		var v any
		if err := yaml.Unmarshal(got.Data, &v); err != nil {
			t.Fatalf("%v:\n%s", err, show)
		}
		if ok && !reflect.DeepEqual(sorted(v), sorted(want)) {
			t.Fatalf("the values are %v and should be %v:\n%s", v, want, show)
		}
		for line := range strings.Lines(ours) {
			_, c, has := strings.Cut(strings.TrimRight(line, "\r\n"), "# mine above")
			if _, taken, _ := strings.Cut(c, " "); has && o.(map[string]any)[taken] != nil && th.(map[string]any)[taken] != nil && !strings.Contains(string(got.Data), "# mine above"+c) {
				t.Fatalf("a comment is lost:\n%s", show)
			}
		}
	})
}

func hasEmpty(v any) bool {
	m, isMap := v.(map[string]any)
	return isMap && (len(m) == 0 || slices.ContainsFunc(slices.Collect(maps.Values(m)), hasEmpty))
}

func hasList(v any) bool {
	m, isMap := v.(map[string]any)
	_, isList := v.([]any)
	return isList || isMap && slices.ContainsFunc(slices.Collect(maps.Values(m)), hasList)
}

// FuzzDocument: what could be read on every side can be read afterwards, or
// there is a conflict, and a comment of the user is in it.
func FuzzDocument(f *testing.F) {
	for _, s := range [][3]string{
		{"a: 1\nb: [x, y]\n", "a: 1 # mine\nb: [x, m, y]\n", "a: 2\nb: [x, n, y]\n"},
		{"- name: a\n  run: |\n    x\n    y\n", "- name: a\n  run: |\n    X\n    y\n", "- name: a\n  run: |\n    x\n    y\n    z\n- b\n"},
		{"a: &x {b: c}\nd: *x\n", "a: &x {b: c}\nd:\n  <<: *x\n", "a: &y {b: c}\nd: *y\n"},
		{"", "a: 1\n", "b: 1\n"},
		{"a:\n", "a: {}\n", "a:\n- b\n"},
		{"{\"a\": []}", "{\"a\": [1]}", "{\"a\": [2], \"b\": {}}"},
		{"# h\na: 1\nb: 2\n", "# mine\na: 1\n\n# free\nb: 3\n", "# h\nb: 2\nc: 3\n"},
		{"a: 1\r\nb: 1\r\n", "a: 2\r\nb: 1\r\n", "a: 1\nc: 1\n"},
		{"a: 1\n---\nb: 1\n", "a: 2\n---\nb: 1\n", "a: 1\n---\nb: 2\n"},
		{"k:\n- a\n-\n- - b\n", "k:\n- a\n- c\n- - b\n", "k:\n-\n- - b\n  - d\n"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, base, ours, theirs string) {
		for _, side := range []string{base, ours, theirs} {
			if _, ok := document.YAML(unix([]byte(side))); !ok || strings.Contains(side, "#") && strings.ContainsAny(side, "\"'|>") {
				return
			}
		}
		r := File("a.yaml", []byte(base), []byte(ours), []byte(theirs), Rule{}, Labels{})
		if outcome(r) != "" {
			return
		}
		if _, ok := document.YAML(unix(r.Data)); !ok {
			t.Errorf("not readable and no conflict:\n%s", r.Data)
		}
		for line := range strings.Lines(ours) {
			if c := strings.TrimSpace(line); strings.HasPrefix(c, "#") && !strings.Contains(base, c) && !bytes.Contains(r.Data, []byte(c)) {
				t.Errorf("%q is lost:\n%s", c, r.Data)
			}
		}
	})
}
