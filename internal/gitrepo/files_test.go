package gitrepo

import (
	"os"
	"path/filepath"
	"testing"

	"groundsill.example/internal/need"
)

func TestFiles(t *testing.T) {
	contents := map[string]string{
		"tracked": "1\n", "é/ü [1].txt": "1\n", "tracked.log": "1\n", "gone": "1\n", "real/x": "1\n", "turned/x": "1\n",
		".gitignore": "*.log\n/build/\n!kept.log\n", "deep/.gitignore": "secret\n/only-here\n", "skipped": "1\n",
	}
	eachWay(t, contents, func(w *work, env Env) {
		t := w.t
		for _, name := range []string{
			"new", "deep/new", "ignored.log", "kept.log", "build/out", "deep/secret", "deep/only-here", "deep/er/only-here", "deep/er/secret",
			"of the user~", "of the clone", "intent", "nested/x",
		} {
			w.put(name, "1\n")
		}
		w.write(filepath.Join(w.home, "xdg/git/ignore"), "*~\n")
		w.write(filepath.Join(w.repo().CommonDir, "info/exclude"), "of the clone\n")
		w.write(filepath.Join(w.root, "elsewhere"), "1\n")
		w.do("add", "--intent-to-add", "intent")
		w.remove("gone")
		w.do("update-index", "--skip-worktree", "skipped")
		w.remove("skipped")
		w.do("init", "--quiet", "nested")
		must(t, os.Symlink("real", filepath.Join(w.dir, "link")))
		w.remove("turned")
		must(t, os.Symlink("real", filepath.Join(w.dir, "turned"))) // turned/x is tracked and behind a link now
		if err := os.WriteFile(filepath.Join(w.dir, `back\slash`), nil, 0o600); err != nil {
			t.Log(err) // no such names on this system
		}
		before := w.index()
		got, err := Files(t.Context(), env, w.repo())
		must(t, err)
		want := ".gitignore deep/.gitignore deep/er/only-here deep/new intent kept.log link new real/x tracked tracked.log turned é/ü [1].txt"
		if w.repo().Prefix == "" {
			want = ".gitignore deep/.gitignore deep/er/only-here deep/new elsewhere intent kept.log link new other.txt real/x tracked tracked.log turned é/ü [1].txt"
		}
		equal(t, "files", joined(got), want)
		if w.index() != before {
			t.Error("the index was written")
		}
	})
}

func TestFilesOfAnIgnoredService(t *testing.T) {
	need.Program(t, "git")
	for _, way := range []string{"git", "go-git"} {
		w := newWork(t, "services/orders", map[string]string{"tracked": "1\n"})
		w.write(filepath.Join(w.root, ".gitignore"), "services/\n")
		w.put("new", "1\n")
		w.conflict("tracked") // listed once for all its stages
		got, err := Files(t.Context(), w.ways()[way], w.repo())
		must(t, err)
		equal(t, way, joined(got), "tracked")
	}
}

