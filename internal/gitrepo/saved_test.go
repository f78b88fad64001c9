package gitrepo

import (
	"os"
	"path/filepath"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

// TestSavedIndexesComeBack saves one way and restores the other, over every
// state of a path.
func TestSavedIndexesComeBack(t *testing.T) {
	need.Program(t, "git")
	names := []string{"clean", "staged", "gone", "absent", "intent", "empty", "assumed", "skipped", "both flags", "run.sh", "link", "conflict"}
	for _, save := range []string{"git", "go-git"} {
		for _, restore := range []string{"git", "go-git"} {
			t.Run(save+" to "+restore, func(t *testing.T) {
				w := newWork(t, "services/orders", map[string]string{
					"clean": "1\n", "staged": "1\n", "gone": "1\n", "assumed": "1\n", "skipped": "1\n", "both flags": "1\n", "conflict": "1\n",
				})
				w.conflict("conflict")
				w.put("staged", "2\n")
				w.put("run.sh", "#!/bin/sh\n")
				w.chmod(filepath.Join(w.dir, "run.sh"))
				w.put("intent", "2\n")
				w.put("empty", "")
				must(t, os.Symlink("clean", filepath.Join(w.dir, "link")))
				w.do("add", "staged", "run.sh", "empty", "link")
				w.do("add", "--intent-to-add", "intent")
				w.do("rm", "--quiet", "--cached", "gone")
				w.do("update-index", "--assume-unchanged", "assumed", "both flags")
				w.do("update-index", "--skip-worktree", "skipped", "both flags")
				before := w.said()
				saved, err := SaveIndex(t.Context(), w.ways()[save], w.repo(), pathList(t, names...))
				must(t, err)
				var all []Unmerged
				for _, name := range names {
					all = append(all, Unmerged{path1(t, name), side("b\n"), side("o\n"), side("t\n")})
				}
				must(t, SetUnmerged(t.Context(), w.ways()[restore], w.repo(), all))
				if w.said() == before {
					t.Fatal("nothing has changed")
				}
				must(t, RestoreIndex(t.Context(), w.ways()[restore], w.repo(), saved))
				equal(t, "index", w.said(), before)
				base, ours, theirs, err := stagesOf(t.Context(), w.ways()[restore], w.repo(), path1(t, "conflict"))
				must(t, err)
				equal(t, "the user's own conflict", []*tree.File{base, ours, theirs}, []*tree.File{side("1\n"), side("our line\n"), side("their line\n")})
			})
		}
	}
}

func TestSavedIndexOfNothing(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n"}, func(w *work, env Env) {
		t := w.t
		before := w.index()
		saved, err := SaveIndex(t.Context(), env, w.repo(), nil)
		must(t, err)
		must(t, RestoreIndex(t.Context(), env, w.repo(), saved))
		must(t, SetUnmerged(t.Context(), env, w.repo(), nil))
		for _, bad := range []string{
			"", "{", `{"sill":2}`, `{"sill":1,"names":["../x"]}`, `{"sill":1,"names":["a"],"entries":[{"name":"b","mode":"100644","hash":"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"}]}`,
			`{"sill":1,"names":["a"],"entries":[{"name":"a","mode":"100644","hash":"e69de29\n"}]}`, `{"sill":1,"names":["a"],"entries":[{"name":"a","mode":"1 2","hash":"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"}]}`,
		} {
			if err := RestoreIndex(t.Context(), env, w.repo(), []byte(bad)); code(t, err) != "index-note" || diag.ClassOf(err) != diag.Refused {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if w.index() != before {
			t.Error("the index was written")
		}
	})
}
