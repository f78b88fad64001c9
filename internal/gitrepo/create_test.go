package gitrepo

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

func asDiag(err error) *diag.Error {
	e, _ := errors.AsType[*diag.Error](err)
	return e
}

// odd holds what has broken writers of trees: names that sort one way as files
// and another as directories, empty and equal files, other alphabets.
var odd = map[string]string{
	"a/deep/er/file.go": "package er\n", "a.txt": "a\n", "a-b/x": "x\n", "a0": "0\n", "a/b": "b\n",
	"empty": "", "also/empty": "", "same": "x\n", "run.sh": "#!/bin/sh\n", "bin/tool": "#!/bin/sh\necho\n",
	"Grüße/日本語.md": "ü\n", "with space/and 'quote'.txt": "q\n", "no-newline": "end",
	"zero.bin": "\x00\x01\r\n\x02", ".gitattributes": "* text=auto eol=lf\n*.cmd eol=crlf\n",
	"start.cmd": "@echo off\n", ".gitignore": "/empty\n*.log\n",
}

func TestInitCommitSatisfiesGit(t *testing.T) {
	need.Program(t, "git")
	for _, tt := range []struct {
		name, config string
		files        tree.Tree
	}{
		{"odd names", "", files(t, odd)},
		{"autocrlf", "[core]\n\tautocrlf = true\n", files(t, odd)},
		{"2000 files", "", many(t, 2000)},
		{"no files", "", tree.Tree{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.configure(tt.config)
			dir := t.TempDir()
			want := tt.files
			publish(t, dir, want)
			hash, err := InitCommit(dir, want, options())
			if err != nil {
				t.Fatal(err)
			}
			if head := w.git(dir, "rev-parse", "HEAD"); head != hash {
				t.Errorf("HEAD is %s, not %s", head, hash)
			}
			w.sound(dir)
			w.holds(dir, want)
		})
	}
}

// sound demands that git finds nothing wrong in the repository at dir.
func (w *world) sound(dir string) {
	w.t.Helper()
	w.silent(dir, "diff-files")
	w.silent(dir, "status", "--porcelain", "--untracked-files=all")
	w.silent(dir, "diff", "HEAD")
	w.silent(dir, "fsck", "--strict", "--full", "--no-progress", "--no-dangling")
	w.silent(dir, "fsck", "--strict", "--full", "--no-progress")
	if n := w.git(dir, "rev-list", "--count", "HEAD"); n != "1" {
		w.t.Errorf("there are %s commits", n)
	}
	if on := w.git(dir, "symbolic-ref", "HEAD"); on != "refs/heads/main" {
		w.t.Errorf("HEAD is %s", on)
	}
	w.silent(dir, "gc", "--quiet")
	w.silent(dir, "status", "--porcelain")
	copied := filepath.Join(w.t.TempDir(), "clone")
	w.silent(dir, "-c", "core.autocrlf=false", "clone", "--quiet", dir, copied)
	w.silent(copied, "status", "--porcelain")
}

// holds demands that HEAD and the index hold exactly want.
func (w *world) holds(dir string, want tree.Tree) {
	w.t.Helper()
	listed := map[string]string{}
	for line := range strings.SplitSeq(w.git(dir, "-c", "core.quotePath=false", "ls-files", "--stage", "-z"), "\x00") {
		if info, name, ok := strings.Cut(line, "\t"); ok {
			listed[name] = strings.Fields(info)[0]
		}
	}
	modes := map[string]string{}
	for p, f := range want.All() {
		modes[p.String()] = map[tree.Mode]string{tree.Regular: "100644", tree.Executable: "100755"}[f.Mode]
	}
	if diff := cmp.Diff(modes, listed); diff != "" {
		w.t.Errorf("the index (-want +got):\n%s", diff)
	}
	w.silent(dir, "diff-index", "--cached", "HEAD")
}

func TestInitCommitEqualsGit(t *testing.T) {
	need.Program(t, "git")
	w := newWorld(t)
	want := files(t, odd)
	ours, theirs := t.TempDir(), t.TempDir()
	publish(t, ours, want)
	publish(t, theirs, want)
	hash, err := InitCommit(ours, want, options())
	if err != nil {
		t.Fatal(err)
	}
	w.env = w.set("GIT_AUTHOR_NAME=Ada Lovelace", "GIT_AUTHOR_EMAIL=ada@example.com",
		"GIT_COMMITTER_NAME=Ada Lovelace", "GIT_COMMITTER_EMAIL=ada@example.com",
		"GIT_AUTHOR_DATE=2026-03-04T05:06:07+0530", "GIT_COMMITTER_DATE=2026-03-04T05:06:07+0530")
	w.git(theirs, "-c", "init.defaultBranch=main", "init", "--quiet")
	w.git(theirs, "add", "--all", "--force")
	w.git(theirs, "commit", "--quiet", "--message", options().Message)
	if got := w.git(theirs, "rev-parse", "HEAD"); got != hash {
		t.Errorf("git makes %s, we make %s:\n%s\n%s", got, hash,
			w.git(theirs, "cat-file", "-p", "HEAD"), w.git(ours, "cat-file", "-p", "HEAD"))
	}
	for _, args := range [][]string{{"reflog", "show", "HEAD"}, {"reflog", "show", "main"}, {"config", "--local", "--list"}} {
		if diff := cmp.Diff(w.git(theirs, args...), w.git(ours, args...)); diff != "" {
			t.Errorf("git %v (-git +ours):\n%s", args, diff)
		}
	}
}

