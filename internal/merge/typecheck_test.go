package merge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"groundsill.example/internal/tree"
)

// Each side of a case has go.mod and what main.go and store/store.go hold
// everywhere; a file of a case takes their places.
const goModule = `
-- go.mod --
module x.y/z

go 1.26
-- main.go --
package main

import (
	"context"

	"x.y/z/store"
)

func main() {
	run(context.Background())
}

func run(ctx context.Context) {
	s := store.New(ctx)
	s.Put("a")

	println("between")

	s.Put("z")
}
-- store/store.go --
package store

import (
	"context"
	"embed"

	"github.com/x/db/v5"
)

//go:embed *.sql
var files embed.FS

// Store keeps things.
type Store struct {
	*db.Pool
	names []string
}

func New(ctx context.Context) *Store {
	return &Store{Pool: db.Open(ctx, files)}
}

func (s *Store) Put(name string) {
	s.names = append(s.names, name)
}

func count[T any](list []T) int { return len(list) }
`

func TestTypes(t *testing.T) {
	t.Parallel()
	const main2 = "package main\n\nimport \"x.y/z/store\"\n\nfunc more() { store.New(nil).Put(\"b\") }\n"
	for _, c := range []struct {
		name         string
		ours, theirs map[string]string // replacements in every file
		files        string            // more files: base/, ours/, theirs/, stray/
		want         string
	}{
		{name: "nothing wrong", ours: map[string]string{"run(ctx context": "start(ctx context", "run(context": "start(context"}, theirs: map[string]string{`Put("a")`: `Put("b")`}},
		{
			name: "a new file calls what you renamed", ours: map[string]string{"func New(": "func Open(", "store.New": "store.Open"},
			files: "-- theirs/more.go --\n" + main2, want: "?more.go would not compile: undefined: store.New.",
		},
		{
			name: "your file calls what the blueprint renamed", theirs: map[string]string{"func New(": "func Open(", "store.New": "store.Open"},
			files: "-- stray/more.go --\n" + main2, want: "?more.go would not compile: undefined: store.New.",
		},
		{
			name: "your package calls what the blueprint renamed", theirs: map[string]string{"func New(": "func Open(", "store.New": "store.Open"},
			files: "-- stray/cmd/mine/more.go --\n" + main2, want: "?cmd/mine/more.go would not compile: undefined: store.New.",
		},
		{
			name: "a merged file calls what you renamed", ours: map[string]string{"func New(": "func Open(", "store.New": "store.Open", "package main\n": "package main // mine\n"},
			theirs: map[string]string{"func run": "func again() { store.New(nil) }\n\nfunc run"},
			want:   "!content main.go ?main.go is left to you: merged it would not compile: undefined: store.New.",
		},
		{
			name: "a parameter more", ours: map[string]string{"Put(name string)": "Put(name string, more int)", `Put("a")`: `Put("a", 1)`},
			files: "-- theirs/more.go --\n" + main2, want: "?more.go would not compile: not enough arguments in call to store.New(nil).Put have (string) want (string, int).",
		},
		{
			name: "one name for two things", ours: map[string]string{"func main": "func twice() {}\n\nfunc main"},
			files: "-- theirs/more.go --\npackage main\n\nfunc twice() {}\n",
			want:  "?more.go would not compile: twice redeclared in this block.",
		},
		{
			name: "one method twice", ours: map[string]string{"func count": "func (it *Store) Count() {}\n\nfunc count"},
			files: "-- theirs/store/more.go --\npackage store\n\nfunc (s *Store) Count() int { return 1 }\n",
			want:  "?store/store.go would not compile: method Store.Count already declared at store/more.go.",
		},
		{
			name: "a variable that nobody uses any more", ours: map[string]string{"\ts.Put(\"a\")\n\n": ""}, theirs: map[string]string{`s.Put("z")`: `store.New(ctx).Put("z")`},
			want: "!content main.go ?main.go is left to you: merged it would not compile: declared and not used: s.",
		},
		{
			name: "what does not compile already", ours: map[string]string{"func main": "var _ = nobody\n\nfunc main"}, theirs: map[string]string{`Put("a")`: `Put("b")`},
		},
		{
			name: "generics", ours: map[string]string{"count[T any](list []T) int": "count[T any](list ...T) int"},
			files: "-- theirs/store/more.go --\npackage store\n\nfunc (s *Store) Count() int { return count(s.names) + count([]error{}) }\n",
		},
		{
			name: "a narrower type parameter", ours: map[string]string{"count[T any]": "count[T ~string]"},
			files: "-- theirs/store/more.go --\npackage store\n\nvar n = count([]bool{})\n",
			want:  "?store/more.go would not compile: in call to count, T (type bool) does not satisfy ~string.",
		},
		{
			name: "what a package of another module may have", ours: map[string]string{"package main\n": "package main // mine\n"},
			files: "-- theirs/more_test.go --\npackage main\n\nimport \"x.y/z/store\"\n\nvar _ = new(store.Store).Ping\n",
		},
		{
			name: "tests inside", theirs: map[string]string{"count[": "number["},
			files: "-- stray/store/mine_test.go --\npackage store\n\nvar n = count([]int{})\n", want: "?store/mine_test.go would not compile: undefined: count.",
		},
		{
			name: "tests outside", theirs: map[string]string{"func New(": "func Open(", "store.New": "store.Open"},
			files: "-- stray/store/mine_test.go --\npackage store_test\n\nimport \"x.y/z/store\"\n\nvar s, n = store.New(nil), store.Hidden\n-- stray/store/export_test.go --\npackage store\n\nvar Hidden = 1\n",
			want:  "?store/mine_test.go would not compile: undefined: store.New.",
		},
		{
			name: "tests outside, of one package through another", theirs: map[string]string{"count[": "number["},
			files: "-- stray/store/mine_test.go --\npackage store_test\n\nimport (\n\t\"x.y/z/by\"\n\t\"x.y/z/store\"\n)\n\nvar _ *store.Store = by.Make()\n\nvar n = store.Hidden\n" +
				"-- stray/store/export_test.go --\npackage store\n\nvar Hidden = count[int]\n-- stray/by/by.go --\npackage by\n\nimport \"x.y/z/store\"\n\nfunc Make() *store.Store { return store.New(nil) }\n" +
				"-- stray/app/app.go --\npackage app\n\nimport \"x.y/z/by\"\n\nvar _ = by.Make()\n",
			want: "?store/export_test.go would not compile: undefined: count.",
		},
		{
			name: "what imports a package with tests inside and outside", theirs: map[string]string{"func New(": "func Open(", "store.New": "store.Open"},
			files: "-- stray/store/mine_test.go --\npackage store_test\n\nimport \"x.y/z/store\"\n\nvar n = store.Hidden\n" +
				"-- stray/store/export_test.go --\npackage store\n\nvar Hidden = 1\n-- stray/tool/tool.go --\npackage tool\n\nimport \"x.y/z/store\"\n\nvar s, n = store.New(nil), store.Hidden\n",
			want: "?tool/tool.go would not compile: undefined: store.New.",
		},
		{
			name: "tags", theirs: map[string]string{"count[": "number["},
			files: "-- stray/store/a.go --\n//go:build integration\n\npackage store\n\nvar n = count([]int{})\n-- stray/store/b_windows.go --\npackage store\n\nvar n = count([]int{})\n" +
				"-- stray/store/c.go --\n//go:build ignore || windows\n\npackage main\n\nvar n = count([]int{})\n-- stray/store/d.go --\n//go:build !integration && go1.20\n\npackage store\n\nvar n = 1\n",
			want: "?store/a.go would not compile: undefined: count.",
		},
		{
			name: "cgo, and a dot", theirs: map[string]string{"count[": "number["},
			files: "-- stray/store/a.go --\npackage store\n\nimport \"C\"\nimport . \"strings\"\n\nvar n = C.size(count([]int{})) + Index(\"\", \"\")\n",
			want:  "?store/a.go would not compile: undefined: count.",
		},
		{
			name: "what is no Go", theirs: map[string]string{"count[": "number["},
			files: "-- stray/store/a.go --\npackage store\n\nvar n = count([]int{}\n-- stray/store/testdata/a.go --\npackage a\n\nimport \"x.y/z/store\"\n\nvar n = store.Nothing\n",
		},
		{
			name: "a circle", theirs: map[string]string{"count[": "number["},
			files: "-- stray/a/a.go --\npackage a\n\nimport \"x.y/z/b\"\n\nvar A = b.B\n-- stray/b/b.go --\npackage b\n\nimport (\n\t\"x.y/z/a\"\n\t_ \"x.y/z/store\"\n)\n\nvar B = a.A\n",
		},
		{
			name: "what is in conflict is not ready", ours: map[string]string{`Put("a")`: `Put("mine")`, "count[": "number["}, theirs: map[string]string{`Put("a")`: `Put("theirs")`},
			files: "-- theirs/more.go --\npackage main\n\nvar n = nothing\n-- theirs/store/more.go --\npackage store\n\nvar n = count([]int{})\n",
			want:  "!content main.go ?store/more.go would not compile: undefined: count.",
		},
		{
			name: "a module within", theirs: map[string]string{"count[": "number["},
			files: "-- stray/tools/go.mod --\nmodule x.y/z/tools\n-- stray/tools/in/in.go --\npackage in\n\nvar In = 1\n-- stray/store/a.go --\npackage store\n\nimport \"x.y/z/tools/in\"\n\nvar n = count([]int{in.Out})\n",
			want:  "?store/a.go would not compile: undefined: count.",
		},
		{
			name: "a file that you moved", theirs: map[string]string{`Put("a")`: `Put(helper)`},
			files: "-- theirs/helper.go --\npackage main\n\nconst helper = \"\"\n-- gone/main.go --\n-- stray/cmd/z/main.go --\n" + strings.Split(strings.Split(goModule, "-- main.go --\n")[1], "-- store")[0],
			want:  "!content cmd/z/main.go ?cmd/z/main.go is left to you: merged it would not compile: undefined: helper.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := txtar.Parse([]byte(c.files))
			side := func(name string, changes map[string]string) tree.Tree {
				all := archive(t, a, name)
				gone := archive(t, a, "gone")
				for _, f := range txtar.Parse([]byte(goModule)).Files {
					if _, moved := gone.File(at(t, f.Name)); moved && name == "ours" {
						continue
					}
					text := string(f.Data)
					for from, to := range changes {
						text = strings.ReplaceAll(text, from, to)
					}
					all = all.With(at(t, f.Name), tree.File{Data: []byte(text), Mode: tree.Regular})
				}
				return all
			}
			stray := archive(t, a, "stray")
			out, err := Trees(Request{
				Base: side("base", nil), Ours: side("ours", c.ours), Theirs: side("theirs", c.theirs), Strays: func() (tree.Tree, error) { return stray, nil },
				Beside: func() (ours, theirs tree.Tree, err error) { return stray, tree.Tree{}, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range out.Conflicts {
				got = append(got, fmt.Sprintf("!%s %s", c.Kind, c.Path))
			}
			for _, w := range out.Warnings {
				got = append(got, "?"+w)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// BenchmarkTypes merges a repository of 200 Go files in which a person has
// changed one package and the blueprint adds to another and to what both wire.
func BenchmarkTypes(b *testing.B) {
	parse := func(name string) tree.Path {
		p, err := tree.ParsePath(name)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	const function = `
// %[1]s does it.
func %[1]s(ctx context.Context, list []string) error {
	for i, one := range list {
		if one == "" {
			return fmt.Errorf("%%d: %%w", i, ctx.Err())
		}
	}
	return nil
}
`
	base := tree.Tree{}.With(parse("go.mod"), tree.File{Data: []byte("module x.y/z\n"), Mode: tree.Regular})
	var imports, calls strings.Builder
	for i := range 20 {
		fmt.Fprintf(&imports, "\t\"x.y/z/p%d\"\n", i)
		fmt.Fprintf(&calls, "\t_ = p%d.F0_0(nil, nil)\n\n", i)
		for j := range 10 {
			var text strings.Builder
			fmt.Fprintf(&text, "package p%d\n\nimport (\n\t\"context\"\n\t\"fmt\"\n)\n", i)
			for k := range 10 {
				fmt.Fprintf(&text, function, fmt.Sprintf("F%d_%d", j, k))
			}
			base = base.With(parse(fmt.Sprintf("p%d/f%d.go", i, j)), tree.File{Data: []byte(text.String()), Mode: tree.Regular})
		}
	}
	routes := "package app\n\nimport (\n" + imports.String() + ")\n\nfunc routes() {\n" + calls.String() + "}\n"
	base = base.With(parse("app/routes.go"), tree.File{Data: []byte(routes), Mode: tree.Regular})
	edit := func(t tree.Tree, name, from, to string) tree.Tree {
		f, _ := t.File(parse(name))
		return t.With(parse(name), tree.File{Data: []byte(strings.Replace(string(f.Data), from, to, 1)), Mode: f.Mode})
	}
	ours := edit(edit(base, "p1/f1.go", "return nil", "return ctx.Err()"), "app/routes.go", "func routes() {", "func routes() { // mine")
	theirs := edit(base, "app/routes.go", "nil)\n\n}", "nil)\n\n\t_ = p2.New(nil)\n\n}")
	theirs = theirs.With(parse("p2/new.go"), tree.File{Data: []byte("package p2\n\nfunc New(list []string) error { return F1_1(nil, list) }\n"), Mode: tree.Regular})
	for b.Loop() {
		out, err := Trees(Request{Base: base, Ours: ours, Theirs: theirs})
		if err != nil || len(out.Conflicts)+len(out.Warnings) > 0 {
			b.Fatal(err, out.Conflicts, out.Warnings)
		}
	}
}
