package gitrepo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

func side(content string) *tree.File {
	f := &tree.File{Data: []byte(content), Mode: tree.Regular}
	if strings.HasPrefix(content, "#!") {
		f.Mode = tree.Executable
	}
	return f
}

// setUnmerged notes conflicts and demands that they can be read back.
func (w *work) setUnmerged(env Env, conflicts ...Unmerged) {
	w.t.Helper()
	r := w.repo()
	must(w.t, SetUnmerged(w.t.Context(), env, r, conflicts))
	for _, u := range conflicts {
		base, ours, theirs, err := stagesOf(w.t.Context(), env, r, u.Path)
		must(w.t, err)
		equal(w.t, "stages of "+u.Path.String(), []*tree.File{base, ours, theirs}, []*tree.File{u.Base, u.Ours, u.Theirs})
	}
}

// TestAConflictIsARealOne compares a noted conflict with one of git merge.
func TestAConflictIsARealOne(t *testing.T) {
	contents := map[string]string{"a.txt": "base\n", "b": "1\n", "z/y": "1\n"}
	eachWay(t, contents, func(w *work, env Env) {
		t := w.t
		genuine := newWork(t, w.repo().Prefix, contents)
		genuine.conflict("a.txt")
		w.put("a.txt", "our line\n")
		w.do("commit", "--quiet", "--all", "--message=ours")

		w.put("a.txt", "<<<<<<< yours\nour line\n||||||| go@1\nbase\n=======\ntheir line\n>>>>>>> new\n")
		w.setUnmerged(env, Unmerged{path1(t, "a.txt"), side("base\n"), side("our line\n"), side("their line\n")})

		equal(t, "index", w.said(), genuine.said())
		equal(t, "status", w.do("status", "--porcelain"), "UU "+w.in("a.txt"))
		if diff := w.do("diff"); !strings.Contains(diff, "diff --cc") || !strings.Contains(diff, "++>>>>>>> new") {
			t.Errorf("diff:\n%s", diff)
		}
		if out, err := w.tryGit(w.dir, "commit", "--message=x"); err == nil || !strings.Contains(out, "unmerged") {
			t.Errorf("git commits with a conflict: %v\n%s", err, out)
		}
		list, err := UnmergedPaths(t.Context(), env, w.repo())
		must(t, err)
		equal(t, "unmerged", joined(list), "a.txt")
		for how, want := range map[string]string{"--theirs": "their line\n", "--ours": "our line\n", "--conflict=merge": "<<<<<<< ours\nour line\n=======\ntheir line\n>>>>>>> theirs\n"} {
			w.do("checkout", how, "--", "a.txt")
			w.holds("a.txt", want)
		}
		w.do("-c", "mergetool.x.cmd=cat \"$BASE\" \"$LOCAL\" \"$REMOTE\" > \"$MERGED\"", "-c", "mergetool.x.trustExitCode=true", "mergetool", "--no-prompt", "--tool=x", "a.txt")
		w.holds("a.txt", "base\nour line\ntheir line\n")
		equal(t, "after the tool", w.do("diff", "--name-only", "--diff-filter=U"), "")
		w.do("commit", "--quiet", "--message=resolved")
		w.silent(w.root, "fsck", "--strict", "--no-dangling", "--no-progress")
		base, ours, theirs, err := stagesOf(t.Context(), env, w.repo(), path1(t, "a.txt"))
		if must(t, err); base != nil || ours != nil || theirs != nil {
			t.Error("a path in no conflict has stages")
		}
	})
}

func (w *work) holds(name, want string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	must(w.t, err)
	equal(w.t, name, string(data), want)
}

