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
