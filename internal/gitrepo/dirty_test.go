package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

// dirty returns what Dirty says of names, as "name kind".
func (w *work) dirty(env Env, names ...string) []string {
	w.t.Helper()
	before := w.index()
	states, err := Dirty(w.t.Context(), env, w.repo(), pathList(w.t, names...))
	must(w.t, err)
	if w.index() != before {
		w.t.Error("Dirty has written the index")
	}
	said := []string{}
	for _, s := range states {
		said = append(said, s.Path.String()+" "+string(s.Kind))
	}
	return said
}

func equal(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if d := cmp.Diff(want, got, cmp.Comparer(func(p, q tree.Path) bool { return p == q })); d != "" {
		tb.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestDirty(t *testing.T) {
	names := []string{
		"same", "touched", "é/ü [1].txt", "edited", "in index", "both", "removed", "unstaged removal", "uncached",
		"intent", "new", "added", "ignored.log", "tracked.log", "sub/deeper/x", "assumed", "assumed edited", "skipped", "skipped edited",
		"mode", "link", "is a directory", "file/below", "nowhere/at/all", "x[1].go",
	}
	contents := map[string]string{
		"same": "1\n", "touched": "1\n", "é/ü [1].txt": "1\n", "edited": "1\n", "in index": "1\n", "both": "1\n", "removed": "1\n",
		"unstaged removal": "1\n", "uncached": "1\n", "tracked.log": "1\n", "assumed": "1\n", "assumed edited": "1\n", "skipped": "1\n",
		"skipped edited": "1\n", "mode": "1\n", "file": "1\n", ".gitignore": "*.log\n", "x1.go": "what x[1].go is as a pattern\n",
	}
	eachWay(t, contents, func(w *work, env Env) {
		t := w.t
		must(t, os.Symlink("same", filepath.Join(w.dir, "link")))
		w.do("add", "link")
		w.do("commit", "--quiet", "--message=link")
		equal(t, "of a clean tree", w.dirty(env, names...), []string{})

		later := time.Now().Add(time.Hour)
		must(t, os.Chtimes(filepath.Join(w.dir, "touched"), later, later))
		for _, name := range []string{"é/ü [1].txt", "edited", "in index", "both", "assumed edited", "skipped edited", "new", "added", "ignored.log", "intent", "sub/deeper/x", "x[1].go", "x1.go"} {
			w.put(name, "2\n")
		}
		w.do("update-index", "--assume-unchanged", "assumed", "assumed edited")
		w.do("update-index", "--skip-worktree", "skipped", "skipped edited")
		w.remove("skipped")
		w.do("add", "in index", "both", "added")
		w.do("add", "--intent-to-add", "intent")
		w.put("both", "3\n")
		w.do("rm", "--quiet", "removed")
		w.do("rm", "--quiet", "--cached", "uncached")
		w.remove("unstaged removal")
		w.chmod(filepath.Join(w.dir, "mode"))
		w.remove("link")
		must(t, os.Symlink("edited", filepath.Join(w.dir, "link")))
		must(t, os.Mkdir(filepath.Join(w.dir, "is a directory"), 0o777))
		want := []string{
			"é/ü [1].txt unstaged", "edited unstaged", "in index staged", "both unstaged", "removed staged", "unstaged removal unstaged",
			"uncached staged", "intent unstaged", "new untracked", "added staged", "ignored.log untracked", "sub/deeper/x untracked",
			"assumed edited unstaged", "skipped edited unstaged", "mode unstaged", "link unstaged", "x[1].go untracked",
		}
		equal(t, "of a dirty tree", w.dirty(env, names...), want)
		for _, name := range []string{"same", "both", "intent", "assumed edited", "sub/deeper/x"} { // alone, every path is what it is among others
			alone := slices.DeleteFunc(slices.Clone(want), func(line string) bool { return line[:strings.LastIndex(line, " ")] != name })
			equal(t, name, w.dirty(env, name), alone)
		}
		w.do("config", "core.fileMode", "false")
		equal(t, "without modes", w.dirty(env, "mode"), []string{})
	})
}

func TestDirtyOfManyPaths(t *testing.T) {
	contents := map[string]string{}
	var names, want []string
	for i := range 400 {
		name := fmt.Sprintf("internal/some/quite/long/directory/name/that/fills/the/line/%03d.go", i)
		names = append(names, name)
		contents[name] = "1\n"
		if i%100 == 0 {
			want = append(want, name+" unstaged")
		}
	}
	eachWay(t, contents, func(w *work, env Env) {
		t := w.t
		for _, line := range want {
			w.put(strings.TrimSuffix(line, " unstaged"), "2\n")
		}
		w.write(filepath.Join(w.root, "other.txt"), "edited\n")
		equal(t, "dirty", w.dirty(env, names...), want)
	})
}

func TestDirtyInAConflict(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n", "b": "1\n"}, func(w *work, env Env) {
		t := w.t
		w.conflict("a")
		equal(t, "dirty", w.dirty(env, "a", "b"), []string{"a unmerged"})
	})
}