func TestInitCommitNeedsNoGit(t *testing.T) {
	w := newWorld(t)
	w.env = Env{"HOME=" + w.home}
	w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = trunk/one\n")
	dir := t.TempDir()
	want := files(t, odd)
	publish(t, dir, want)
	o := options()
	o.Author = Identity{}
	hash, err := Create(t.Context(), w.env, dir, want, o)
	if err != nil {
		t.Fatal(err)
	}
	r, found, err := Find(dir)
	if err != nil || !found {
		t.Fatalf("found %t, error %v", found, err)
	}
	ref, head, err := r.head()
	if ref != "refs/heads/trunk/one" || head != hash || err != nil {
		t.Errorf("HEAD is %s at %s, error %v; want %s", ref, head, err, hash)
	}
}

func TestInitCommitRefuses(t *testing.T) {
	want := files(t, map[string]string{"a": "a\n"})
	for _, tt := range []struct {
		name, code string
		change     func(dir string, o *CommitOptions) error
		repository bool // is there a .git afterwards
	}{
		{"no name", CodeIdentity, func(_ string, o *CommitOptions) error { o.Author.Name = " <> "; return nil }, false},
		{"no e-mail", CodeIdentity, func(_ string, o *CommitOptions) error { o.Author.Email = ""; return nil }, false},
		{"bad branch", "git-branch", func(_ string, o *CommitOptions) error { o.Branch = "a..b"; return nil }, false},
		{"branch HEAD", "git-branch", func(_ string, o *CommitOptions) error { o.Branch = "HEAD"; return nil }, false},
		{"option as branch", "git-branch", func(_ string, o *CommitOptions) error { o.Branch = "-x"; return nil }, false},
		{"repository", CodeExists, func(dir string, _ *CommitOptions) error { return os.Mkdir(filepath.Join(dir, ".git"), 0o777) }, true},
		{"link", CodeExists, func(dir string, _ *CommitOptions) error { return os.Symlink("nowhere", filepath.Join(dir, ".git")) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, o := t.TempDir(), options()
			publish(t, dir, want)
			if err := tt.change(dir, &o); err != nil {
				t.Fatal(err)
			}
			_, err := InitCommit(dir, want, o)
			if got := code(t, err); got != tt.code {
				t.Errorf("code %s, want %s", got, tt.code)
			}
			_, err = os.Lstat(filepath.Join(dir, ".git"))
			if got := err == nil; got != tt.repository {
				t.Errorf(".git is there: %t", got)
			}
		})
	}
}

func TestInitCommitLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if _, err := InitCommit(dir, files(t, map[string]string{"missing": "x"}), options()); err == nil {
		t.Fatal("a file that is not on disk is committed")
	}
	if _, err := os.Lstat(filepath.Join(dir, ".git")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf(".git is left: %v", err)
	}
}

func TestInitCommitSeesAnEditInBetween(t *testing.T) {
	need.Program(t, "git")
	w, dir := newWorld(t), t.TempDir()
	want := files(t, map[string]string{"a": "a\n"})
	publish(t, dir, files(t, map[string]string{"a": "edited\n"}))
	if _, err := InitCommit(dir, want, options()); err != nil {
		t.Fatal(err)
	}
	if got := w.git(dir, "status", "--porcelain"); got != " M a" {
		t.Errorf("status %q", got)
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps no modes")
	}
	dir := t.TempDir()
	want := files(t, map[string]string{"a": "a\n"})
	publish(t, dir, want)
	if _, err := InitCommit(dir, want, options()); err != nil {
		t.Fatal(err)
	}
	plain, err := os.Stat(filepath.Join(dir, "a")) // made with the umask of the process
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"HEAD", "config", "index", "refs/heads/main", "logs/HEAD"} {
		if got := mode(t, filepath.Join(dir, ".git", name)); got != plain.Mode() {
			t.Errorf("%s has mode %v, want %v", name, got, plain.Mode())
		}
	}
	packs, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*"))
	if err != nil || len(packs) != 2 {
		t.Fatalf("packs %v, error %v", packs, err)
	}
	for _, name := range packs {
		if got := mode(t, name); got&0o222 != 0 {
			t.Errorf("%s has mode %v", name, got)
		}
	}
}

