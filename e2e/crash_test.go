//go:build unix

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyFiles is a blueprint of n files.
func manyFiles(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "blueprint.yaml"), "name: many\nversion: 0.1.0\ndescription: many files\nengine: 1\n")
	for i := range n {
		name := filepath.Join(dir, "files", fmt.Sprintf("d%02d", i%50), fmt.Sprintf("f%04d.txt.tmpl", i))
		put(t, name, fmt.Sprintf("%d of {{.blueprint.name}}\n", i)+strings.Repeat("text\n", 40))
	}
	return dir
}

// TestInterrupted ends sill new at moments spread over its run, with SIGKILL
// and with SIGINT, in a directory that is not there, in a fresh clone, and over
// files of the user. Afterwards there is nothing or everything, and the next
// run works.
func TestInterrupted(t *testing.T) {
	need(t, "git")
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	large, small := attempt{files: 2000}, attempt{files: 400} // most are small, for speed
	for _, a := range []*attempt{&large, &small} {
		a.blueprint = manyFiles(t, a.files)
		a.took = duration(t, a.blueprint)
	}
	for i := range 24 {
		a := small
		if i%5 == 0 {
			a = large
		}
		signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGINT}[i%2]
		kind := []string{"absent", "clone", "merge"}[i%3]
		after := time.Duration(random.Float64() * 1.1 * float64(a.took))
		t.Run(fmt.Sprintf("%s %v %d", kind, signal, i), func(t *testing.T) {
			t.Parallel()
			a.interrupt(t, kind, signal, after)
		})
	}
}

// attempt is a run that is to be interrupted.
type attempt struct {
	blueprint string
	files     int
	took      time.Duration // when it is not interrupted
}

// duration returns how long a run takes from beginning to end.
func duration(t *testing.T, bp string) time.Duration {
	t.Helper()
	w := newWorld(t)
	started := time.Now()
	w.good([]string{"new", "shop", "-b", bp})
	return time.Since(started)
}

func (a attempt) interrupt(t *testing.T, kind string, signal syscall.Signal, after time.Duration) {
	t.Helper()
	w := newWorld(t)
	args := []string{"new", "shop", "-b", a.blueprint}
	switch kind {
	case "clone":
		must(t, os.Mkdir(filepath.Join(w.Dir, "shop"), 0o750))
		w.git("shop", "init", "-q")
	case "merge":
		put(t, filepath.Join(w.Dir, "shop", "mine.txt"), "mine\n")
		args = append(args, "--merge")
	}
	before := append([]string{}, names(t, w)...)
	cmd := w.command(args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does, so that git ends with it
	must(t, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = syscall.Kill(-cmd.Process.Pid, signal) }) // it may have ended
	err := cmd.Wait()
	timer.Stop()
	code := cmd.ProcessState.ExitCode()
	if e, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatalf("%v %v", err, e)
	}
	// An interrupt before the program listens ends it as any program.
	if signal == syscall.SIGINT && code != 130 && code != 0 && code != -1 {
		t.Errorf("exit code %d after an interrupt", code)
	}
	left := names(t, w)
	if signal == syscall.SIGINT {
		a.allOrNothing(t, before, left)
	}
	next := w.sill(append(args, "--json")...)
	switch {
	case next.Code == 0:
	case next.Code == 4 && slices.Contains(left, "sill.yaml"):
	default:
		t.Fatalf("the next run: exit code %d after %d, %s%s", next.Code, code, next.Out, next.Err)
	}
	a.allOrNothing(t, nil, names(t, w))
	if beside, _ := filepath.Glob(filepath.Join(w.Dir, ".*")); len(beside) > 0 {
		t.Errorf("left beside the target: %v", beside)
	}
	if kind != "merge" && next.Code == 0 {
		if got := w.git("shop", "status", "--porcelain"); got != "" {
			t.Errorf("git status: %s", got)
		}
	}
}

// names returns the files below the target in a world, without .git and the
// scratch space of sill.
func names(t *testing.T, w *world) []string {
	t.Helper()
	var all []string
	root := filepath.Join(w.Dir, "shop")
	must(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case os.IsNotExist(err) && name == root:
			return nil
		case err != nil:
			return err
		case d.Name() == ".git", strings.HasSuffix(filepath.ToSlash(name), ".sill/tmp"):
			return filepath.SkipDir
		case !d.IsDir():
			rel, err := filepath.Rel(root, name)
			all = append(all, filepath.ToSlash(rel))
			return err
		}
		return nil
	}))
	return all
}

// allOrNothing fails when files are neither what was before, if that may be,
// nor all of the blueprint with the record and the bundle.
func (a attempt) allOrNothing(t *testing.T, before, files []string) {
	t.Helper()
	if slices.Contains(files, "sill.yaml") && slices.Contains(files, ".sill/blueprint.bundle") && len(files) >= a.files+2 {
		return
	}
	if before == nil || !slices.Equal(before, files) {
		t.Errorf("there are %d files: neither all nor none", len(files))
	}
}

