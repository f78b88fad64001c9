package blueprint

import (
	"strings"
	"testing"

	"golang.org/x/mod/semver"

	"groundsill.example/internal/tree"
)

// withHistory is a blueprint with three versions behind it.
func withHistory(t *testing.T) *Blueprint {
	t.Helper()
	b, err := Load(files(t, ManifestName, strings.Replace(head, "1.2.3", "0.10.0", 1)+`
questions:
  - {key: license, type: choice, prompt: Licence, choices: [MIT, none]}
  - {key: tls, type: choice, prompt: TLS, choices: [strict, "off"]}
  - {key: first, type: text, prompt: First}
  - {key: last, type: text, prompt: Last}
migrations:
  - to: 0.2.0-rc.1
    rename: {docs/guide.txt: docs/handbook.txt, 'view/*.go': 'view/*_view.go'}
    rename-answer: {licence: terms}
    map-answer: {terms: {proprietary: closed}}
  - to: 0.9.0
    rename: {docs/handbook.txt: handbook.txt}
    rename-answer: {terms: license, first: last, last: first}
    map-answer: {license: {closed: none}, tls: {"true": strict, "false": "off"}}
  - to: 0.10.0
    rename: {view/problem.go: view/errors.go}
`))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOlder(t *testing.T) {
	ascending := []string{"0.0.1", "0.0.2-alpha", "0.0.2-alpha.2", "0.0.2-alpha.10", "0.0.2", "0.9.0", "0.10.0", "1.0.0"}
	for i, a := range ascending {
		for j, b := range ascending {
			if Older(a, b) != (i < j) {
				t.Errorf("%s before %s: %v", a, b, Older(a, b))
			}
		}
	}
}

func TestBetween(t *testing.T) {
	b := withHistory(t)
	for from, want := range map[string]string{
		"0.1.0":      "0.2.0-rc.1 0.9.0 0.10.0",
		"0.2.0-rc.1": "0.9.0 0.10.0",
		"0.2.0":      "0.9.0 0.10.0",
		"0.9.0":      "0.10.0",
		"0.10.0":     "",
		"1.0.0":      "",
	} {
		var got []string
		for _, m := range b.Between(from) {
			got = append(got, m.To)
		}
		check(t, strings.Join(got, " "), want)
	}
	b.Version = "0.9.1" // a bundle may be older than what its manifest was copied from
	check(t, len(b.Between("0.1.0")), 2)
}

func TestMigrateAnswers(t *testing.T) {
	b := withHistory(t)
	for _, c := range []struct {
		name      string
		from      string
		old, want map[string]any
	}{
		{"nothing", "0.1.0", map[string]any{}, map[string]any{}},
		{"over two versions", "0.1.0", map[string]any{"licence": "proprietary"}, map[string]any{"license": "none"}},
		{"a value that stays", "0.1.0", map[string]any{"licence": "MIT"}, map[string]any{"license": "MIT"}},
		{"from the middle", "0.2.0", map[string]any{"terms": "closed"}, map[string]any{"license": "none"}},
		{"only what lies between", "0.9.0", map[string]any{"terms": "closed"}, map[string]any{"terms": "closed"}},
		{"exchanged", "0.2.0", map[string]any{"first": "a", "last": "b"}, map[string]any{"first": "b", "last": "a"}},
		{"one of an exchange", "0.2.0", map[string]any{"first": "a"}, map[string]any{"last": "a"}},
		{"another type", "0.2.0", map[string]any{"tls": true}, map[string]any{"tls": "strict"}},
		{"another type, false", "0.2.0", map[string]any{"tls": false}, map[string]any{"tls": "off"}},
		{"a list is no value", "0.2.0", map[string]any{"tls": []string{"true"}}, map[string]any{"tls": []string{"true"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := MigrateAnswers(c.old, nil, b.Between(c.from))
			check(t, got, c.want)
		})
	}
}

// An answer that is not there has no value that could be mapped.
func TestMigrateAnswersInventsNothing(t *testing.T) {
	old := map[string]any{"a": "x"}
	ms := []Migration{{To: "1.0.0", RenameAnswers: map[string]string{"a": "b"}, MapAnswers: map[string]map[string]string{"c": {"<nil>": "y", "": "z"}}}}
	got, _ := MigrateAnswers(old, nil, ms)
	check(t, got, map[string]any{"b": "x"})
	check(t, old, map[string]any{"a": "x"})
}

// The answers of modules move as those of the base do, and between both.
func TestMigrateAnswersOfModules(t *testing.T) {
	b, err := Load(files(t, ManifestName, head+`
questions:
  - {key: port, type: text, prompt: Port}
migrations:
  - to: 1.1.0
    rename-answer: {docker.base: docker.image, docker.port: port, owner: docker.maintainer}
    map-answer: {docker.image: {scratch: distroless}}
  - to: 1.2.0
    map-answer: {docker.image: {distroless: static}}
`, "modules/docker/module.yaml", `
summary: A container
questions:
  - {key: image, type: choice, prompt: Image, choices: [static, alpine]}
  - {key: maintainer, type: text, prompt: Maintainer}
`))
	if err != nil {
		t.Fatal(err)
	}
	type modules = map[string]map[string]any
	for _, c := range []struct {
		name       string
		base, want map[string]any
		on, wantOn modules
	}{
		{
			"all of it",
			map[string]any{"owner": "ada"},
			map[string]any{"port": "80"},
			modules{"docker": {"base": "scratch", "port": "80"}},
			modules{"docker": {"image": "static", "maintainer": "ada"}},
		},
		{"no module", map[string]any{"owner": "ada", "port": "1"}, map[string]any{"port": "1"}, nil, modules{}},
		{"a module without answers", map[string]any{}, map[string]any{}, modules{"docker": {}}, modules{"docker": {}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			base, on := MigrateAnswers(c.base, c.on, b.Between("1.0.0"))
			check(t, base, c.want)
			check(t, on, c.wantOn)
		})
	}
}

func TestMigratePaths(t *testing.T) {
	b := withHistory(t)
	for _, c := range []struct{ name, from, old, now, want string }{
		{"over two versions", "0.1.0", "docs/guide.txt", "handbook.txt", "docs/guide.txt handbook.txt"},
		{"from the middle", "0.2.0", "docs/handbook.txt", "handbook.txt", "docs/handbook.txt handbook.txt"},
		{"each of many", "0.1.0", "view/item.go view/order.go", "view/item_view.go view/order_view.go", "view/item.go view/item_view.go\nview/order.go view/order_view.go"},
		{"a pattern that a file did not follow", "0.1.0", "view/item.go view/answers.go", "view/item_view.go view/answers.go", "view/item.go view/item_view.go"},
		{"not below", "0.1.0", "view/a/b.go", "view/a/b_view.go", ""},
		{"no name at all", "0.1.0", "view/.go", "view/_view.go", ""},
		{"gone since", "0.1.0", "docs/guide.txt", "other.txt", ""},
		{"in one place by now", "0.1.0", "docs/guide.txt docs/handbook.txt", "handbook.txt", "docs/guide.txt handbook.txt"},
		{"nothing between", "0.10.0", "view/problem.go", "view/errors.go", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			moved := MigratePaths(names(t, c.old), names(t, c.now), b.Between(c.from))
			for p := range names(t, c.old).All() {
				if to, ok := moved[p]; ok {
					got = append(got, p.String()+" "+to.String())
				}
			}
			check(t, strings.Join(got, "\n"), c.want)
		})
	}
}

// names returns a tree of empty files.
func names(t *testing.T, list string) tree.Tree {
	t.Helper()
	var pairs []string
	for name := range strings.FieldsSeq(list) {
		pairs = append(pairs, name, "")
	}
	return files(t, pairs...)
}

func TestMistakesOfMigrations(t *testing.T) {
	const questions = head + "questions:\n  - {key: a, type: choice, prompt: A, choices: [x, z]}\n  - {key: b, type: bool, prompt: B}\n"
	for _, c := range []struct{ name, migrations, want string }{
		{"no version", "  - rename: {a: b}", "blueprint.yaml:9:5 yaml-missing"},
		{"unknown key", "  - {to: 1.0.0, delete: [a]}", "blueprint.yaml:9:17 yaml-unknown"},
		{"no Semantic Version", "  - {to: 01.0.0}", "blueprint.yaml:9:10 manifest-form"},
		{"newer than the blueprint", "  - {to: 1.2.4}", "blueprint.yaml:9:5 manifest-form"},
		{"out of order", "  - {to: 1.2.0}\n  - {to: 1.1.0}", "blueprint.yaml:10:5 manifest-form"},
		{"twice", "  - {to: 1.2.0}\n  - {to: 1.2.0}", "blueprint.yaml:10:5 manifest-form"},
		{"to itself", "  - {to: 1.0.0, rename: {a: a}}", "blueprint.yaml:9:29 manifest-form"},
		{"out of the repository", "  - {to: 1.0.0, rename: {a: ../b}}", "blueprint.yaml:9:29 manifest-form"},
		{"into git", "  - {to: 1.0.0, rename: {a: .git/config}}", "blueprint.yaml:9:29 manifest-form"},
		{"a star in one", "  - {to: 1.0.0, rename: {'a*': b}}", "blueprint.yaml:9:32 manifest-form"},
		{"two stars", "  - {to: 1.0.0, rename: {'*a*': '*b*'}}", "blueprint.yaml:9:33 manifest-form"},
		{"a path that is a list", "  - {to: 1.0.0, rename: {a: [b]}}", "blueprint.yaml:9:29 yaml-type"},
		{"an answer to itself", "  - {to: 1.0.0, rename-answer: {a: a}}", "blueprint.yaml:9:36 manifest-form"},
		{"no such question", "  - {to: 1.0.0, rename-answer: {o: n}}", "blueprint.yaml:9:36 manifest-form"},
		{"two answers become one", "  - {to: 1.0.0, rename-answer: {o: a, p: a}}", "blueprint.yaml:9:42 manifest-form"},
		{"an answer to no key", "  - {to: 1.0.0, rename-answer: {o: ''}}", "blueprint.yaml:9:36 manifest-form"},
		{"renamed again, to nothing", "  - {to: 1.0.0, rename-answer: {o: p}}\n  - {to: 1.1.0, rename-answer: {p: q}}", "blueprint.yaml:9:36 manifest-form\nblueprint.yaml:10:36 manifest-form"},
		{"values of no question", "  - {to: 1.0.0, map-answer: {n: {x: y}}}", "blueprint.yaml:9:33 manifest-form"},
		{"values of a bool", "  - {to: 1.0.0, map-answer: {b: {yes: true}}}", "blueprint.yaml:9:33 manifest-form"},
		{"no such choice", "  - {to: 1.0.0, map-answer: {a: {x: y}}}", "blueprint.yaml:9:37 manifest-form"},
		{"values of no question of a module", "  - {to: 1.0.0, map-answer: {m.n: {x: y}}}", "blueprint.yaml:9:35 manifest-form"},
		{"no such choice of a module", "  - {to: 1.0.0, map-answer: {m.a: {x: y}}}", "blueprint.yaml:9:39 manifest-form"},
		{"to a module that is not there", "  - {to: 1.0.0, rename-answer: {o: n.a}}", "blueprint.yaml:9:36 manifest-form"},
		{"mapped again, to nothing", "  - {to: 1.0.0, map-answer: {a: {x: y}}}\n  - {to: 1.1.0, map-answer: {a: {y: w}}}", "blueprint.yaml:9:37 manifest-form\nblueprint.yaml:10:37 manifest-form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(files(t, ManifestName, questions+"migrations:\n"+c.migrations+"\n",
				"modules/m/module.yaml", "summary: M\nquestions:\n  - {key: a, type: choice, prompt: A, choices: [z]}\n"))
			check(t, mistakes(t, err), c.want)
		})
	}
}

// What a later version renames or maps again is no mistake.
func TestMigrationsFollowEachOther(t *testing.T) {
	_, err := Load(files(t, ManifestName, head+`questions:
  - {key: a, type: choice, prompt: A, choices: [x, z]}
migrations:
  - {to: 1.0.0, rename-answer: {o: p}, map-answer: {p: {"1": y}}}
  - {to: 1.1.0, rename-answer: {p: a}, map-answer: {a: {y: z}}}
`))
	if err != nil {
		t.Error(err)
	}
}

// Every version that a manifest may have can be compared with any other.
func TestVersionsAreSemantic(t *testing.T) {
	for version, good := range map[string]bool{
		"0.1.0": true, "1.2.3-rc.1": true, "10.20.30": true,
		"01.2.3": false, "1.2.3-01": false, "1.2.3-a..b": false, "1.2.3-": false, "1.2": false,
	} {
		_, err := Load(files(t, ManifestName, strings.Replace(head, "1.2.3", "'"+version+"'", 1)))
		if (err == nil) != good || good && !semver.IsValid("v"+version) {
			t.Errorf("%s: %v", version, err)
		}
		if !good {
			check(t, mistakes(t, err), "blueprint.yaml:2:10 manifest-form")
		}
	}
}
