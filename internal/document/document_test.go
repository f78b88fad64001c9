package document

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// outline returns each child of a document as the bytes that it is.
func outline(d *Document) []string {
	if d.Root == nil {
		return nil
	}
	var all []string
	var walk func(n *Node, depth int)
	walk = func(n *Node, depth int) {
		for _, c := range n.Children {
			line := fmt.Sprintf("%s%q %q", strings.Repeat(" ", depth), d.Text[c.Start:c.Inner], d.Text[c.Node.Start:c.Node.End])
			if c.Head < c.Start {
				line += fmt.Sprintf(" above %q", d.Text[c.Head:c.Start])
			}
			if behind := d.Text[c.Node.End:c.End]; behind != "" {
				line += fmt.Sprintf(" behind %q", behind)
			}
			all = append(all, line)
			walk(c.Node, depth+1)
		}
	}
	walk(d.Root, 0)
	return all
}

func TestYAML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string // nil: not read
	}{
		{"entries", "a: 1 # one\n# of b\n# two\nb : 'x'' y'\n", []string{`"a:" "1" behind " # one"`, `"b :" "'x'' y'" above "# of b\n# two\n"`}},
		{"not the comment of an entry", "a: 1\n\n# free\n\nb: 2\n  # deeper\nc:\n", []string{`"a:" "1"`, `"b:" "2"`, `"c:" ""`}},
		{"characters of several bytes", "é: {é: é, ü: \"é\\u00e9\\\"\"}\n", []string{
			`"é:" "{é: é, ü: \"é\\u00e9\\\"\"}"`, ` "é:" "é"`, ` "ü:" "\"é\\u00e9\\\"\""`,
		}},
		{"items", "l:\n- a: 1\n  b: 2\n-\n- - x\n  - y # y\n", []string{
			`"l:" "- a: 1\n  b: 2\n-\n- - x\n  - y # y"`,
			` "-" "a: 1\n  b: 2"`, `  "a:" "1"`, `  "b:" "2"`, ` "-" ""`, ` "-" "- x\n  - y # y"`, `  "-" "x"`, `  "-" "y" behind " # y"`,
		}},
		{"texts of several lines", "a: |- # why\n  x\n\n  # no comment\n\n# a comment\nb: >+\n  y\n\nc: one\n  two\nd: \"one\n  two\"\n", []string{
			`"a:" "|- # why\n  x\n\n  # no comment"`, `"b:" ">+\n  y\n" above "# a comment\n"`, `"c:" "one\n  two"`, `"d:" "\"one\n  two\""`,
		}},
		{"brackets", "a: [x, {k: v, w}, # c\n  'y',]\n", []string{
			`"a:" "[x, {k: v, w}, # c\n  'y',]"`, ` "" "x"`, ` "" "{k: v, w}"`, `  "k:" "v"`, `  "w" ""`, ` "" "'y'"`,
		}},
		{"anchors", "a: &x\n  k: v\n<<: *x\nb: &y !t {}\n", []string{`"a:" "k: v"`, ` "k:" "v"`, `"<<:" "*x"`, `"b:" "{}"`}},
		{"after a marker", "# head\n\n---\na: 1\n...\n", []string{`"a:" "1"`}},
		{"two documents", "a: 1\n---\nb: 2\n", nil},
		{"a key twice", "a: 1\na: 2\n", nil},
		{"a key with a mark", "? a\n: 1\n", nil},
		{"a key that is a list", "[a]: 1\n", nil},
		{"a pair in a list", "[a: 1]\n", nil},
		{"a directive", "%YAML 1.2\n---\na: 1\n", nil},
		{"no alias", "a: *x\n", nil},
		{"no YAML", "a: [\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, ok := YAML([]byte(c.text))
			if ok != (c.want != nil) {
				t.Fatalf("read: %v", ok)
			}
			if ok {
				if diff := cmp.Diff(c.want, outline(d)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# only\n", "---\n"} {
		if d, ok := YAML([]byte(text)); !ok || d.Root != nil {
			t.Errorf("%q: %v", text, ok)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	d, ok := JSON([]byte("{ \"a\" : [1, {}],\n\t\"\\u0062\":\"x:,\" }\n"))
	if !ok {
		t.Fatal("not read")
	}
	want := []string{`"\"a\" :" "[1, {}]"`, ` "" "1"`, ` "" "{}"`, `"\"\\u0062\":" "\"x:,\""`}
	if diff := cmp.Diff(want, outline(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{"", "{", "1 2", `{"a":1,"a":2}`, "// c\n1", `{"a":1,}`, strings.Repeat("[", 300) + strings.Repeat("]", 300)} {
		if _, ok := JSON([]byte(text)); ok {
			t.Errorf("%q is read", text)
		}
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"{a: 1, b: x}", "b: 'x'\na: 1\n", true},
		{"[1, 2]", "[2, 1]", false},
		{"a: 1", "a: '1'", false},
		{"a: no", "a: 'no'", false},
		{"a: 1.0", "a: 1", false},
		{"a: &x 1", "a: 1", false},
		{"a: !t x", "a: !u x", false},
		{"a: |\n  x\n", "a: \"x\\n\"", true},
		{"a: {}", "a:", false},
		{"a: 1", "a: 1\nb: 2", false},
	} {
		a, okA := YAML([]byte(c.a))
		b, okB := YAML([]byte(c.b))
		if !okA || !okB {
			t.Fatalf("not read: %q %q", c.a, c.b)
		}
		if a.Root.Equal(b.Root) != c.want || b.Root.Equal(a.Root) != c.want {
			t.Errorf("%q and %q: want %v", c.a, c.b, c.want)
		}
	}
}

// FuzzYAML: what is read is in order, each child within its parent, and the
// bytes of a scalar are that scalar.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{
		"a: 1\nb:\n  - x\n  - {y: [z, 'q']}\n", "a: |\n  x\n\nb: >-\n  y\n# c\n", "- - a\n  - b: \"c\"\n", "a: &x {b: c}\nd: *x\n", "a: b\n  c\n", "a:\tb # c\n",
		"k: [a, b,\n  c] # x\n", "'a b': \"c: d\"\n", "a: |+\n  x\n\n\nb: 1", "- |\n x\n-\n", "? a\n", "a: !!str\nb: !x y\n", "a: '# no'\n", "{a: {}, b: [], c: , d}", "a: |2\n   x\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := YAML([]byte(text))
		if !ok || d.Root == nil {
			return
		}
		var walk func(n *Node, start, end int)
		walk = func(n *Node, start, end int) {
			if n.Start < start || n.End < n.Start || n.End > end {
				t.Fatalf("%q: %d to %d is not in %d to %d", text, n.Start, n.End, start, end)
			}
			at := n.Start
			for _, c := range n.Children {
				if c.Head < at || c.Start < c.Head || c.Inner < c.Start || c.End < c.Inner || c.End > n.End {
					t.Fatalf("%q: %+v is not in order", text, c)
				}
				walk(c.Node, c.Start, c.End)
				at = c.End
			}
			if n.Kind == Scalar && !n.Block && n.Props == "" && n.Value != "" && n.Value[0] != '*' {
				piece := text[n.Start:n.End]
				if !says("- "+strings.ReplaceAll(piece, "\n", "\n  ")+"\n", n.Value) && !says("["+piece+"]", n.Value) {
					t.Fatalf("%q: %q is not %q", text, piece, n.Value)
				}
			}
		}
		walk(d.Root, 0, len(text))
		if !d.Root.Equal(d.Root) {
			t.Fatalf("%q is not itself", text)
		}
	})
}

// says reports whether the one item of a list is a scalar of a Value.
func says(list, value string) bool {
	var doc yaml.Node
	if yaml.Unmarshal([]byte(list), &doc) != nil || len(doc.Content[0].Content) != 1 {
		return false
	}
	is := doc.Content[0].Content[0].Value
	return is == value || is == strings.TrimPrefix(value, "=")
}

// FuzzJSON: what is JSON and has no key twice is read, and each value is at its
// bytes.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":null}]}`, " [ 1.0e5 , \"\\ud83d\\ude00\" ] ", "true", `{"a" : "x,:"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := JSON([]byte(text))
		if ok && !json.Valid([]byte(text)) {
			t.Fatalf("%q is read", text)
		}
		if !ok {
			return
		}
		var walk func(n *Node)
		walk = func(n *Node) {
			if !json.Valid([]byte(text[n.Start:n.End])) {
				t.Fatalf("%q: %q is no value", text, text[n.Start:n.End])
			}
			for _, c := range n.Children {
				walk(c.Node)
			}
		}
		walk(d.Root)
	})
}