// conflict makes a real conflict in a file by a merge.
func (w *work) conflict(name string) {
	w.t.Helper()
	w.do("checkout", "--quiet", "-b", "theirs")
	w.put(name, "their line\n")
	w.do("commit", "--quiet", "--all", "--message=theirs")
	w.do("checkout", "--quiet", "main")
	w.put(name, "our line\n")
	w.do("commit", "--quiet", "--all", "--message=ours")
	if out, err := w.tryGit(w.dir, "merge", "theirs"); err == nil {
		w.t.Fatalf("no conflict: %s", out)
	}
}

func TestDirtyBeforeTheFirstCommit(t *testing.T) {
	need.Program(t, "git")
	for _, way := range []string{"git", "go-git"} {
		w := &work{world: newWorld(t), root: physical(t)}
		w.dir = w.root
		w.git(w.root, "init", "--quiet")
		env := w.ways()[way]
		w.put("added", "1\n")
		w.put("edited", "1\n")
		w.put("new", "1\n")
		states, err := Dirty(t.Context(), env, w.repo(), pathList(t, "added", "nothing"))
		must(t, err)
		equal(t, way, states, []State{{path1(t, "added"), KindUntracked}})
		w.do("add", "added", "edited")
		w.put("edited", "2\n")
		equal(t, way, w.dirty(env, "added", "edited", "new", "nothing"), []string{"added staged", "edited unstaged", "new untracked"})
	}
}

func TestDirtyAndLineEndings(t *testing.T) {
	need.Program(t, "git")
	for name, setting := range map[string]string{"autocrlf": "[core]\n\tautocrlf = true\n", "attributes": ""} {
		for _, way := range []string{"git", "go-git"} {
			t.Run(name+"/"+way, func(t *testing.T) {
				contents := map[string]string{"a.txt": "1\n2\n", "b.bin": "1\x00\n"}
				if setting == "" {
					contents[".gitattributes"] = "*.txt text eol=crlf\n"
				}
				w := newWork(t, "", contents)
				w.do("config", "core.safecrlf", "true")
				w.write(filepath.Join(w.home, ".gitconfig"), setting)
				w.remove("a.txt")
				w.do("checkout", "a.txt")
				if data, err := os.ReadFile(filepath.Join(w.dir, "a.txt")); err != nil || string(data) != "1\r\n2\r\n" {
					t.Fatalf("checked out %q, %v", data, err)
				}
				equal(t, "as git checks it out", w.dirty(w.ways()[way], "a.txt", "b.bin"), []string{})
				w.put("a.txt", "1\r\n3\r\n")
				w.put("b.bin", "1\x00\r\n")
				equal(t, "edited", w.dirty(w.ways()[way], "a.txt", "b.bin"), []string{"a.txt unstaged", "b.bin unstaged"})
			})
		}
	}
}

func TestDirtyInSubmodulesAndLinks(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n", "real/x": "1\n"}, func(w *work, env Env) {
		t := w.t
		library := filepath.Join(physical(t), "library")
		w.git(filepath.Dir(library), "init", "--quiet", library)
		w.write(filepath.Join(library, "in/it"), "1\n")
		w.git(library, "add", "--all")
		w.git(library, "commit", "--quiet", "--message=library")
		w.do("submodule", "--quiet", "add", library, "sub")
		w.do("commit", "--quiet", "--message=submodule")
		w.do("init", "--quiet", "nested")
		w.put("nested/x", "1\n")
		must(t, os.Symlink("real", filepath.Join(w.dir, "link")))
		names := []string{"sub/in/it", "sub/new", "nested/x", "nested/y/z", "link/x", "link/y", "real/x", "sub"}
		want := []string{"sub/in/it submodule", "sub/new submodule", "nested/x submodule", "nested/y/z submodule", "sub submodule"}
		equal(t, "checked out", w.dirty(env, names...), want)
		w.do("submodule", "--quiet", "deinit", "--force", "sub")
		equal(t, "not checked out", w.dirty(env, "sub/in/it", "sub/new", "a"), want[:2])
	})
}

