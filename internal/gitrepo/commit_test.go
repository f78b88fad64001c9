package gitrepo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

// existingRepos are the kinds of repositories that a commit is made to. Each
// returns the work tree.
var existingRepos = map[string]func(w *world, base string) string{
	"fresh clone": func(w *world, base string) string {
		w.git(base, "init", "--quiet", "--bare", "origin.git")
		w.git(base, "clone", "--quiet", "origin.git", "work")
		return filepath.Join(base, "work")
	},
	"clone with a README": func(w *world, base string) string {
		w.git(base, "init", "--quiet", "work")
		dir := filepath.Join(base, "work")
		w.write(filepath.Join(dir, "README.md"), "# read\n")
		w.write(filepath.Join(dir, "run.sh"), "old\n")
		w.git(dir, "add", "--all")
		w.git(dir, "commit", "--quiet", "--message=first")
		return dir
	},
	"linked work tree": func(w *world, base string) string {
		w.git(base, "init", "--quiet", "main")
		dir := filepath.Join(base, "main")
		w.git(dir, "commit", "--quiet", "--allow-empty", "--message=first")
		w.git(dir, "worktree", "add", "--quiet", "../work")
		return filepath.Join(base, "work")
	},
}

func TestCommit(t *testing.T) {
	need.Program(t, "git")
	contents := map[string]string{
		"x[1].go": "x\n", "-rf": "dash\n", "run.sh": "#!/bin/sh\n", "é/empty": "", "ignored.log": "kept\n",
		".gitignore": "*.log\n", "a.txt": "a\n", "a/b": "b\n",
	}
	for name, prepare := range existingRepos {
		for _, system := range []bool{true, false} {
			kind := map[bool]string{true: "/git", false: "/go-git"}[system]
			t.Run(name+kind, func(t *testing.T) {
				w, base := newWorld(t), physical(t)
				w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n")
				dir := prepare(w, base)
				want := files(t, contents)
				publish(t, dir, want)
				w.chmod(filepath.Join(dir, "run.sh"))
				w.write(filepath.Join(dir, "mine.txt"), "not yours\n")
				w.write(filepath.Join(dir, "x1.go"), "what x[1].go is as a pattern\n")
				env := w.env
				if !system {
					env = append(env[1:len(env):len(env)], "PATH=")
				}
				w.commit(env, dir, want)
				if got := w.git(dir, "status", "--porcelain"); got != "?? mine.txt\n?? x1.go" {
					t.Errorf("status:\n%s", got)
				}
				w.silent(dir, "diff", "HEAD")
				w.silent(dir, "fsck", "--strict", "--full", "--no-progress")
				if got := w.git(dir, "ls-files", "--stage", "run.sh"); !strings.HasPrefix(got, "100755 ") {
					t.Errorf("run.sh: %s", got)
				}
			})
		}
	}
}

