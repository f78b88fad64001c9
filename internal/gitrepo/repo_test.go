package gitrepo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/need"
)

// physical returns a new directory by its real name.
func physical(tb testing.TB) string {
	tb.Helper()
	dir, err := filepath.EvalSymlinks(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	return dir
}

func TestFind(t *testing.T) {
	base := physical(t)
	w := newWorld(t)
	at := func(parts ...string) string { return filepath.Join(append([]string{base}, parts...)...) }
	main, gitDir := at("main"), at("main", ".git")
	w.write(at("main", "sub", "file"), "")
	if err := Init(main, "main"); err != nil {
		t.Fatal(err)
	}
	w.write(at("main", ".git", "worktrees", "x", "HEAD"), "ref: refs/heads/x\n")
	w.write(at("main", ".git", "worktrees", "x", "commondir"), "../..\n")
	w.write(at("linked", ".git"), "gitdir: ../main/.git/worktrees/x\n")
	w.write(at("absolute", ".git"), "gitdir: "+gitDir+"/worktrees/x\n")
	w.write(at("dangling", ".git"), "gitdir: ../nowhere\n")
	w.write(at("nonsense", ".git"), "hello\n")
	w.write(at("main", "empty", ".git", "x"), "")
	w.write(at("bare", "HEAD"), "ref: refs/heads/main\n")
	w.write(at("bare", "objects", "x"), "")
	w.write(at("bare", "refs", "x"), "")
	w.write(at("pointed", ".git"), "gitdir: ./.bare\n")
	w.write(at("pointed", ".bare", "HEAD"), "ref: refs/heads/main\n")
	w.write(at("pointed", ".bare", "objects", "x"), "")
	w.write(at("pointed", ".bare", "refs", "x"), "")
	w.write(at("pointed", ".bare", "config"), "[core]\n\tbare = true\n")
	if err := os.Symlink(at("main", "sub"), at("link")); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	whole := Repo{Root: main, GitDir: gitDir, CommonDir: gitDir}
	below := func(r Repo, prefix string) Repo { r.Prefix = prefix; return r }
	linked := Repo{Root: at("linked"), GitDir: at("main", ".git", "worktrees", "x"), CommonDir: gitDir, Linked: true}
	other := linked
	other.Root = at("absolute")
	for _, tt := range []struct {
		name, dir string
		want      Repo
		found     bool
		code      string
	}{
		{"root", main, whole, true, ""},
		{"below", at("main", "sub"), below(whole, "sub"), true, ""},
		{"absent", at("main", "sub", "new", "er"), below(whole, "sub/new/er"), true, ""},
		{"below a file", at("main", "sub", "file", "x"), below(whole, "sub/file/x"), true, ""},
		{"through a link", at("link", "new"), below(whole, "sub/new"), true, ""},
		{"past an empty .git", at("main", "empty"), below(whole, "empty"), true, ""},
		{"linked work tree", at("linked", "new"), below(linked, "new"), true, ""},
		{"absolute gitfile", at("absolute"), other, true, ""},
		{"nothing", base, Repo{}, false, ""},
		{"dangling", at("dangling", "x"), Repo{}, false, "git-broken"},
		{"nonsense", at("nonsense"), Repo{}, false, "git-broken"},
		{"bare", at("bare", "objects"), Repo{}, false, "git-bare"},
		{"inside .git", at("main", ".git", "hooks"), Repo{}, false, "git-bare"},
		{"a .git file to a bare repository", at("pointed"), Repo{}, false, "git-bare"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, found, err := Find(tt.dir)
			if tt.code != "" {
				if c := code(t, err); c != tt.code {
					t.Errorf("code %s, want %s", c, tt.code)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || found != tt.found || err != nil {
				t.Errorf("found %t, error %v (-want +got):\n%s", found, err, diff)
			}
		})
	}
}

// TestFindAgreesWithGit compares with what git says of repositories that it
// has made itself.
func TestFindAgreesWithGit(t *testing.T) {
	need.Program(t, "git")
	w, base := newWorld(t), physical(t)
	w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n")
	at := func(name string) string { return filepath.Join(base, name) }
	w.git(base, "init", "--quiet", "one")
	w.git(at("one"), "commit", "--quiet", "--allow-empty", "--message=one")
	w.git(at("one"), "worktree", "add", "--quiet", "../tree")
	w.git(base, "init", "--quiet", "super")
	w.git(at("super"), "submodule", "--quiet", "add", at("one"), "module")
	w.git(base, "clone", "--quiet", "--separate-git-dir=apart", "one", "separate")
	for _, name := range []string{"one", "tree", "super", "super/module", "separate"} {
		r, found, err := Find(at(name))
		if !found || err != nil {
			t.Fatalf("%s: found %t, error %v", name, found, err)
		}
		for arg, got := range map[string]string{
			"--show-toplevel": r.Root, "--absolute-git-dir": r.GitDir, "--git-common-dir": r.CommonDir,
		} {
			if want := w.git(at(name), "rev-parse", "--path-format=absolute", arg); filepath.FromSlash(want) != got {
				t.Errorf("%s: %s is %s, we say %s", name, arg, want, got)
			}
		}
		unborn, err := r.Unborn()
		if unborn != (name == "super") || err != nil {
			t.Errorf("%s: unborn %t, error %v", name, unborn, err)
		}
	}
}

func TestUnborn(t *testing.T) {
	need.Program(t, "git")
	w, dir := newWorld(t), physical(t)
	ask := func() bool {
		t.Helper()
		r, found, err := Find(dir)
		if !found || err != nil {
			t.Fatalf("found %t, error %v", found, err)
		}
		unborn, err := r.Unborn()
		if err != nil {
			t.Fatal(err)
		}
		return unborn
	}
	set := files(t, map[string]string{"a": "a\n"})
	publish(t, dir, set)
	if _, err := InitCommit(dir, set, options()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want bool
	}{
		{[]string{"status"}, false},
		{[]string{"pack-refs", "--all"}, false},
		{[]string{"checkout", "--quiet", "--orphan", "empty"}, true},
		{[]string{"checkout", "--quiet", "--detach", "main"}, false},
	} {
		w.git(dir, step.args...)
		if got := ask(); got != step.want {
			t.Errorf("after git %v: unborn %t", step.args, got)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, ".git/reftable"), 0o777); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(dir, ".git/HEAD"), "ref: refs/heads/.invalid\n")
	if ask() {
		t.Error("a repository with objects and reftables counts as unborn")
	}
}

func TestEnv(t *testing.T) {
	dir := t.TempDir()
	e := Env{"A=1", "PATH=relative" + string(os.PathListSeparator) + dir, "A=2", "GIT_DIR=/x", "GIT_INDEX_FILE=y", "GIT_AUTHOR_NAME=Ada"}
	if got := e.Get("A") + e.Get("B"); got != "2" {
		t.Errorf("A and B are %q", got)
	}
	if name, ok := e.Git(); ok {
		t.Errorf("git is %s", name)
	}
	want := []string{"A=1", e[1], "A=2", "GIT_AUTHOR_NAME=Ada", "X=y"}
	if diff := cmp.Diff(want, e.child("X=y")); diff != "" || len(e) != 6 {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
