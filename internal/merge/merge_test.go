package merge

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"groundsill.example/internal/tree"
)

func sidesOf(base, ours, theirs string) sides {
	f := func(text string) *tree.File { return &tree.File{Data: []byte(text), Mode: tree.Regular} }
	return sides{base: f(base), ours: f(ours), theirs: f(theirs)}
}

func TestFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file         string
		union              bool
		base, ours, theirs string
		want               string // empty: a conflict
	}{
		{
			name: "insertions at one place conflict", file: "routes.txt",
			base: "a\nz\n", ours: "a\nmine\nz\n", theirs: "a\nnew\nz\n",
		},
		{
			name: "and are both kept in a union, the user's first", file: "routes.txt", union: true,
			base: "a\nz\n", ours: "a\nmine\nz\n", theirs: "a\nnew\nz\n", want: "a\nmine\nnew\nz\n",
		},
		{
			name: "but not where they share a line", file: "routes.txt", union: true,
			base: "a\nz\n", ours: "a\nroute /x\nmine\nz\n", theirs: "a\nroute /x\nz\n",
		},
		{
			name: "or declare one key", file: "settings.txt", union: true,
			base: "a\nz\n", ours: "a\nPORT=1\nz\n", theirs: "a\nPORT=2\nz\n",
		},
		{
			name: "an insertion beside a changed line", file: "routes.txt", union: true,
			base: "a\nb\nz\n", ours: "a\nB\nz\n", theirs: "a\nb\nnew\nz\n", want: "a\nB\nnew\nz\n",
		},
		{
			name: "changes that touch", file: "routes.txt", union: true,
			base: "a\nb\nc\nd\n", ours: "a\nB\nc\nd\n", theirs: "a\nb\nC\nd\n", want: "a\nB\nC\nd\n",
		},
		{
			name: "an insertion that can stand at an equal line", file: "list.txt", union: true,
			base: "}\n}\nend\n", ours: "}\n}\nEND\n", theirs: "}\n}\n}\nend\n", want: "}\n}\n}\nEND\n",
		},
		{
			name: "a line that the user moved and the blueprint took out", file: "routes.txt", union: true,
			base: "head\na\nb\nc\nd\ntail\n", ours: "head\nb\nc\nd\na\ntail\n", theirs: "head\nb\nc\nd\ntail\n",
		},
		{
			name: "a line that the blueprint moved and the user took out", file: "routes.txt", union: true,
			base: "head\na\nb\nc\nd\ntail\n", ours: "head\nb\nc\nd\ntail\n", theirs: "head\nb\nc\nd\na\ntail\n",
		},
		{
			name: "imports are a set", file: "a.go", union: true,
			base:   "package a\n\nimport (\n\t\"fmt\"\n\n\t\"x/b\"\n)\n\nvar _ = fmt.Sprint(b.B)\n",
			ours:   "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\n\t\"x/b\"\n)\n\nvar _ = fmt.Sprint(b.B, os.Args)\n",
			theirs: "package a\n\nimport (\n\t\"fmt\"\n\n\t\"x/a\"\n\t\"x/b\"\n)\n\nvar _ = fmt.Sprint(b.B)\n\nvar _ = a.A\n",
			want:   "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\n\t\"x/a\"\n\t\"x/b\"\n)\n\nvar _ = fmt.Sprint(b.B, os.Args)\n\nvar _ = a.A\n",
		},
		{
			name: "an import that the user still needs stays", file: "a.go", union: true,
			base:   "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar x = fmt.Sprint(os.Args)\n",
			ours:   "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar y = fmt.Sprint()\n\nvar x = fmt.Sprint(os.Args)\n",
			theirs: "package a\n\nimport \"os\"\n\nvar x = os.Args\n",
			want:   "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar y = fmt.Sprint()\n\nvar x = os.Args\n",
		},
		{
			name: "alignment is no change", file: "a.go", union: true,
			base:   "package a\n\nvar (\n\ta = 1\n\tz = 2\n)\n",
			ours:   "package a\n\nvar (\n\ta = 1\n\tz = 3\n)\n",
			theirs: "package a\n\nvar (\n\ta      = 1\n\tlonger = 9\n\tz      = 2\n)\n",
			want:   "package a\n\nvar (\n\ta      = 1\n\tlonger = 9\n\tz      = 3\n)\n",
		},
		{
			name: "white space in a literal is one", file: "a.go",
			base:   "package a\n\nvar a = `\n x\n`\n\nvar b = 1\n",
			ours:   "package a\n\nvar a = `\n x\n`\n\nvar b = 2\n",
			theirs: "package a\n\nvar a = `\n  x\n`\n\nvar b = 1\n",
			want:   "package a\n\nvar a = `\n  x\n`\n\nvar b = 2\n",
		},
		{
			name: "checksums are a set", file: "go.sum",
			base: "a v1 h1:x\nb v1 h1:y\n", ours: "a v1 h1:x\nb v1 h1:y\nm v1 h1:m\n", theirs: "a v2 h1:z\nb v1 h1:y\n",
			want: "a v2 h1:z\nb v1 h1:y\nm v1 h1:m\n",
		},
		{
			name: "requirements go by module, the higher version wins", file: "go.mod",
			base:   "module x\n\ngo 1.26\n\nrequire (\n\tx.y/a v1.0.0\n\tx.y/b v1.0.0\n)\n",
			ours:   "module x\n\ngo 1.26\n\nrequire (\n\tx.y/a v1.3.0 // mine\n\tx.y/b v1.0.0\n\tx.y/m v0.1.0\n)\n",
			theirs: "module x\n\ngo 1.26\n\nrequire (\n\tx.y/a v1.2.0\n\tx.y/n v1.0.0\n)\n",
			want:   "module x\n\ngo 1.26\n\nrequire (\n\tx.y/a v1.3.0 // mine\n\tx.y/m v0.1.0\n\tx.y/n v1.0.0\n)\n",
		},
		{
			name: "settings go by name", file: ".env.example",
			base: "A=1\nZ=1\n", ours: "A=1\nMINE=1\nZ=1\n", theirs: "A=1\nNEW=1\nZ=1\n", want: "A=1\nMINE=1\nNEW=1\nZ=1\n",
		},
		{
			name: "white space at the end of a line is no change", file: "a.md",
			base: "a\nb\nc\n", ours: "a  \nb \nc\n", theirs: "a\nB\nc\n", want: "a  \nB\nc\n",
		},
		{
			name: "what pads a table of Markdown is no change", file: "a.md",
			base:   "| a | b |\n| --- | --- |\n| one | two |\n",
			ours:   "| a   | b   |\n| --- | --- |\n| one | two |\n",
			theirs: "| a | c |\n| --- | --- |\n| one | two |\n",
			want:   "| a | c |\n| --- | --- |\n| one | two |\n",
		},
		{
			name: "lines that both took out", file: "Makefile", union: true,
			base: "a\nb\nc\nd\n", ours: "a\nc\nd\n", theirs: "a\nd\n", want: "a\nd\n",
		},
		{
			name: "are a conflict elsewhere", file: "Makefile.txt",
			base: "a\nb\nc\nd\n", ours: "a\nc\nd\n", theirs: "a\nd\n",
		},
		{
			name: "a list laid out in one line", file: "a.go",
			base:   "package a\n\nvar x = []int{\n\tone,\n\ttwo,\n}\n",
			ours:   "package a\n\nvar x = []int{one, two}\n",
			theirs: "package a\n\nvar x = []int{\n\tone,\n\tmore,\n\ttwo,\n}\n",
			want:   "package a\n\nvar x = []int{\n\tone,\n\tmore,\n\ttwo,\n}\n",
		},
		{
			name: "a list with another word in it", file: "a.go",
			base:   "package a\n\nvar x = []int{\n\tone,\n\ttwo,\n}\n",
			ours:   "package a\n\nvar x = []int{one, three}\n",
			theirs: "package a\n\nvar x = []int{\n\tone,\n\tmore,\n\ttwo,\n}\n",
		},
		{
			name: "Go that is not formatted", file: "a.go",
			base:   "package a\n\nfunc f() {\n\tone()\n\ttwo()\n}\n",
			ours:   "package a\n\nfunc f() {\n    one()\n    two()\n}\n",
			theirs: "package a\n\nfunc f() {\n\tone()\n\tmore()\n\ttwo()\n}\n",
			want:   "package a\n\nfunc f() {\n    one()\n\tmore()\n    two()\n}\n",
		},
		{
			name: "a name that the user gave", file: "a.go", union: true,
			base:   "package a\n\nfunc f(base any) {\n\tuse(base)\n}\n",
			ours:   "package a\n\nfunc f(store any) {\n\tuse(store)\n}\n",
			theirs: "package a\n\nfunc f(base any) {\n\tuse(base)\n\tmore(base, x.base, y{base: base})\n}\n",
			want:   "package a\n\nfunc f(store any) {\n\tuse(store)\n\tmore(store, x.base, y{base: store})\n}\n",
		},
		{
			name: "a name that means something else by now", file: "a.go", union: true,
			base:   "package a\n\nfunc f(base any) {\n\tuse(base)\n}\n",
			ours:   "package a\n\nfunc f(store any) {\n\tuse(store)\n}\n",
			theirs: "package a\n\nfunc f(base, store any) {\n\tuse(base)\n}\n",
		},
		{
			name: "an import from elsewhere under the same name", file: "a.go",
			base:   "package a\n\nimport \"old/view\"\n\nvar x = view.X\n\nvar y = 1\n",
			ours:   "package a\n\nimport \"old/view\"\n\nvar x = view.X\n\nvar y = 2\n",
			theirs: "package a\n\nimport \"new/view\"\n\nvar x = view.X\n\nvar y = 1\n",
			want:   "package a\n\nimport \"new/view\"\n\nvar x = view.X\n\nvar y = 2\n",
		},
		{
			name: "and one that the user has from elsewhere", file: "a.go",
			base:   "package a\n\nimport \"old/view\"\n\nvar x = view.X\n",
			ours:   "package a\n\nimport \"mine/view\"\n\nvar x = view.X\n",
			theirs: "package a\n\nimport \"new/view\"\n\nvar x = view.X\n\nvar y = 1\n",
			want:   "package a\n\nimport \"mine/view\"\n\nvar x = view.X\n\nvar y = 1\n",
		},
		{
			name: "and one with a name of the user's", file: "a.go",
			base:   "package a\n\nimport \"old/view\"\n\nvar x = view.X\n",
			ours:   "package a\n\nimport v \"old/view\"\n\nvar x = v.X\n",
			theirs: "package a\n\nimport \"new/view\"\n\nvar x = view.X\n",
			want:   "package a\n\nimport v \"old/view\"\n\nvar x = v.X\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := File(c.file, []byte(c.base), []byte(c.ours), []byte(c.theirs), Rule{Union: c.union}, Labels{"yours", "base", "new"})
			if c.want == "" {
				if len(got.Hunks) == 0 || !strings.Contains(string(got.Data), "<<<<<<< yours\n") || !strings.Contains(string(got.Data), "||||||| base\n") {
					t.Errorf("no conflict:\n%s", got.Data)
				}
				return
			}
			if diff := cmp.Diff(c.want, string(got.Data)); diff != "" || len(got.Hunks) > 0 {
				t.Errorf("%d hunks (-want +got):\n%s", len(got.Hunks), diff)
			}
		})
	}
}

