package gitrepo

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/need"
)

// record commits files, which it writes, and what deletes.
func (w *work) record(env Env, contents map[string]string, deletes ...string) error {
	w.t.Helper()
	set := files(w.t, contents)
	for _, name := range deletes {
		w.remove(name)
	}
	publish(w.t, w.dir, set)
	for name, content := range contents {
		if strings.HasPrefix(content, "#!") {
			w.chmod(filepath.Join(w.dir, name))
		}
	}
	hash, err := Commit(w.t.Context(), env, w.repo(), set, CommitOptions{Message: "change", When: when, Deleted: pathList(w.t, deletes...)})
	if err == nil {
		equal(w.t, "hash", hash, w.do("rev-parse", "HEAD"))
	}
	return err
}

func TestCommitOfSomePaths(t *testing.T) {
	contents := map[string]string{
		"updated": "1\n", "deleted": "1\n", "dir/gone": "1\n", "dir/deep/gone": "1\n", "stays": "1\n", "staged": "1\n", "staged removal": "1\n",
		"file": "1\n", "d/irectory": "1\n", "removed already": "1\n", "edited": "1\n", "assumed": "1\n",
	}
	eachWay(t, contents, func(w *work, env Env) {
		t := w.t
		w.put("staged", "2\n")
		w.put("new staged", "2\n")
		w.put("intent", "2\n")
		w.put("edited", "2\n")
		w.do("add", "staged", "new staged")
		w.do("add", "--intent-to-add", "intent")
		w.do("rm", "--quiet", "staged removal", "removed already")
		w.do("update-index", "--assume-unchanged", "assumed")
		w.put("unknown", "gone in a moment\n")
		w.remove("d")
		before := w.do("status", "--porcelain", "--untracked-files=no", "staged", "new staged", "intent", "staged removal", "edited")
		must(t, w.record(env, map[string]string{
			"updated": "2\n", "new/file": "#!2\n", "file/below": "2\n", "d": "2\n", "x[1].go": "2\n", "é/ü": "2\n",
		}, "deleted", "dir/gone", "dir/deep/gone", "unknown", "file", "d/irectory", "removed already", "never/was"))
		got := w.git(w.root, "-c", "core.quotePath=false", "show", "--format=%an %s", "--name-status", "--no-renames", "HEAD")
		want := "Ada change\n\nA d\nD d/irectory\nD deleted\nD dir/deep/gone\nD dir/gone\nD file\nA file/below\nA new/file\nD removed already\nM updated\nA x[1].go\nA é/ü"
		if prefix := w.repo().Prefix; prefix != "" {
			got = strings.ReplaceAll(got, prefix+"/", "")
		}
		equal(t, "commit", strings.ReplaceAll(got, "\t", " "), want)
		equal(t, "what else is staged", w.do("status", "--porcelain", "--untracked-files=no"), before)
		equal(t, "mode", w.do("ls-tree", "HEAD", "new/file")[:6], "100755")
		equal(t, "flags", w.do("ls-files", "-v", "assumed")[:1], "h")
		w.silent(w.root, "fsck", "--strict", "--no-dangling", "--no-progress")
	})
}

func TestCommitOfDeletionsOnly(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n", "b": "1\n"}, func(w *work, env Env) {
		t := w.t
		must(t, w.record(env, nil, "a", "b"))
		equal(t, "left", w.git(w.root, "ls-tree", "-r", "--name-only", "HEAD"), "other.txt")
		w.silent(w.root, "status", "--porcelain")
	})
}

func TestCommitThatLeavesNothing(t *testing.T) {
	need.Program(t, "git")
	for _, way := range []string{"git", "go-git"} {
		w := newWork(t, "", map[string]string{"a": "1\n"})
		must(t, w.record(w.ways()[way], nil, "a", "other.txt"))
		equal(t, "left", w.do("ls-tree", "-r", "HEAD"), "")
		w.silent(w.root, "status", "--porcelain")
		w.silent(w.root, "fsck", "--strict", "--no-dangling", "--no-progress")
	}
}

func TestCommitOfNoChangeLeavesTheIndexAlone(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n"}, func(w *work, env Env) {
		t := w.t
		w.put("staged", "1\n")
		w.do("add", "staged")
		head, said := w.do("rev-parse", "HEAD"), w.said()
		for _, err := range []error{w.record(env, nil, "never/was"), w.record(env, map[string]string{"a": "1\n"})} {
			if diag.ClassOf(err) != diag.Environment {
				t.Errorf("error %v", err)
			}
		}
		equal(t, "head", w.do("rev-parse", "HEAD"), head)
		equal(t, "index", w.said(), said)
	})
}

func TestCommitThatFailsLeavesTheIndexAsItWas(t *testing.T) {
	need.Program(t, "git")
	if runtime.GOOS == "windows" {
		t.Skip("the hook is a shell script")
	}
	w := newWork(t, "", map[string]string{"a": "1\n", "b": "1\n", "c": "1\n"})
	hook := filepath.Join(w.root, ".git/hooks/pre-commit")
	w.write(hook, "#!/bin/sh\necho no >&2\nexit 1\n")
	w.chmod(hook)
	w.put("b", "staged before\n")
	w.do("add", "b")
	w.put("b", "3\n")
	w.put("new", "1\n")
	w.put("a", "2\n")
	w.remove("c")
	before := w.said()
	err := w.record(w.env, map[string]string{"a": "2\n", "b": "3\n", "new": "1\n"}, "c")
	if code(t, err) != CodeFailed || !strings.Contains(asDiag(err).Diagnostics[0].Detail, "no") {
		t.Errorf("error %v", err)
	}
	equal(t, "index", w.said(), before)
}

func TestCommitDuringAMerge(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n", "b": "1\n"}, func(w *work, env Env) {
		t := w.t
		w.conflict("a")
		head, said := w.do("rev-parse", "HEAD"), w.said()
		err := w.record(env, map[string]string{"new": "1\n"})
		if code(t, err) != CodeFailed {
			t.Errorf("error %v", err)
		}
		w.remove("new")
		equal(t, "head", w.do("rev-parse", "HEAD"), head)
		equal(t, "index", w.said(), said)
	})
}

func TestCommitWithoutGitInALockedRepository(t *testing.T) {
	need.Program(t, "git")
	w := newWork(t, "", map[string]string{"a": "1\n"})
	head := w.do("rev-parse", "HEAD")
	w.write(filepath.Join(w.root, ".git/index.lock"), "")
	if err := w.record(w.set("PATH="), map[string]string{"a": "2\n"}); code(t, err) != CodeFailed {
		t.Errorf("error %v", err)
	}
	equal(t, "head", w.do("rev-parse", "HEAD"), head)
	must(t, os.Remove(filepath.Join(w.root, ".git/index.lock")))
	must(t, w.record(w.set("PATH="), map[string]string{"a": "3\n"}))
	w.silent(w.root, "status", "--porcelain")
}

func TestCommitOnADetachedHead(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n"}, func(w *work, env Env) {
		t := w.t
		main := w.do("rev-parse", "main")
		w.do("checkout", "--quiet", "--detach")
		must(t, w.record(env, map[string]string{"a": "2\n"}))
		equal(t, "main", w.do("rev-parse", "main"), main)
		equal(t, "parent", w.do("rev-parse", "HEAD~1"), main)
	})
}