func TestDirtyInALinkedWorkTree(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n", "b": "1\n"}, func(w *work, env Env) {
		t := w.t
		w.put("a", "dirty in the main work tree\n")
		base := filepath.Join(physical(t), "linked")
		w.git(w.root, "worktree", "add", "--quiet", base)
		rel, err := filepath.Rel(w.root, w.dir)
		must(t, err)
		w.root, w.dir = base, filepath.Join(base, rel)
		equal(t, "clean", w.dirty(env, "a", "b"), []string{})
		w.put("b", "2\n")
		equal(t, "dirty", w.dirty(env, "a", "b"), []string{"b unstaged"})
	})
}

func TestDirtyInASparseCheckout(t *testing.T) {
	need.Program(t, "git")
	w := newWork(t, "", map[string]string{"in/a": "1\n", "out/deep/b": "1\n", "top": "1\n"})
	w.do("sparse-checkout", "set", "--cone", "--sparse-index", "in")
	equal(t, "clean", w.dirty(w.env, "in/a", "out/deep/b", "top"), []string{})
	w.put("in/a", "2\n")
	w.put("out/deep/b", "2\n")
	equal(t, "dirty", w.dirty(w.env, "in/a", "out/deep/b", "top"), []string{"in/a unstaged", "out/deep/b unstaged"})
	_, err := Dirty(t.Context(), w.set("PATH="), w.repo(), pathList(t, "in/a"))
	if got := code(t, err); got != "git-absent" || diag.ClassOf(err) != diag.Environment {
		t.Errorf("a sparse index without git: %v", err)
	}
}

// TestQuestionsRunNothing asks in a repository whose configuration and hooks
// want to run programs.
func TestQuestionsRunNothing(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n", "b": "1\n"}, func(w *work, env Env) {
		t := w.t
		ran := filepath.Join(t.TempDir(), "ran")
		script := filepath.Join(w.home, "evil.sh")
		w.write(script, "#!/bin/sh\necho \"$0 $*\" >>"+ran+"\n")
		w.chmod(script)
		hooks := filepath.Join(w.home, "hooks")
		for _, hook := range []string{"post-index-change", "pre-commit", "reference-transaction", "post-checkout", "fsmonitor-watchman"} {
			w.write(filepath.Join(hooks, hook), "#!/bin/sh\necho \"$0 $*\" >>"+ran+"\n")
			w.chmod(filepath.Join(hooks, hook))
		}
		w.conflict("a")
		w.put("b", "2\n")
		for key, value := range map[string]string{
			"core.fsmonitor": script, "core.hooksPath": hooks, "core.pager": script, "diff.external": script, "core.sshCommand": script,
			"core.askPass": script, "core.editor": script, "gpg.program": script, "core.quotePath": "true", "status.showUntrackedFiles": "no",
			"status.relativePaths": "true", "core.untrackedCache": "true", "alias.status": "!" + script,
		} {
			w.git(w.root, "config", key, value)
		}
		must(t, os.RemoveAll(ran)) // what git config has run
		r, ctx := w.repo(), t.Context()
		env = append(env, "GIT_DIR=/nowhere", "GIT_INDEX_FILE=/nowhere/index", "GIT_EXTERNAL_DIFF="+script, "GIT_PAGER="+script, "GIT_TRACE=0")
		states, err := Dirty(ctx, env, r, pathList(t, "a", "b"))
		must(t, err)
		equal(t, "dirty", states, []State{{path1(t, "a"), KindUnmerged}, {path1(t, "b"), KindUnstaged}})
		_, err = Files(ctx, env, r)
		must(t, err)
		_, err = Published(ctx, env, r, path1(t, "a"))
		must(t, err)
		_, _, _, err = stagesOf(ctx, env, r, path1(t, "a"))
		must(t, err)
		saved, err := SaveIndex(ctx, env, r, pathList(t, "a", "b"))
		must(t, err)
		must(t, SetUnmerged(ctx, env, r, []Unmerged{{Path: path1(t, "b"), Ours: &tree.File{Data: []byte("x"), Mode: tree.Regular}}}))
		must(t, RestoreIndex(ctx, env, r, saved))
		if out, err := os.ReadFile(ran); err == nil {
			t.Errorf("this ran:\n%s", out)
		}
	})
}

func TestQuestionsInSomebodyElsesRepository(t *testing.T) {
	need.Program(t, "git")
	w := newWork(t, "", map[string]string{"a": "1\n"})
	_, err := Dirty(t.Context(), w.set("GIT_TEST_ASSUME_DIFFERENT_OWNER=1"), w.repo(), pathList(t, "a"))
	if got := code(t, err); got != CodeFailed || diag.ClassOf(err) != diag.Environment || !strings.Contains(asDiag(err).Diagnostics[0].Detail, "safe.directory") {
		t.Errorf("error %v", err)
	}
	if strings.Contains(asDiag(err).Hint(), "commit") {
		t.Errorf("the hint of a question speaks of a commit: %s", asDiag(err).Hint())
	}
}
