package lock

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"groundsill.example/internal/tree"
)

func npmTree(t *testing.T, manifest string) (tree.Tree, tree.Path) {
	t.Helper()
	p, err := tree.ParsePath("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var b tree.Builder
	if err := b.Add(p, tree.File{Data: []byte(manifest), Mode: tree.Regular}); err != nil {
		t.Fatal(err)
	}
	return b.Tree(), p
}

// TestNpmIsWhatNpmWrites prunes nothing: npm has written the superset, flags
// included.
func TestNpmIsWhatNpmWrites(t *testing.T) {
	superset, err := os.ReadFile("../../blueprints/express/locks/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Packages map[string]json.RawMessage }
	if err := json.Unmarshal(superset, &file); err != nil {
		t.Fatal(err)
	}
	files, p := npmTree(t, string(file.Packages[""]))
	got, err := Npm(superset, files, p)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(superset) {
		t.Error(firstDifference(string(got), string(superset)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return strings.Join(g[max(0, i-5):min(len(g), i+3)], "\n") + "\nwant\n" + strings.Join(w[max(0, i-5):min(len(w), i+3)], "\n")
		}
	}
	return "one is longer"
}

const smallLock = `{"lockfileVersion": 3, "packages": {
"": {"dependencies": {"a": "^1.0.0", "b": "^1.0.0"}, "devDependencies": {"d": "1.0.0"}},
"node_modules/a": {"version": "1.0.0", "resolved": "x", "integrity": "i", "dev": true, "dependencies": {"c": "1"}, "peerDependencies": {"p": "1", "q": "1"}, "peerDependenciesMeta": {"q": {"optional": true}}},
"node_modules/a/node_modules/c": {"version": "1.0.1"},
"node_modules/b": {"version": "1.0.0", "optionalDependencies": {"o": "1", "none": "1"}},
"node_modules/c": {"version": "2.0.0"},
"node_modules/d": {"version": "1.0.0", "license": "MIT", "dependencies": {"o": "1"}},
"node_modules/o": {"version": "1.0.0"},
"node_modules/p": {"version": "1.0.0"},
"node_modules/q": {"version": "1.0.0"}
}}`

func TestNpm(t *testing.T) {
	for manifest, want := range map[string]string{
		`{"name": "n", "version": "0.0.0", "dependencies": {"a": "^1.0.0"}}`: `"node_modules/a": {
      "version": "1.0.0",
      "integrity": "i",
      "dependencies": {
        "c": "1"
      },
      "peerDependencies": {
        "p": "1",
        "q": "1"
      },
      "peerDependenciesMeta": {
        "q": {
          "optional": true
        }
      }
    },
    "node_modules/a/node_modules/c": {
      "version": "1.0.1"
    },
    "node_modules/p": {
      "version": "1.0.0",
      "peer": true
    }
  }
}
`,
		`{"name": "n", "version": "0.0.0", "dependencies": {"b": "^1.0.0"}, "devDependencies": {"d": "1.0.0"}}`: `"node_modules/b": {
      "version": "1.0.0",
      "optionalDependencies": {
        "o": "1",
        "none": "1"
      }
    },
    "node_modules/d": {
      "version": "1.0.0",
      "dev": true,
      "license": "MIT",
      "dependencies": {
        "o": "1"
      }
    },
    "node_modules/o": {
      "version": "1.0.0",
      "devOptional": true
    }
  }
}
`,
	} {
		files, p := npmTree(t, manifest)
		got, err := Npm([]byte(smallLock), files, p)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(string(got), want) {
			t.Errorf("%s: got\n%s", manifest, got)
		}
	}
}

func TestNpmRefusals(t *testing.T) {
	for manifest, want := range map[string]string{
		`{`:                                 "does not parse",
		`{"dependencies": {"x": "1"}}`:      "the lock has no x 1",
		`{"dependencies": {"a": "^2.0.0"}}`: "the lock has no a ^2.0.0",
	} {
		files, p := npmTree(t, manifest)
		if _, err := Npm([]byte(smallLock), files, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", manifest, err)
		}
	}
}
