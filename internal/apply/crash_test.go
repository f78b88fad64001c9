//go:build unix

package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/faultfs"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

// The environment of a child process: what it does, where, and at which call it
// is killed.
const (
	childTask  = "APPLY_TEST_TASK"
	childDir   = "APPLY_TEST_DIR"
	childState = "APPLY_TEST_STATE"
	childCall  = "APPLY_TEST_CALL"
)

func TestMain(m *testing.M) {
	task := os.Getenv(childTask)
	if task == "" {
		useMemory()
		os.Exit(m.Run())
	}
	if err := child(task); err != nil {
		fmt.Println(codeOf(err))
		os.Exit(3)
	}
}

// useMemory puts the many files of these tests into memory where the system has
// a place for that, unless TMPDIR says where they go.
func useMemory() {
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err == nil && os.Getenv("TMPDIR") == "" {
		_ = os.Setenv("TMPDIR", memory) // or else they go where they always go
	}
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*diag.Error](err); ok {
		return e.Code()
	}
	return err.Error()
}

// child does one task in a process of its own.
func child(task string) error {
	at := Target{Dir: os.Getenv(childDir), State: os.Getenv(childState)}
	n, err := strconv.Atoi(os.Getenv(childCall))
	if err != nil {
		return err
	}
	f := &faultfs.Faults{At: n, Act: func(string) error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }}
	o := Options{PID: os.Getpid(), Open: opens(f)}
	switch task {
	case "run":
		o = signing(at, o)
		sign := o.Finish
		o.Finish = func(dir string) error { return errors.Join(f.Call("finish", dir), sign(dir), f.Call("finished", dir)) }
		_, err = Run(context.Background(), at, planOf(faultOurs, faultTarget), o)
	case "abort":
		o.Restored = func([]byte) error { return f.Call("restored", ".") }
		_, err = Abort(context.Background(), at, o)
	case "recover":
		_, err = Recover(context.Background(), at, o)
	case "publish":
		o.Finish = func(dir string) error {
			return errors.Join(f.Call("finish", dir), os.WriteFile(filepath.Join(dir, "finished"), nil, 0o600), f.Call("finished", dir))
		}
		_, err = Publish(context.Background(), at, planOf(tree.Tree{}, faultTarget), o)
	case "nobody":
		if err = syscall.Setuid(65534); err == nil {
			_, err = Run(context.Background(), at, planOf(faultOurs, faultTarget), o)
		}
	default:
		err = errors.New("unknown task " + task)
	}
	return err
}

// spawn prepares a child process.
func spawn(tb testing.TB, task string, at Target, call int) *exec.Cmd {
	tb.Helper()
	exe, err := os.Executable()
	check(tb, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childTask+"="+task, childDir+"="+at.Dir, childState+"="+at.State, childCall+"="+strconv.Itoa(call))
	return cmd
}

// kill runs a task that is killed at a call, and reports whether it was.
func kill(tb testing.TB, task string, at Target, call int) bool {
	tb.Helper()
	out, err := spawn(tb, task, at, call).CombinedOutput()
	if err == nil {
		return false
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		tb.Fatal(err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		tb.Fatalf("%s at call %d: %v: %s", task, call, err, out)
	}
	return true
}

func TestKilledAtEveryCall(t *testing.T) {
	old, complete := listingOf(t, faultOurs), listingOf(t, faultTarget)
	done := filesOnly(slices.Clone(complete))
	for n := 1; ; n++ {
		at := newTarget(t, faultOurs)
		killed := kill(t, "run", at, n)
		what := fmt.Sprintf("killed at call %d", n)
		crash := listing(t, at.Dir)
		found, err := Inspect(at)
		check(t, err)
		same(t, what+", inspected", listing(t, at.Dir), crash)
		recovered, err := Recover(t.Context(), at, signing(at, options))
		check(t, err)
		if (found == nil) != (recovered == nil) {
			t.Fatalf("%s: found %+v, recovered %+v", what, found, recovered)
		}
		now := listing(t, at.Dir)
		isDone := slices.Equal(filesOnly(slices.Clone(now)), done)
		signed(t, what, at, isDone)
		if isDone {
			if found != nil {
				t.Fatalf("%s: rolled back to the new tree", what)
			}
		} else {
			same(t, what, now, old)
			_, err = Run(t.Context(), at, planOf(faultOurs, faultTarget), options)
			check(t, err)
			same(t, what+", run again", listing(t, at.Dir), complete)
			if left := litter(t, at); left != nil {
				t.Fatalf("%s: left in the state directory: %v", what, left)
			}
		}
		if !killed {
			return
		}
	}
}

func TestKilledAtEveryCallOfARollBack(t *testing.T) {
	old := listingOf(t, faultOurs)
	for n := 1; ; n++ {
		at := crashed(t, faultOurs, faultTarget)
		killed := kill(t, "recover", at, n)
		_, err := Recover(t.Context(), at, options)
		check(t, err)
		same(t, fmt.Sprintf("roll-back killed at call %d", n), listing(t, at.Dir), old)
		if !killed {
			return
		}
	}
}

func TestKilledAtEveryCallOfAnAbort(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		t.Run(fmt.Sprintf("elsewhere=%v", elsewhere), func(t *testing.T) {
			for n, killed := 1, true; killed; n++ {
				killed = killAbortAt(t, n, elsewhere)
			}
		})
	}
}