func mode(t *testing.T, name string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestInit(t *testing.T) {
	need.Program(t, "git")
	w, dir := newWorld(t), t.TempDir()
	if err := Init(dir, "trunk"); err != nil {
		t.Fatal(err)
	}
	if got := w.git(dir, "status", "--porcelain=v2", "--branch"); got != "# branch.oid (initial)\n# branch.head trunk" {
		t.Errorf("status:\n%s", got)
	}
	publish(t, dir, files(t, map[string]string{"a": "a\n"}))
	w.git(dir, "add", "--all")
	w.git(dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "--message=one")
	w.silent(dir, "status", "--porcelain")
}

func TestCreate(t *testing.T) {
	need.Program(t, "git")
	const user = "[user]\n\tname = Ada\n\temail = ada@example.com\n"
	crlf := map[string]string{".gitattributes": "*.cmd text eol=crlf\n", "x.cmd": "a\r\nb\r\n"}
	plain := map[string]string{"a": "a\n", "run": "#!/bin/sh\n"}
	for _, tt := range []struct {
		name, config string
		files        map[string]string
		system       bool // git itself makes the commit
	}{
		{"plain", user, plain, false},
		{"line endings to convert", user, crlf, true},
		{"template", user + "[init]\n\ttemplateDir = ~/template\n", plain, true},
		{"hooks", user + "[core]\n\thooksPath = ~/hooks\n", plain, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, dir := newWorld(t), t.TempDir()
			w.configure(tt.config)
			w.write(filepath.Join(w.home, "template/marker"), "")
			want := files(t, tt.files)
			publish(t, dir, want)
			hash, err := Create(t.Context(), w.env, dir, want, CommitOptions{Message: "Start", When: when})
			if err != nil {
				t.Fatal(err)
			}
			got := w.git(dir, "log", "--format=%H %an <%ae> %aI %cn <%ce> %cI %s")
			if stamp := "2026-03-04T05:06:07+05:30 "; got != hash+" Ada <ada@example.com> "+stamp+"Ada <ada@example.com> "+stamp+"Start" {
				t.Errorf("log: %s", got)
			}
			w.sound(dir)
			if pack, _ := filepath.Glob(filepath.Join(dir, ".git/COMMIT_EDITMSG")); (len(pack) > 0) != tt.system {
				t.Errorf("made by git: %t", len(pack) > 0)
			}
		})
	}
}

func TestCreateRunsHooks(t *testing.T) {
	need.Program(t, "git")
	if runtime.GOOS == "windows" {
		t.Skip("the hook is a shell script")
	}
	w, dir := newWorld(t), t.TempDir()
	w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n[core]\n\thooksPath = ~/hooks\n")
	hook := filepath.Join(w.home, "hooks/pre-commit")
	w.write(hook, "#!/bin/sh\necho not today >&2\nexit 1\n")
	if err := os.Chmod(hook, 0o755); err != nil {
		t.Fatal(err)
	}
	want := files(t, map[string]string{"a": "a\n"})
	publish(t, dir, want)
	_, err := Create(t.Context(), w.env, dir, want, options())
	if got := code(t, err); got != CodeFailed {
		t.Fatalf("code %s: %v", got, err)
	}
	if got := asDiag(err).Diagnostics[0].Detail; got != "not today" {
		t.Errorf("detail %q", got)
	}
}

func TestCreateWithoutIdentity(t *testing.T) {
	need.Program(t, "git")
	for _, tt := range []struct{ name, config string }{
		{"nothing configured", ""},
		{"git decides", "[user]\n\tuseConfigOnly = true\n[init]\n\ttemplateDir = ~/template\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, dir := newWorld(t), t.TempDir()
			w.configure(tt.config)
			want := files(t, map[string]string{"a": "a\n"})
			publish(t, dir, want)
			_, err := Create(t.Context(), w.env, dir, want, CommitOptions{Message: "Start", When: when})
			if got := code(t, err); got != CodeIdentity {
				t.Fatalf("code %s: %v", got, err)
			}
			r, found, err := Find(dir)
			if err != nil || !found {
				t.Fatalf("found %t, error %v", found, err)
			}
			if unborn, err := r.Unborn(); !unborn || err != nil {
				t.Errorf("unborn %t, error %v", unborn, err)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"one", "one\n"},
		{"\n\none  \n\ntwo\t\n\n\n", "one\n\ntwo\n"},
		{"", ""},
	} {
		if got := (CommitOptions{Message: tt.in}).message(); got != tt.want {
			t.Errorf("message(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
