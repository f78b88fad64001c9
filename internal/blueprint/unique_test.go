package blueprint

import "testing"

func TestUnique(t *testing.T) {
	b, err := Load(files(t, ManifestName, head+`unique:
  - {name: route, path: 'internal/**/*.go', pattern: 'Handle\("([A-Z]+ /[^"]*)"'}
  - {name: target, path: Makefile, pattern: '^([a-z]+):'}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Unique) != 2 || b.Unique[0].Name != "route" || b.Unique[1].Name != "target" {
		t.Fatalf("got %+v", b.Unique)
	}
	for name, want := range map[string]bool{"internal/a.go": true, "internal/a/b/c.go": true, "a.go": false, "internal/a.txt": false} {
		check(t, b.Unique[0].Matches(name), want)
	}
	var keys []string
	for _, m := range b.Unique[1].Pattern.FindAllStringSubmatch("build:\n\tgo build\nx: build\n lint:\n", -1) {
		keys = append(keys, m[1])
	}
	check(t, keys, []string{"build", "x"}) // a line has a beginning of its own
}

func TestMistakesOfUnique(t *testing.T) {
	for _, c := range []struct{ name, unique, want string }{
		{"nothing", "  - {}", "blueprint.yaml:6:5 yaml-missing\nblueprint.yaml:6:5 yaml-missing\nblueprint.yaml:6:5 yaml-missing"},
		{"unknown key", "  - {name: a, path: a, pattern: '(a)', glob: b}", "blueprint.yaml:6:40 yaml-unknown"},
		{"glob", "  - {name: a, path: '[', pattern: '(a)'}", "blueprint.yaml:6:21 manifest-form"},
		{"pattern", "  - {name: a, path: a, pattern: '('}", "blueprint.yaml:6:33 manifest-form"},
		{"no group", "  - {name: a, path: a, pattern: 'a'}", "blueprint.yaml:6:33 manifest-form"},
		{"two groups", "  - {name: a, path: a, pattern: '(a)(b)'}", "blueprint.yaml:6:33 manifest-form"},
		{"no name", "  - {name: '', path: a, pattern: '(a)'}", "blueprint.yaml:6:12 manifest-form"},
		{"the name twice", "  - {name: a, path: a, pattern: '(a)'}\n  - {name: a, path: b, pattern: '(a)'}", "blueprint.yaml:7:12 manifest-form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(files(t, ManifestName, head+"unique:\n"+c.unique+"\n"))
			check(t, mistakes(t, err), c.want)
		})
	}
}