// killAbortAt kills an abort at call n, and reports whether it had that many.
func killAbortAt(t *testing.T, n int, elsewhere bool) bool {
	t.Helper()
	at, before, after := finished(t, faultOurs, faultTarget, elsewhere)
	killed := kill(t, "abort", at, n)
	what := fmt.Sprintf("abort killed at call %d", n)
	o, told := options, ""
	o.Restored = func(note []byte) error { told = string(note); return nil }
	recovered, err := Recover(t.Context(), at, o)
	check(t, err)
	if (recovered != nil) != (told == string(noted.Note)) || recovered != nil && (!recovered.Abort || string(recovered.Note) != told) {
		t.Fatalf("%s: recovered %+v, and told %q", what, recovered, told)
	}
	if now := mine(detailed(t, at.Dir)); !slices.Equal(now, before) {
		same(t, what, now, after)
		_, err = Abort(t.Context(), at, options)
		check(t, err)
		same(t, what+", aborted again", mine(detailed(t, at.Dir)), before)
		if left := litter(t, at); left != nil {
			t.Fatalf("%s: left in the state directory: %v", what, left)
		}
		return killed
	}
	_, err = Abort(t.Context(), at, options)
	wantError(t, err, diag.Refused, "abort-nothing")
	return killed
}

func TestKilledAtEveryCallOfPublish(t *testing.T) {
	complete := listingOf(t, faultTarget)
	for n := 1; ; n++ {
		top := t.TempDir()
		at := Target{Dir: filepath.Join(top, "x", "demo")}
		killed := kill(t, "publish", at, n)
		what := fmt.Sprintf("killed at call %d", n)
		if _, err := os.Stat(at.Dir); err == nil {
			same(t, what, slices.DeleteFunc(listing(t, at.Dir), isFinished), complete)
		} else {
			r, err := Publish(t.Context(), at, planOf(tree.Tree{}, faultTarget), options)
			check(t, err)
			if r.Recovered != nil && r.Recovered.PID == 0 {
				t.Fatalf("%s: recovered from no process", what)
			}
			same(t, what, listing(t, at.Dir), complete)
			same(t, what, dirNames(t, filepath.Dir(at.Dir)), []string{"demo"})
		}
		if !killed {
			if names := dirNames(t, at.Dir); !slices.Contains(names, "finished") {
				t.Errorf("the last step was not called: %v", names)
			}
			return
		}
	}
}

func isFinished(line string) bool { return strings.HasPrefix(line, "finished ") }

// race runs a task in several processes at once and returns what each says.
func race(t *testing.T, task string, at Target) []string {
	t.Helper()
	const processes = 6
	said := make([]string, processes)
	var wg sync.WaitGroup
	for i := range processes {
		cmd := spawn(t, task, at, -1)
		wg.Go(func() {
			out, err := cmd.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 3) {
				out = []byte(err.Error() + ": " + string(out))
			}
			said[i] = string(bytes.TrimSpace(out))
		})
	}
	wg.Wait()
	return said
}

