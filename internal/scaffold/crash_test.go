//go:build unix

package scaffold

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/faultfs"
)

// The environment of a child process, which works in a service: what it does,
// at which call of the disk it is killed, and where the blueprints are.
const (
	childTask = "SCAFFOLD_TEST_TASK"
	childCall = "SCAFFOLD_TEST_CALL"
	childWide = "SCAFFOLD_TEST_WIDE"
)

func TestMain(m *testing.M) {
	if task := os.Getenv(childTask); task != "" {
		if err := child(task); err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		return
	}
	// Many files, in memory where the system has a place for that.
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err == nil && os.Getenv("TMPDIR") == "" {
		_ = os.Setenv("TMPDIR", memory) // or else they go where they always go
	}
	os.Exit(m.Run())
}

// child does one task in a process of its own.
func child(task string) error {
	n, err := strconv.Atoi(os.Getenv(childCall))
	if err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	ctx := context.Background()
	f := &faultfs.Faults{At: n, Act: func(string) error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }}
	w := counted(World{Cwd: dir, PID: os.Getpid(), Now: time.Now, Env: os.Environ()}, f)
	switch task {
	case "update":
		d, err := w.Update(ctx, ChangeRequest{Command: []string{"sill", "update"}}, filepath.Join(os.Getenv(childWide), "v2"), nil)
		if err != nil {
			return err
		}
		_, err = Commit(ctx, w, d.Dir, d.Plan)
		return err
	case "abort":
		_, err = w.Abort(ctx)
	case "recover":
		_, err = Recover(ctx, w, dir)
	default:
		err = errors.New("unknown task " + task)
	}
	return err
}

// killed runs a task that is killed at a call of the disk, and reports whether
// it came to that call.
func (s *service) killed(task string, call int) bool {
	s.t.Helper()
	exe, err := os.Executable()
	must(s.t, err)
	dir, err := filepath.Abs(wideDir)
	must(s.t, err)
	cmd := exec.CommandContext(s.t.Context(), exe)
	cmd.Dir = s.world.Cwd
	cmd.Env = append(slices.Clone([]string(s.world.Env)), childTask+"="+task, childCall+"="+strconv.Itoa(call), childWide+"="+dir)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		s.t.Fatal(err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		s.t.Fatalf("%s at call %d: %v: %s", task, call, err, out)
	}
	return true
}

// recovered puts back what a killed run has left, as every command that writes
// does first, and demands one of two states.
func (s *service) recovered(what string, before, after []string) (isAfter bool) {
	s.t.Helper()
	_, err := Recover(s.t.Context(), s.world, s.world.Cwd)
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	if cmp.Equal(s.state(), after) {
		s.is(what, after)
		return true
	}
	s.is(what, before)
	return false
}

// An update that is killed is as if it had not begun, once the next command has
// put back what it left, or it is complete. Either way it can be done again and
// taken back.
func TestKilledUpdate(t *testing.T) {
	t.Run("a repository of its own", func(t *testing.T) { killUpdate(t, newService(t, "shop"), 16) })
	t.Run("inside another", func(t *testing.T) { killUpdate(t, newService(t, "mono/shop"), 6) })
}

func killUpdate(t *testing.T, s *service, few int) {
	t.Helper()
	d, before, after, calls, _ := s.planned()
	complete, killed := 0, 0
	for i, n := range some(t, calls, few) {
		if s.killed("update", n) { // a call or two depend on what the last run kept
			killed++
		}
		what := fmt.Sprintf("killed at call %d of %d", n, len(calls))
		s.told(what)
		switch {
		case i%2 == 0 && n != len(calls): // at the last one it is complete
		case s.recovered(what, before, after):
			complete++
		default:
			must(t, s.commit(t.Context(), d, &faultfs.Faults{}))
			s.is(what+", done again", after)
		}
		s.takenBack(what, before)
	}
	if complete == 0 || killed < few {
		t.Errorf("%d were killed, and %d after their end", killed, complete)
	}
}

// told demands that commands which only read say what a killed run left,
// wherever it has put the record and the bundle.
func (s *service) told(what string) {
	s.t.Helper()
	left, err := Left(s.world.Cwd)
	must(s.t, err)
	st, err := s.world.Status(s.t.Context())
	if err != nil {
		s.t.Fatalf("%s: status: %v", what, err)
	}
	says := slices.ContainsFunc(st.Problems, func(p Problem) bool { return p.Code == codeLeftOver })
	if says != (left != nil) {
		s.t.Fatalf("%s: status says of what is left, %v: %v", what, left, st.Problems)
	}
	_, err = s.world.Diff(s.t.Context(), nil)
	if e, ok := errors.AsType[*diag.Error](err); err != nil && (!ok || e.Code() != codeLeftOver) {
		s.t.Fatalf("%s: diff: %v", what, err)
	}
}

// takenBack aborts what is there to abort.
func (s *service) takenBack(what string, before []string) {
	s.t.Helper()
	err := s.abort(s.t.Context(), &faultfs.Faults{})
	if e, ok := errors.AsType[*diag.Error](err); err != nil && (!ok || e.Code() != "abort-nothing") {
		s.t.Fatalf("%s: %v", what, err)
	}
	s.is(what+", taken back", before)
}

// The same is true of an abort that is killed, which the next one completes.
func TestKilledAbort(t *testing.T) {
	s := newService(t, "shop")
	d, before, after, _, undoing := s.planned()
	for i, n := range some(t, undoing, 10) {
		must(t, s.commit(t.Context(), d, &faultfs.Faults{}))
		if !s.killed("abort", n) {
			t.Fatalf("the abort did not come to call %d of %d", n, len(undoing))
		}
		what := fmt.Sprintf("killed at call %d of %d", n, len(undoing))
		if i%2 == 0 {
			s.recovered(what, before, after)
		}
		s.takenBack(what, before)
	}
}

// And of what puts back what a killed update left, when it is killed itself.
func TestKilledRollBack(t *testing.T) {
	s := newService(t, "shop")
	_, before, _, calls, _ := s.planned()
	half := len(calls) * 2 / 3 // some of it is published
	s.killed("update", half)
	f := &faultfs.Faults{}
	_, err := Recover(t.Context(), counted(s.world, f), s.world.Cwd)
	must(t, err)
	s.is("rolled back", before)
	killed := 0
	for _, n := range some(t, f.Calls(), 6) {
		s.killed("update", half)
		if s.killed("recover", n) { // it makes fewer calls where the last run left something
			killed++
		}
		s.recovered(fmt.Sprintf("killed at call %d of %d", n, len(f.Calls())), before, before)
	}
	if killed == 0 {
		t.Error("none was killed")
	}
}