// TestConflictsOfEveryShape has sides that are missing, modes that differ, a
// link, names that need quotes, and a directory of the same name.
func TestConflictsOfEveryShape(t *testing.T) {
	contents := map[string]string{"both": "1\n", "gone": "1\n", "run.sh": "1\n", "dir/x": "1\n", "é/ü [1].txt": "1\n", "-dash": "1\n", "zz": "1\n"}
	eachWay(t, contents, func(w *work, env Env) {
		t := w.t
		link := &tree.File{Data: []byte("both"), Mode: tree.Symlink}
		w.setUnmerged(env,
			Unmerged{path1(t, "added"), nil, side("ours\n"), side("theirs\n")},
			Unmerged{path1(t, "gone"), side("1\n"), nil, side("theirs\n")},
			Unmerged{path1(t, "both"), side("1\n"), side("ours\n"), nil},
			Unmerged{path1(t, "run.sh"), side("1\n"), side("#!1\n"), side("no end of line")},
			Unmerged{path1(t, "é/ü [1].txt"), side("same\n"), link, side("same\n")},
			Unmerged{path1(t, "-dash"), nil, side(""), side("x")},
			Unmerged{path1(t, "dir"), nil, nil, side("a file in the place of a directory\n")},
		)
		got := strings.Split(w.git(w.root, "-c", "core.quotePath=false", "status", "--porcelain", "-uno"), "\n")
		for i, line := range got {
			line = strings.ReplaceAll(line, `"`, "")
			got[i] = line[:3] + strings.TrimPrefix(line[3:], "services/orders/")
		}
		slices.Sort(got)
		equal(t, "status", got, []string{"AA -dash", "AA added", "DU gone", "UA dir", "UD both", "UU run.sh", "UU é/ü [1].txt"})
		list, err := UnmergedPaths(t.Context(), env, w.repo())
		must(t, err)
		equal(t, "unmerged", joined(list), "-dash added both dir gone run.sh é/ü [1].txt")
		equal(t, "others", w.git(w.root, "ls-files", "--", "*other.txt", "*zz", "*dir/x"), w.git(w.root, "ls-tree", "-r", "--name-only", "HEAD", "--", w.in("dir/x"), "other.txt", w.in("zz")))
		w.silent(w.root, "fsck", "--strict", "--no-dangling", "--no-progress")
	})
}

// in returns git's name for a file of the service.
func (w *work) in(name string) string { return w.repo().full(path1(w.t, name)) }

// indexForms are what else can be in an index, and the forms it can have.
// Without git, those of the second list are refused.
var indexForms = map[string]func(w *work){
	"plain":     func(*work) {},
	"version 4": func(w *work) { w.do("update-index", "--index-version=4") },
	"extended": func(w *work) {
		w.put("intent", "x\n")
		w.do("add", "--intent-to-add", "intent")
		w.do("update-index", "--skip-worktree", "b")
		w.do("update-index", "--assume-unchanged", "z/y")
	},
	"extended, version 4": func(w *work) {
		w.do("update-index", "--index-version=4")
		w.do("update-index", "--skip-worktree", "b")
	},
	"with what only git understands": func(w *work) {
		w.do("update-index", "--untracked-cache")
		w.do("write-tree")
	},
	"staged": func(w *work) {
		w.put("b", "staged\n")
		w.do("rm", "--quiet", "--cached", "z/y")
		w.put("new", "n\n")
		w.do("add", "b", "new")
	},
	"with another conflict": func(w *work) { w.conflict("b") },
	"resolved conflict": func(w *work) {
		w.conflict("b")
		w.do("add", "b")
	},
	"split index": func(w *work) { w.do("update-index", "--split-index") },
	"sparse index": func(w *work) {
		w.put("out/of/it", "x\n")
		w.do("add", "--all")
		w.do("commit", "--quiet", "--message=more")
		w.git(w.root, "sparse-checkout", "set", "--cone", "--sparse-index", w.in("z"))
	},
}

func onlyGit(form string) bool { return form == "split index" || form == "sparse index" }

func TestTheRestOfTheIndexStays(t *testing.T) {
	need.Program(t, "git")
	contents := map[string]string{"a": "1\n", "b": "1\n", "z/y": "1\n", "long/" + strings.Repeat("name/", 20) + "x": "1\n"}
	for form, prepare := range indexForms {
		for _, way := range []string{"git", "go-git"} {
			t.Run(form+"/"+way, func(t *testing.T) {
				w := newWork(t, "services/orders", contents)
				prepare(w)
				env, p := w.ways()[way], path1(t, "a")
				before, undo := w.said(), w.git(w.root, "ls-files", "--resolve-undo")
				if onlyGit(form) && way == "go-git" {
					raw := w.index()
					err := SetUnmerged(t.Context(), env, w.repo(), []Unmerged{{Path: p, Ours: side("x")}})
					if code(t, err) != "git-absent" || w.index() != raw {
						t.Errorf("error %v", err)
					}
					return
				}
				saved, err := SaveIndex(t.Context(), env, w.repo(), []tree.Path{p})
				must(t, err)
				w.setUnmerged(env, Unmerged{p, side("1\n"), side("ours\n"), side("theirs\n")})
				others := func(said string) []string {
					return slices.DeleteFunc(strings.Split(said, "\n"), func(line string) bool {
						return line == "" || strings.HasSuffix(line, w.in("a")) || strings.Contains(line, ": unmerged (")
					})
				}
				equal(t, "the others", others(w.said()), others(before))
				equal(t, "what conflicts were", w.git(w.root, "ls-files", "--resolve-undo"), undo)
				if form == "version 4" && w.index()[7] != 4 {
					t.Error("the index has another version now")
				}
				must(t, RestoreIndex(t.Context(), env, w.repo(), saved))
				equal(t, "after all", w.said(), before)
				w.silent(w.root, "fsck", "--strict", "--no-dangling", "--no-progress")
				raw := w.index()
				must(t, RestoreIndex(t.Context(), env, w.repo(), saved))
				if w.index() != raw {
					t.Error("an index that is right was written")
				}
			})
		}
	}
}