func TestOneOfManyProcessesWins(t *testing.T) {
	for range 3 {
		at := crashed(t, faultOurs, faultTarget)
		oneWins(t, race(t, "run", at), "locked", "stale-plan")
		same(t, "tree", listing(t, at.Dir), listingOf(t, faultTarget))

		top := t.TempDir()
		at = Target{Dir: filepath.Join(top, "demo")}
		kill(t, "publish", at, 25)
		oneWins(t, race(t, "publish", at), "locked", "target-exists")
		same(t, "beside the target", dirNames(t, top), []string{"demo"})
	}
}

func oneWins(t *testing.T, said []string, losers ...string) {
	t.Helper()
	winners := slices.DeleteFunc(slices.Clone(said), func(s string) bool { return slices.Contains(losers, s) })
	if !slices.Equal(winners, []string{""}) {
		t.Fatalf("the processes said %q", said)
	}
}

func TestOneOfManyThreadsWins(t *testing.T) {
	for range 20 {
		at := Target{Dir: filepath.Join(t.TempDir(), "x", "demo")}
		said := make([]string, 12)
		var wg sync.WaitGroup
		for i := range said {
			wg.Go(func() {
				if _, err := Publish(t.Context(), at, planOf(tree.Tree{}, faultTarget), Options{PID: i + 1}); err != nil {
					said[i] = codeOf(err)
				}
			})
		}
		wg.Wait()
		oneWins(t, said, "locked", "target-exists")
		same(t, "tree", listing(t, at.Dir), listingOf(t, faultTarget))
		same(t, "beside the target", dirNames(t, filepath.Dir(at.Dir)), []string{"demo"})
	}
}

func TestModesFollowTheUmask(t *testing.T) {
	for umask, want := range map[int][]string{
		0o022: {`a -rw-r--r-- "1"`, `b -rwxr-xr-x "2"`, "c dir", `c/d -rw-r--r-- "3"`},
		0o077: {`a -rw------- "1"`, `b -rwx------ "2"`, "c dir", `c/d -rw------- "3"`},
	} {
		at := newTarget(t, mustTree("b", "old"))
		before := syscall.Umask(umask)
		_, err := Run(t.Context(), at, planOf(mustTree("b", "old"), mustTree("a", "1", "b*", "2", "c/d", "3")), options)
		syscall.Umask(before)
		check(t, err)
		same(t, fmt.Sprintf("umask %03o", umask), listing(t, at.Dir), want)
		info, err := os.Stat(filepath.Join(at.Dir, "c"))
		check(t, err)
		if got, want := info.Mode().Perm(), os.FileMode(0o777&^umask); got != want {
			t.Errorf("umask %03o: directory %v, want %v", umask, got, want)
		}
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		need.Missing(t, "root", "is needed to start a process of another user")
	}
	at := newTarget(t, faultOurs)
	top := filepath.Dir(at.Dir)
	check(t, os.Chmod(filepath.Dir(top), 0o755))
	check(t, os.Chmod(filepath.Join(at.Dir, ".git"), 0o777)) // staging works, publishing does not
	before := listing(t, at.Dir)
	out, err := spawn(t, "nobody", at, -1).CombinedOutput()
	if err == nil || strings.TrimSpace(string(out)) != "permission" {
		t.Errorf("said %q, %v", out, err)
	}
	same(t, "tree", listing(t, at.Dir), before)
	if left := litter(t, at); left != nil {
		t.Errorf("left in the state directory: %v", left)
	}
	check(t, filepath.WalkDir(at.Dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(name, 0o777)
		}
		return err
	}))
	if out, err := spawn(t, "nobody", at, -1).CombinedOutput(); err != nil {
		t.Errorf("with write permission: %v: %s", err, out)
	}
}

func TestFailingThreadsLeaveNoFiles(t *testing.T) {
	broken := errors.New("broken")
	for range 20 {
		top := t.TempDir()
		at := Target{Dir: filepath.Join(top, "x", "y", "demo")}
		said := make([]string, 12)
		var wg sync.WaitGroup
		for i := range said {
			wg.Go(func() {
				o := Options{PID: i + 1, Finish: func(string) error { return broken }}
				_, err := Publish(t.Context(), at, planOf(tree.Tree{}, mustTree("a/b", "1")), o)
				said[i] = codeOf(err)
			})
		}
		wg.Wait()
		for _, s := range said {
			if s != "broken" && s != "locked" {
				t.Fatalf("the threads said %q", said)
			}
		}
		// A directory that one run has made while another was in it may stay.
		same(t, "tree", filesOnly(listing(t, top)), []string{})
	}
}
