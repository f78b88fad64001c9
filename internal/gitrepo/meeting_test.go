package gitrepo

import (
	"strings"
	"testing"

	"groundsill.example/internal/tree"
)

// text returns the content of a file, "-" for none.
func text(f *tree.File) string {
	if f == nil {
		return "-"
	}
	return strings.TrimSpace(string(f.Data))
}

// TestUnderway reads the sides of everything that git leaves half done, from the
// index and from the commits, and stages what was made of it.
func TestUnderway(t *testing.T) {
	contents := map[string]string{"a.txt": "base\n", "gone.txt": "1\n2\n", "kept.txt": "1\n"}
	for _, c := range []struct {
		name         string
		begin        []string
		base, theirs string
	}{
		{name: "merge", begin: []string{"merge", "theirs"}, base: "base", theirs: "their line"},
		{name: "cherry-pick", begin: []string{"cherry-pick", "theirs"}, base: "base", theirs: "their line"},
		{name: "revert", begin: []string{"revert", "--no-edit", "HEAD~1"}, base: "middle", theirs: "base"},
		{name: "rebase", begin: []string{"rebase", "theirs"}, base: "base", theirs: "middle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachWay(t, contents, func(w *work, env Env) {
				t := w.t
				w.do("checkout", "--quiet", "-b", "theirs")
				w.put("a.txt", "their line\n")
				w.put("gone.txt", "1\n3\n")
				w.do("commit", "--quiet", "--all", "--message=theirs")
				w.do("checkout", "--quiet", "main")
				w.put("a.txt", "middle\n")
				w.do("commit", "--quiet", "--all", "--message=middle")
				w.put("a.txt", "our line\n")
				w.remove("gone.txt")
				w.do("commit", "--quiet", "--all", "--message=ours")
				_, found, err := Underway(t.Context(), env, w.repo())
				must(t, err)
				equal(t, "before", found, false)
				if out, err := w.tryGit(w.dir, c.begin...); err == nil {
					t.Fatalf("no conflict: %s", out)
				}
				m, found, err := Underway(t.Context(), env, w.repo())
				must(t, err)
				equal(t, "found", found, true)
				var sides []string
				for _, commit := range []string{m.Base, m.Theirs} {
					f, err := At(t.Context(), env, w.repo(), commit, path1(t, "a.txt"))
					must(t, err)
					sides = append(sides, text(f))
				}
				equal(t, "sides", sides, []string{c.base, c.theirs})
				stages, err := Stages(t.Context(), env, w.repo())
				must(t, err)
				for _, u := range stages {
					if u.Path.String() == "a.txt" {
						equal(t, "stages", []string{text(u.Base), text(u.Theirs)}, sides)
					}
				}
				equal(t, "unmerged", len(stages) > 0, true)
				w.put("a.txt", "solved\n")
				w.put("new.txt", "new\n")
				w.remove("kept.txt")
				must(t, Stage(t.Context(), env, w.repo(), pathList(t, "a.txt", "new.txt", "kept.txt", "gone.txt", "never.txt")))
				left, err := UnmergedPaths(t.Context(), env, w.repo())
				must(t, err)
				equal(t, "left", joined(left), "")
				equal(t, "differs from the index", w.do("diff", "--name-only"), "")
				equal(t, "staged", w.do("show", ":"+w.in("a.txt")), "solved")
				if status := w.do("status", "--porcelain", "--no-renames"); !strings.Contains(status, "A  "+w.in("new.txt")) || !strings.Contains(status, "D  "+w.in("kept.txt")) {
					t.Errorf("status:\n%s", status)
				}
			})
		})
	}
}

// TestMerged finds the parents of a merge that is committed, and none of any
// other commit.
func TestMerged(t *testing.T) {
	eachWay(t, map[string]string{"a.txt": "base\n"}, func(w *work, env Env) {
		t := w.t
		_, found, err := Merged(t.Context(), env, w.repo())
		must(t, err)
		equal(t, "a first commit", found, false)
		w.conflict("a.txt")
		w.do("commit", "--quiet", "--all", "--message=merged, markers and all")
		m, found, err := Merged(t.Context(), env, w.repo())
		must(t, err)
		equal(t, "found", found, true)
		var sides []string
		for _, commit := range []string{m.Base, m.Ours, m.Theirs, ""} {
			f, err := At(t.Context(), env, w.repo(), commit, path1(t, "a.txt"))
			must(t, err)
			sides = append(sides, text(f))
		}
		equal(t, "sides", sides, []string{"base", "our line", "their line", "-"})
		f, err := At(t.Context(), env, w.repo(), m.Ours, path1(t, "none.txt"))
		must(t, err)
		equal(t, "no file", text(f), "-")
	})
}