func TestPublished(t *testing.T) {
	contents := map[string]string{"pushed": "1\n", "dir/pushed": "1\n", "dropped": "1\n"}
	names := []string{"pushed", "dir/pushed", "dir", "dropped", "mine", "uncommitted", "elsewhere", "dir/nothing", "pushed/below"}
	eachWay(t, contents, func(w *work, env Env) {
		t := w.t
		ask := func() string {
			t.Helper()
			got := pathList(t)
			for _, name := range names {
				published, err := Published(t.Context(), env, w.repo(), path1(t, name))
				must(t, err)
				if published {
					got = append(got, path1(t, name))
				}
			}
			return joined(got)
		}
		equal(t, "without a remote", ask(), "")
		origin := filepath.Join(physical(t), "origin.git")
		w.git(w.root, "init", "--quiet", "--bare", origin)
		w.do("remote", "add", "origin", origin)
		equal(t, "with a remote that has nothing", ask(), "")
		w.do("push", "--quiet", "origin", "main")
		w.put("mine", "1\n")
		w.do("add", "mine")
		w.do("commit", "--quiet", "--message=mine")
		w.put("uncommitted", "1\n")
		equal(t, "after a push", ask(), "pushed dir/pushed dropped")

		w.do("checkout", "--quiet", "-b", "other", "origin/main")
		w.put("elsewhere", "1\n")
		w.do("rm", "--quiet", "dropped")
		w.do("add", "elsewhere")
		w.do("commit", "--quiet", "--message=other")
		w.do("push", "--quiet", "origin", "other", "other:main")
		w.do("checkout", "--quiet", "main")
		w.do("branch", "--quiet", "-D", "other")
		equal(t, "after another one", ask(), "pushed dir/pushed dropped elsewhere")
		w.do("pack-refs", "--all")
		w.do("remote", "set-head", "origin", "main")
		equal(t, "from packed references", ask(), "pushed dir/pushed dropped elsewhere")

		w.do("checkout", "--quiet", "--orphan", "unrelated")
		equal(t, "on an unborn branch", ask(), "pushed dir/pushed elsewhere")
		w.do("commit", "--quiet", "--message=unrelated")
		equal(t, "on an unrelated one", ask(), "pushed dir/pushed elsewhere")
	})
}

func TestPublishedInAShallowClone(t *testing.T) {
	need.Program(t, "git")
	for _, way := range []string{"git", "go-git"} {
		w := newWork(t, "", map[string]string{"old": "1\n"})
		w.put("new", "1\n")
		w.do("add", "new")
		w.do("commit", "--quiet", "--message=second")
		clone := filepath.Join(physical(t), "clone")
		w.git(w.root, "clone", "--quiet", "--depth=1", "file://"+w.root, clone)
		w.root, w.dir = clone, clone
		for name, want := range map[string]bool{"old": true, "new": true, "nothing": false} {
			got, err := Published(t.Context(), w.ways()[way], w.repo(), path1(t, name))
			must(t, err)
			equal(t, way+" "+name, got, want)
		}
	}
}

func TestMerging(t *testing.T) {
	need.Program(t, "git")
	fail := func(w *work, args ...string) {
		if out, err := w.tryGit(w.dir, args...); err == nil {
			w.t.Fatalf("git %v succeeds: %s", args, out)
		}
	}
	for want, begin := range map[string]func(w *work){
		"":            func(*work) {},
		"merge":       func(*work) {},
		"rebase":      func(w *work) { w.do("merge", "--abort"); fail(w, "rebase", "theirs") },
		"cherry-pick": func(w *work) { w.do("merge", "--abort"); fail(w, "cherry-pick", "theirs") },
		"revert": func(w *work) {
			w.do("merge", "--abort")
			w.put("a", "again\n")
			w.do("commit", "--quiet", "--all", "--message=again")
			fail(w, "revert", "--no-edit", "HEAD~1")
		},
		"am": func(w *work) {
			w.do("merge", "--abort")
			w.write(filepath.Join(w.home, "patch"), w.do("format-patch", "--stdout", "-1", "theirs")+"\n")
			fail(w, "am", filepath.Join(w.home, "patch"))
		},
	} {
		w := newWork(t, "sub", map[string]string{"a": "1\n"})
		if want != "" {
			w.conflict("a")
			begin(w)
		}
		equal(t, "under way", Merging(w.repo()), want)
	}
}

func TestHead(t *testing.T) {
	eachWay(t, map[string]string{"a": "1\n"}, func(w *work, env Env) {
		t := w.t
		for range 2 { // on a branch and without one
			got, err := Head(t.Context(), env, w.repo())
			must(t, err)
			equal(t, "head", got, w.do("rev-parse", "HEAD"))
			w.do("checkout", "--quiet", "--detach")
		}
		w.do("checkout", "--quiet", "--orphan", "new")
		got, err := Head(t.Context(), env, w.repo())
		must(t, err)
		equal(t, "head of an unborn branch", got, "")
	})
}