func TestWhatIsNoConflict(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n"}, func(w *work, env Env) {
		t := w.t
		before := w.index()
		for _, u := range []Unmerged{
			{Path: path1(t, "a")},
			{Path: path1(t, "a"), Ours: &tree.File{Mode: tree.Directory}},
			{Path: path1(t, "a"), Ours: side("x"), Theirs: &tree.File{Mode: tree.Special}},
		} {
			if err := SetUnmerged(t.Context(), env, w.repo(), []Unmerged{{Path: path1(t, "b"), Ours: side("x")}, u}); err == nil {
				t.Errorf("%+v is a conflict", u)
			}
		}
		if w.index() != before {
			t.Error("the index was written")
		}
	})
}

func TestTheIndexIsLocked(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n"}, func(w *work, env Env) {
		t := w.t
		before, lock := w.index(), filepath.Join(w.repo().GitDir, "index.lock")
		w.write(lock, "")
		err := SetUnmerged(t.Context(), env, w.repo(), []Unmerged{{Path: path1(t, "a"), Ours: side("x")}})
		if code(t, err) != CodeFailed || diag.ClassOf(err) != diag.Environment || w.index() != before {
			t.Errorf("error %v", err)
		}
		if _, err := os.Stat(lock); err != nil {
			t.Errorf("the lock of the other process: %v", err)
		}
	})
}

func TestConflictsBeforeTheFirstCommit(t *testing.T) {
	need.Program(t, "git")
	for _, way := range []string{"git", "go-git"} {
		w := &work{world: newWorld(t), root: physical(t)}
		w.dir = w.root
		w.git(w.root, "init", "--quiet")
		saved, err := SaveIndex(t.Context(), w.ways()[way], w.repo(), pathList(t, "a"))
		must(t, err)
		w.setUnmerged(w.ways()[way], Unmerged{path1(t, "a"), nil, side("1"), side("2")})
		equal(t, "status", w.do("status", "--porcelain"), "AA a")
		must(t, RestoreIndex(t.Context(), w.ways()[way], w.repo(), saved))
		equal(t, "status", w.do("status", "--porcelain"), "")
	}
}

// TestConflictsAndLineEndings notes a file as git would keep it.
func TestConflictsAndLineEndings(t *testing.T) {
	need.Program(t, "git")
	for _, way := range []string{"git", "go-git"} {
		w := newWork(t, "", map[string]string{"a": "1\n"})
		w.do("config", "core.autocrlf", "true")
		w.do("config", "core.safecrlf", "true")
		u := Unmerged{path1(t, "a"), side("1\n"), side("1\r\nours\r\n"), side("1\ntheirs\n")}
		must(t, SetUnmerged(t.Context(), w.ways()[way], w.repo(), []Unmerged{u}))
		_, ours, _, err := stagesOf(t.Context(), w.ways()[way], w.repo(), u.Path)
		must(t, err)
		equal(t, way, ours, side("1\nours\n"))
		w.do("checkout", "--ours", "a")
		w.holds("a", "1\r\nours\r\n")
	}
}

func TestConflictsInOtherHashes(t *testing.T) {
	need.Program(t, "git")
	w := &work{world: newWorld(t), root: physical(t)}
	w.dir = w.root
	w.git(w.root, "init", "--quiet", "--object-format=sha256")
	w.put("a", "1\n")
	w.do("add", "a")
	before := w.said()
	saved, err := SaveIndex(t.Context(), w.env, w.repo(), pathList(t, "a", "b"))
	must(t, err)
	w.setUnmerged(w.env, Unmerged{path1(t, "a"), side("1\n"), side("2\n"), side("3\n")}, Unmerged{path1(t, "b"), nil, side("2\n"), nil})
	must(t, RestoreIndex(t.Context(), w.env, w.repo(), saved))
	equal(t, "index", w.said(), before)
	raw := w.index()
	for _, err := range []error{
		SetUnmerged(t.Context(), w.set("PATH="), w.repo(), []Unmerged{{Path: path1(t, "a"), Ours: side("x")}}),
		RestoreIndex(t.Context(), w.set("PATH="), w.repo(), saved),
	} {
		if code(t, err) != "git-absent" || w.index() != raw {
			t.Errorf("error %v", err)
		}
	}
}
