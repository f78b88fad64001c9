//go:build unix

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wideService makes a service of some 200 files, with edits of its people, whose
// update creates, changes, deletes and renames files and has three conflicts.
// It returns the arguments of that update.
func wideService(t *testing.T, w *world) []string {
	t.Helper()
	need(t, "git")
	dir, err := filepath.Abs(filepath.Join("testdata", "update"))
	must(t, err)
	args := []string{"new", "shop", "-b", filepath.Join(dir, "v1"), "--yes"}
	const many = 45
	for i := range many {
		args = append(args, "--resource", fmt.Sprintf("part%c%c number:integer", 'a'+i/20, 'a'+i%20))
	}
	w.good(args)
	for _, e := range []struct{ file, old, now string }{
		{"changed/one.txt", "one line 2\n", "one line 2\nmine\n"},
		{"guide/begin.md", "begin line 2\n", "begin line 2\nmine\n"},
		{"parts/partaa/a.txt", "a line 2\n", "a line 2\nmine\n"},
		{"clash.txt", "clash line 6\n", "mine\n"},
		{"data.json", "1", "\"mine\""},
		{"taken.txt", "taken line 2\n", "taken line 2\nmine\n"},
	} {
		w.replace(filepath.Join("shop", e.file), e.old, e.now)
	}
	w.git("shop", "commit", "-qam", "Make it ours")
	return []string{"-C", "shop", "update", "-b", filepath.Join(dir, "v2")}
}

// picture is the files of the service and what git says of them.
func (w *world) picture() map[string]entry {
	w.t.Helper()
	all := w.tree("shop")
	all["the index"] = entry{Data: w.git("shop", "ls-files", "--stage")}
	all["the status"] = entry{Data: w.git("shop", "--no-optional-locks", "status", "--porcelain=v2")}
	return all
}

// gitThatEnds puts a git on the PATH that sends a signal to the sill that calls
// it, before or after it has done what the call is about. The call is given by
// its number.
func gitThatEnds(t *testing.T, w *world, call int, after bool, signal syscall.Signal) (calls func() int) {
	t.Helper()
	git, err := exec.LookPath("git")
	must(t, err)
	dir := t.TempDir()
	count := filepath.Join(dir, "count")
	end := fmt.Sprintf("[ $n != %d ] || kill -%d $PPID\n", call, signal)
	script := "#!/bin/sh\necho >>" + count + "\nn=$(wc -l <" + count + ")\n"
	if after {
		script += git + " \"$@\"; code=$?\n" + end + "exit $code\n"
	} else {
		script += end + "exec " + git + " \"$@\"\n"
	}
	must(t, os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o700))
	w.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	return func() int {
		text, err := os.ReadFile(count)
		must(t, err)
		return strings.Count(string(text), "\n")
	}
}

// TestUpdateEnded ends sill update with SIGKILL and SIGINT, at moments spread
// over its run and beside each of some of its calls of git. What is there then
// is what was there before or what the update makes, files and index alike, as
// soon as the next command has put back what was left; an interrupted one puts
// it back itself.
func TestUpdateEnded(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, seed))
	w := newWorld(t)
	update := wideService(t, w)
	before := w.picture()
	calls := gitThatEnds(t, w, -1, false, 0)
	started := time.Now()
	w.good(update, 3)
	took, count := time.Since(started), calls()
	w.Env = nil
	after := w.picture()
	if status := after["the status"].Data; strings.Count(status, "\nu ") != 3 {
		t.Fatalf("the update is not what this test is for:\n%s", status)
	}
	w.good([]string{"-C", "shop", "abort"})
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGINT}
	const tries = 8
	for i := range tries {
		signal, moment := signals[i%2], time.Duration(random.Float64()*1.1*float64(took))
		w.ended(fmt.Sprintf("%v after %v", signal, moment), update, before, after, signal, func(cmd *exec.Cmd) {
			time.AfterFunc(moment, func() { _ = syscall.Kill(-cmd.Process.Pid, signal) }) // it may have ended
		})
		// The last call is the one that changes the index.
		call := count - i/4
		if i%4 > 1 {
			call = 1 + random.IntN(count)
		}
		gitThatEnds(t, w, call, i%4 < 2, signal)
		w.ended(fmt.Sprintf("%v beside call %d of %d of git", signal, call, count), update, before, after, signal, func(*exec.Cmd) {})
	}
}

// ended runs an update that is ended, looks at what it left, and takes it back.
func (w *world) ended(what string, update []string, before, after map[string]entry, signal syscall.Signal, arrange func(*exec.Cmd)) {
	w.t.Helper()
	cmd := w.command(update...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does, so that git ends with it
	must(w.t, cmd.Start())
	arrange(cmd)
	_ = cmd.Wait() // its exit code is what counts
	w.Env = nil
	// A git that outlives the sill that called it may still be at work. Where
	// nobody waits for orphans, its number stays.
	const patience = 2000
	for range patience {
		if syscall.Kill(-cmd.Process.Pid, 0) != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	code := cmd.ProcessState.ExitCode()
	if signal == syscall.SIGINT {
		now := w.picture()
		switch code {
		case 130:
			if diff := diffTrees(before, now); diff != "" {
				w.t.Errorf("%s (- before, + now):\n%s", what, diff)
			}
		case 3:
			if diff := diffTrees(after, now); diff != "" {
				w.t.Errorf("%s (- planned, + now):\n%s", what, diff)
			}
		case -1: // before the program listens, or after it does, an interrupt ends it as any program
			if diff := diffTrees(before, now); diff != "" && diffTrees(after, now) != "" {
				w.t.Errorf("%s: neither as before nor as planned (- before, + now):\n%s", what, diff)
			}
		default:
			w.t.Errorf("%s: exit code %d", what, code)
		}
	}
	// A git that was killed with sill may have left its lock, and says so.
	must(w.t, os.RemoveAll(filepath.Join(w.Dir, "shop", ".git", "index.lock")))
	// An abort is the next command, or an update.
	if len(what)%2 == 0 {
		w.good([]string{"-C", "shop", "abort"}, 0, 4)
	}
	w.good(update, 0, 3) // where it was complete there is nothing to do
	if diff := diffTrees(after, w.picture()); diff != "" {
		w.t.Errorf("%s, done again (- want, + got):\n%s", what, diff)
	}
	w.good([]string{"-C", "shop", "abort"})
	if diff := diffTrees(before, w.picture()); diff != "" {
		w.t.Errorf("%s, taken back (- want, + got):\n%s", what, diff)
	}
	w.good([]string{"-C", "shop", "status", "--check"})
}