// chmod makes a file that existed executable, as publishing it does.
func (w *world) chmod(name string) {
	w.t.Helper()
	if err := os.Chmod(name, 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// commit commits want to the repository at dir and demands that the commit is
// HEAD, on a branch, with the right author, date and message.
func (w *world) commit(env Env, dir string, want tree.Tree) {
	w.t.Helper()
	r, found, err := Find(dir)
	if !found || err != nil {
		w.t.Fatalf("found %t, error %v", found, err)
	}
	hash, err := Commit(w.t.Context(), env, r, want, CommitOptions{Message: "-Add & ship \"it\"\n\nBody.", When: when})
	if err != nil {
		w.t.Fatal(err)
	}
	log := w.git(dir, "log", "-1", "--format=%H %an <%ae> %aI %cI%n%B", w.git(dir, "symbolic-ref", "HEAD"))
	stamp := "2026-03-04T05:06:07+05:30"
	if log = strings.TrimSpace(log); log != hash+" Ada <ada@example.com> "+stamp+" "+stamp+"\n-Add & ship \"it\"\n\nBody." {
		w.t.Errorf("log:\n%s", log)
	}
}

// TestCommitBelowTheRoot commits a directory inside a repository, from an
// environment that a hook of another repository has set.
func TestCommitBelowTheRoot(t *testing.T) {
	need.Program(t, "git")
	for _, system := range []bool{true, false} {
		w, base := newWorld(t), physical(t)
		w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n")
		root := existingRepos["clone with a README"](w, base)
		dir := filepath.Join(root, "services", "orders")
		want := files(t, map[string]string{"main.go": "package main\n"})
		publish(t, dir, want)
		env := w.set("GIT_DIR="+filepath.Join(base, "nowhere"), "GIT_INDEX_FILE=/nowhere/index", "GIT_WORK_TREE=/")
		if !system {
			env = append(env, "PATH=")
		}
		w.commit(env, dir, want)
		if got := w.git(root, "show", "--format=", "--name-status", "HEAD"); got != "A\tservices/orders/main.go" {
			t.Errorf("the commit holds %s", got)
		}
		w.silent(root, "status", "--porcelain")
	}
}

func TestCommitLeavesStagedChangesAlone(t *testing.T) {
	need.Program(t, "git")
	w, base := newWorld(t), physical(t)
	w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n")
	dir := existingRepos["clone with a README"](w, base)
	w.write(filepath.Join(dir, "README.md"), "# changed\n")
	w.git(dir, "add", "README.md")
	want := files(t, map[string]string{"new": "n\n"})
	publish(t, dir, want)
	w.commit(w.env, dir, want)
	if got := w.git(dir, "status", "--porcelain"); got != "M  README.md" {
		t.Errorf("status %q", got)
	}
}

func TestCommitFails(t *testing.T) {
	need.Program(t, "git")
	for _, tt := range []struct {
		name, config, variable string
		code                   string
	}{
		{"no identity, git", "[user]\n\tuseConfigOnly = true\n", "A=", CodeIdentity},
		{"no identity, go-git", "", "PATH=", CodeIdentity},
		{"somebody else's directory", "[user]\n\tname = A\n\temail = a@b.c\n", "GIT_TEST_ASSUME_DIFFERENT_OWNER=1", CodeFailed},
		{"signing without a key", "[user]\n\tname = A\n\temail = a@b.c\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ./nowhere\n", "A=", CodeFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, dir := newWorld(t), physical(t)
			if err := Init(dir, "main"); err != nil {
				t.Fatal(err)
			}
			w.configure(tt.config)
			w.env = w.set(tt.variable)
			want := files(t, map[string]string{"new": "n\n"})
			publish(t, dir, want)
			r, _, err := Find(dir)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Commit(t.Context(), w.env, r, want, CommitOptions{Message: "x", When: when})
			if got := code(t, err); got != tt.code {
				t.Errorf("code %s, want %s: %v", got, tt.code, err)
			}
			if unborn, err := r.Unborn(); !unborn || err != nil {
				t.Errorf("unborn %t, error %v", unborn, err)
			}
		})
	}
}

func TestCommitOfNothingNew(t *testing.T) {
	need.Program(t, "git")
	for variable, want := range map[string]string{"A=": CodeFailed, "PATH=": "git-nothing"} {
		w, dir := newWorld(t), physical(t)
		w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n")
		set := files(t, map[string]string{"a": "a\n"})
		publish(t, dir, set)
		if _, err := InitCommit(dir, set, options()); err != nil {
			t.Fatal(err)
		}
		r, _, err := Find(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Commit(t.Context(), w.set(variable), r, set, options())
		if got := code(t, err); got != want {
			t.Errorf("%s code %s, want %s: %v", variable, got, want, err)
		}
		if want == CodeFailed && asDiag(err).Diagnostics[0].Detail == "" {
			t.Error("what git says is lost")
		}
		w.sound(dir)
	}
}

func TestCommitIsInterrupted(t *testing.T) {
	need.Program(t, "git")
	if runtime.GOOS == "windows" {
		t.Skip("the hook is a shell script")
	}
	w, dir := newWorld(t), physical(t)
	w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n")
	if err := Init(dir, "main"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	hook := filepath.Join(dir, ".git/hooks/pre-commit")
	w.write(hook, "#!/bin/sh\ntouch started\nexec sleep 60\n")
	w.chmod(hook)
	want := files(t, map[string]string{"new": "n\n"})
	publish(t, dir, want)
	r, _, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	reason := errors.New("Ctrl-C")
	go func() {
		for range time.Tick(5 * time.Millisecond) {
			if _, err := os.Lstat(filepath.Join(dir, "started")); err == nil {
				cancel(reason)
				return
			}
		}
	}()
	_, err = Commit(ctx, w.env, r, want, options())
	if diag.ClassOf(err) != diag.Interrupted || !errors.Is(err, reason) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, ".git/index.lock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the index is locked: %v", err)
	}
}