// archive returns the files of a txtar archive below a directory.
func archive(t *testing.T, a *txtar.Archive, dir string) tree.Tree {
	t.Helper()
	files := map[tree.Path]tree.File{}
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, dir+"/"); ok {
			files[at(t, name)] = tree.File{Data: f.Data, Mode: tree.Regular}
		}
	}
	return tree.Of(files)
}

func at(t *testing.T, name string) tree.Path {
	t.Helper()
	p, err := tree.ParsePath(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTrees(t *testing.T) {
	t.Parallel()
	const goBase = "package a\n\nfunc f(base any) {\n\tuse(base)\n\n\tuse(nil)\n\n\tuse(1)\n}\n"
	const goDeleted = "-- base/b.go --\npackage a\n\nvar b = 1\n-- theirs/b.go --\npackage a\n\nvar b = 1\n"
	const long = "one line\ntwo lines\nthree lines\nfour lines\nfive lines\n"
	for _, c := range []struct {
		name, files string
		renames     map[string]string
		want        string // target, then conflicts, then warnings
	}{
		{"a new file", "-- theirs/a --\nx\n", nil, "+a"},
		{"a changed file", "-- base/a --\nx\n-- ours/a --\nx\n-- theirs/a --\ny\n", nil, "~a"},
		{"your change", "-- base/a --\nx\n-- ours/a --\ny\n-- theirs/a --\nx\n", nil, ""},
		{"the same change", "-- base/a --\nx\n-- ours/a --\ny\n-- theirs/a --\ny\n", nil, "=a"},
		{"a file that goes", "-- base/a --\nx\n-- ours/a --\nx\n", nil, "-a"},
		{"a file that goes and that you changed", "-- base/a --\nx\n-- ours/a --\ny\n", nil, "=a !deleted by blueprint a"},
		{"a file that goes and that you indented", "-- base/a --\nx y\n-- ours/a --\n  x  y\n", nil, "-a ?a goes"},
		{"a file that goes and that you cut", "-- base/a --\nx\ny\nz\n-- ours/a --\nz\nx\n", nil, "-a ?a goes"},
		{"a file that goes and has a line twice now", "-- base/a --\nx 1\n-- ours/a --\nx 1\nx 1\n", nil, "=a !deleted by blueprint a"},
		{
			"a file that goes and has the header of others",
			"-- base/a --\nx\n-- base/b --\ny\n-- ours/a --\nmine\nx\n-- ours/b --\nmine\ny\n-- theirs/b --\ny\n", nil, "-a ?a goes",
		},
		{
			"a file that goes and has a header of its own",
			"-- base/a --\nx\n-- base/b --\ny\n-- ours/a --\nmine\nx\n-- ours/b --\ny\n-- theirs/b --\ny\n", nil, "=a !deleted by blueprint a",
		},
		{
			"files that go and that you need",
			"-- base/f/a.go --\npackage f\n\nfunc A() { b() }\n-- base/f/b.go --\npackage f\n\nfunc b() {}\n-- base/f/c.go --\npackage f\n\nfunc C() {}\n" +
				"-- ours/f/a.go --\npackage f\n\nfunc A() { b() }\n-- ours/f/b.go --\npackage f\n\nfunc b() {}\n-- ours/f/c.go --\npackage f\n\nfunc C() {}\n" +
				"-- stray/g/g.go --\npackage g\n\nimport \"x/f\"\n\nvar _ = f.A\n",
			nil, "=f/a.go =f/b.go -f/c.go ?f/a.go stays and is yours now, because g/g.go needs what it declares. ?f/b.go stays and is yours now, because f/a.go needs what it declares.",
		},
		{
			"a file that goes, that you need, and that has a successor",
			"-- base/f/a.go --\npackage f\n\nfunc A() {}\n\nfunc B() {}\n-- ours/f/a.go --\npackage f\n\nfunc A() {}\n\nfunc B() {}\n" +
				"-- theirs/f/b.go --\npackage f\n\nfunc A() {}\n-- stray/g/g.go --\npackage g\n\nimport \"x/f\"\n\nvar _ = f.B\n",
			nil, "-f/a.go +f/b.go ?g/g.go needs what f/a.go declares, which goes.",
		},
		{
			"a short document with another line",
			"-- base/p.txt --\none\n-- ours/p.txt --\nmine\n-- theirs/p.txt --\ntwo\n", nil, "~p.txt !content p.txt",
		},
		{
			"a document that you wrote anew",
			"-- base/p.txt --\n" + long + "-- ours/p.txt --\nmine\n-- theirs/p.txt --\n" + strings.ReplaceAll(long, "four", "4"), nil, "=p.txt ?p.txt stays as it is, because you wrote it anew",
		},
		{
			"a new file with a literal that you replaced beside it",
			"-- base/c/a.go --\npackage c\n\nvar a = []string{\"/v1/a\", \"/v1/b\", \"/v1/c\", \"/v1/d\"}\n" +
				"-- ours/c/a.go --\npackage c\n\nconst v = \"/v1\"\n\nvar a = []string{v + \"/a\", v + \"/b\", v + \"/c\", v + \"/d\"}\n" +
				"-- theirs/c/a.go --\npackage c\n\nvar a = []string{\"/v1/a\", \"/v1/b\", \"/v1/c\", \"/v1/d\"}\n-- theirs/c/b.go --\npackage c\n\nvar b = \"/v1/b\"\n",
			nil, "+c/b.go ?c/b.go has \"/v1/b\"",
		},
		{"what you deleted", "-- base/a --\nx\n-- theirs/a --\ny\n", nil, "?a stays deleted"},
		{"what you deleted and nobody changed", "-- base/a --\nx\n-- theirs/a --\nx\n", nil, ""},
		{"what both deleted", "-- base/a --\nx\n", nil, ""},
		{"both added", "-- ours/a --\nx\n-- theirs/a --\ny\n", nil, "=a +a.sill !both added a"},
		{"both changed one line", "-- base/a --\nx\n-- ours/a --\ny\n-- theirs/a --\nz\n", nil, "~a !content a"},
		{"both changed one line of JSON", "-- base/a.json --\n1\n-- ours/a.json --\n2\n-- theirs/a.json --\n3\n", nil, "=a.json +a.json.sill !content a.json"},
		{
			"what you moved", "-- base/a --\n" + long + "-- theirs/a --\n" + long + "six lines\n-- stray/b/c --\nmine\n" + long, nil,
			"~b/c",
		},
		{
			"two that look like it", "-- base/a --\n" + long + "-- theirs/a --\n" + long + "six lines\n-- stray/b --\n" + long + "-- stray/c --\n" + long, nil,
			"?a stays deleted",
		},
		{
			"what the blueprint renamed", "-- base/a --\n" + long + "-- ours/a --\nmine\n" + long + "-- theirs/b --\n" + long + "six lines\n",
			map[string]string{"a": "b"},
			"-a +b",
		},
		{
			"what the blueprint renamed, and made anew", "-- base/a --\nx\n-- ours/a --\nx\n-- theirs/a --\nnew\n-- theirs/b --\nx\n",
			map[string]string{"a": "b"},
			"~a +b",
		},
		{
			"and that you deleted", "-- base/a --\nx\n-- theirs/a --\nnew\n-- theirs/b --\nx\n",
			map[string]string{"a": "b"},
			"+a",
		},
		{
			"what changed places", "-- base/a --\nx\n-- base/b --\ny\n-- ours/a --\nx\n-- ours/b --\ny\n-- theirs/a --\ny2\n-- theirs/b --\nx2\n",
			map[string]string{"a": "b", "b": "a"},
			"~a ~b",
		},
		{
			"a file renamed to the place of one that goes", "-- base/a --\nx\n-- base/b --\ny\n-- ours/a --\nx\n-- ours/b --\nmine\n-- theirs/b --\nx\n",
			map[string]string{"a": "b"},
			"-a ~b !content b",
		},
		{
			"a new line with a name that you changed",
			"-- base/a.go --\n" + goBase + "-- ours/a.go --\n" + strings.ReplaceAll(strings.ReplaceAll(goBase, "(base any", "("), "base", "1") +
				"-- theirs/a.go --\n" + strings.Replace(goBase, "\tuse(nil)\n", "\tuse(nil)\n\tuse(base)\n", 1),
			nil, "=a.go +a.go.sill !content a.go ?a.go is left to you",
		},
		{
			"a new line with a name of a file that you deleted",
			"-- base/a.go --\npackage a\n-- ours/a.go --\npackage a\n-- theirs/a.go --\npackage a\n\nvar A = b\n" + goDeleted,
			nil, "=a.go +a.go.sill !content a.go ?a.go is left to you",
		},
		{
			"a new file with such a name",
			"-- theirs/a.go --\npackage a\n\nvar A = b\n" + goDeleted, nil, "+a.go ?a.go would not compile",
		},
		{
			"a name that you put elsewhere",
			"-- theirs/a.go --\npackage a\n\nvar A = b\n-- stray/c.go --\npackage a\n\nvar b, c = 1, 2\n" + goDeleted, nil, "+a.go",
		},
		{"a route twice", "-- base/r --\n\n-- ours/r --\n\n-- ours/s --\nroute /x\n-- base/s --\n\n-- theirs/s --\n\n-- theirs/r --\nroute /x\n", nil, "=r +r.sill !declared twice r ?r is left to you"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := txtar.Parse([]byte(c.files))
			renames := map[tree.Path]tree.Path{}
			for from, to := range c.renames {
				renames[at(t, from)] = at(t, to)
			}
			out, err := Trees(Request{
				Base: archive(t, a, "base"), Ours: archive(t, a, "ours"), Theirs: archive(t, a, "theirs"),
				Strays: func() (tree.Tree, error) { return archive(t, a, "stray"), nil }, Renames: renames,
				Beside: func() (ours, theirs tree.Tree, err error) { return archive(t, a, "stray"), tree.Tree{}, nil },
				Rules:  func(p tree.Path) Rule { return Rule{Prose: p.String() == "p.txt"} },
				Unique: []Unique{{"route", func(tree.Path) bool { return true }, regexp.MustCompile(`route (\S+)`)}},
				Labels: Labels{"yours", "base", "theirs"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, summary(out)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// summary returns what happens to each path, the conflicts, and the warnings in
// their first words.
func summary(o Outcome) string {
	var all []string
	for p, f := range o.Target.All() {
		sign := "+"
		if was, there := o.Ours.File(p); there {
			sign = "~"
			if was.Equal(f) {
				sign = "="
			}
		}
		all = append(all, sign+p.String())
	}
	for p := range o.Ours.All() {
		if _, stays := o.Target.File(p); !stays {
			all = append(all, "-"+p.String())
		}
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(a[1:], b[1:]) })
	for _, c := range o.Conflicts {
		all = append(all, "!"+string(c.Kind)+" "+c.Path.String())
	}
	for _, w := range o.Warnings {
		first, _, _ := strings.Cut(w, ":")
		all = append(all, "?"+first)
	}
	return strings.Join(all, " ")
}