// TestTwoAtOnce runs sill new twice on one target at the same time: one wins,
// and the other is refused.
func TestTwoAtOnce(t *testing.T) {
	a := attempt{files: 2000, blueprint: manyFiles(t, 2000)}
	for _, kind := range []string{"absent", "there"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			if kind == "there" {
				must(t, os.Mkdir(filepath.Join(w.Dir, "shop"), 0o750))
			}
			codes := make(chan int)
			for range 4 {
				go func() {
					cmd := w.command("new", "shop", "-b", a.blueprint)
					_ = cmd.Run() // its exit code is what counts
					codes <- cmd.ProcessState.ExitCode()
				}()
			}
			count := map[int]int{}
			for range 4 {
				count[<-codes]++
			}
			if count[0] != 1 || count[0]+count[4]+count[7] != 4 {
				t.Errorf("exit codes: %v", count)
			}
			a.allOrNothing(t, nil, names(t, w))
			if got := w.git("shop", "rev-list", "--count", "HEAD"); got != "1\n" {
				t.Errorf("%s commits", got)
			}
		})
	}
}

// TestTwoChangesAtOnce runs commands that change one service at the same time:
// each is done, or refused for the lock or for what another has changed
// meanwhile, and what is there is what those made that were done.
func TestTwoChangesAtOnce(t *testing.T) {
	need(t, "git")
	blueprint := manyFiles(t, 400)
	put(t, filepath.Join(blueprint, "blueprint.yaml"),
		"name: many\nversion: 0.1.0\ndescription: many files\nengine: 1\nfiles: [{path: 'things/*', for: resources as resource}]\n")
	put(t, filepath.Join(blueprint, "files", "things", "{{.resource.name}}.txt.tmpl"), "{{.resource.name}}\n")
	for _, flag := range []string{"--commit", "--allow-dirty"} {
		t.Run(flag, func(t *testing.T) {
			w := newWorld(t)
			w.good([]string{"new", "shop", "-b", blueprint, "--no-resource"})
			names := []string{"order", "payment", "visit", "zone"}
			done := make(chan result)
			for _, name := range names {
				go func() {
					cmd := w.command("-C", "shop", "add", "resource", name, "total:integer", flag, "--json")
					out, _ := cmd.Output() // its exit code is what counts
					done <- result{cmd.ProcessState.ExitCode(), name, string(out)}
				}()
			}
			want := map[string]bool{}
			for range names {
				switch r := <-done; r.Code {
				case 0:
					want[r.Out] = true
				case 4, 7:
					if f := r.Err; !strings.Contains(f, `"locked"`) && !strings.Contains(f, `"tree-dirty"`) && !strings.Contains(f, `"stale"`) {
						t.Errorf("refused, and not for another: %s", f)
					}
				default:
					t.Errorf("%s: exit code %d: %s", r.Out, r.Code, r.Err)
				}
			}
			if len(want) == 0 {
				t.Error("nobody has won")
			}
			record, err := os.ReadFile(filepath.Join(w.Dir, "shop", "sill.yaml"))
			must(t, err)
			for _, name := range names {
				_, err := os.Stat(filepath.Join(w.Dir, "shop", "things", name+".txt"))
				if recorded := strings.Contains(string(record), "name: "+name); recorded != want[name] || recorded != (err == nil) {
					t.Errorf("%s was done: %v, is recorded: %v, has its file: %v", name, want[name], recorded, err == nil)
				}
			}
			w.good([]string{"-C", "shop", "status", "--check"})
			if left := w.git("shop", "status", "--porcelain"); flag == "--commit" && left != "" {
				t.Errorf("not everything is committed:\n%s", left)
			}
		})
	}
}

// TestLocked demands that a change is refused while another process has the
// lock, with the number of that process; reading goes on.
func TestLocked(t *testing.T) {
	need(t, "git")
	w := newWorld(t)
	w.good([]string{"new", "shop", "-b", tiny(t)})
	w.good([]string{"-C", "shop", "set", "note=one"})
	w.git("shop", "add", "-A") // so that there is a run to take back
	name := filepath.Join(w.Dir, "shop", ".git", "sill", "lock")
	put(t, name, "4711\n")
	lock, err := os.Open(name)
	must(t, err)
	must(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	before := w.tree("shop")
	for _, args := range [][]string{
		{"add", "resource", "order", "total:integer", "--allow-dirty"},
		{"remove", "extra", "--allow-dirty"},
		{"set", "license=proprietary", "--allow-dirty"},
		{"update", "-b", blueprintOf(t, "1.2.4"), "--allow-dirty"},
		{"release", "README.md", "--allow-dirty"},
		{"abort"},
	} {
		r := w.good(append([]string{"-C", "shop"}, append(args, "--json")...), 4)
		if f := r.failed(t); f.Error.Code != "locked" || !strings.Contains(f.Error.Message, "4711") {
			t.Errorf("%v: %s", args, r.Out)
		}
	}
	for _, args := range [][]string{{"status"}, {"diff"}, {"set", "license=proprietary", "--dry-run", "--allow-dirty"}, {"show"}} {
		w.good(append([]string{"-C", "shop"}, args...))
	}
	if diff := diffTrees(before, w.tree("shop")); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	must(t, lock.Close())
	w.good([]string{"-C", "shop", "abort"})
}

// blueprintOf returns the blueprint of the scripts in another version.
func blueprintOf(t *testing.T, version string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny")
	must(t, os.CopyFS(dir, os.DirFS(tiny(t))))
	manifest := filepath.Join(dir, "blueprint.yaml")
	data, err := os.ReadFile(manifest)
	must(t, err)
	put(t, manifest, strings.ReplaceAll(string(data), "version: 1.2.3", "version: "+version))
	return dir
}
