package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/apply"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/faultfs"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/need"
	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
)

// service is a service of some 200 files in a git repository. Its people have
// edited what an update creates, changes, deletes, renames and conflicts with.
type service struct {
	t     *testing.T
	world World
}

// wideDir holds two versions of the blueprint whose updates do everything at once.
var wideDir = func() string {
	dir, err := filepath.Abs(filepath.Join("..", "..", "e2e", "testdata", "update"))
	if err != nil {
		panic(err)
	}
	return dir
}()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newService makes the service from the first version, at a path of which the
// first name is the repository, commits the edits, and leaves something in the
// index that nobody may touch.
func newService(t *testing.T, target string) *service {
	t.Helper()
	need.Program(t, "git")
	home := t.TempDir()
	must(t, os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[user]\n\tname = Ada\n\temail = ada@example.com\n"), 0o600))
	s := &service{t, World{
		Cwd: home, PID: os.Getpid(), Now: time.Now,
		Env: gitrepo.Env{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C"},
	}}
	if outer, _, inside := strings.Cut(target, "/"); inside {
		// The directory above is a service as well, as far as a record tells.
		must(t, os.Mkdir(filepath.Join(home, outer), 0o700))
		must(t, os.WriteFile(filepath.Join(home, outer, record.Name), []byte("another one\n"), 0o600))
		s.world.Cwd = filepath.Join(home, outer)
		s.git("init", "-q")
		s.world.Cwd = home
	}
	const many = 45
	var rs []resource.Resource
	for i := range many {
		r, err := resource.ParseWords(fmt.Sprintf("part%c%c number:integer", 'a'+i/20, 'a'+i%20))
		must(t, err)
		rs = append(rs, r)
	}
	v1, err := source.Open("", filepath.Join(wideDir, "v1"))
	must(t, err)
	d, err := New(t.Context(), s.world, NewRequest{
		Target: target, Ref: "wide", Source: v1, Resources: rs,
		Given: map[string]answer.Given{"name": {Any: "shop", Origin: answer.FromFlag}},
	})
	must(t, err)
	_, err = Commit(t.Context(), s.world, d.Dir, d.Plan)
	must(t, err)
	s.world.Cwd = d.Dir
	for _, e := range []struct{ file, old, now string }{
		{"changed/one.txt", "line 2\n", "line 2\nmine\n"},
		{"guide/begin.md", "line 2\n", "line 2\nmine\n"},
		{"parts/partaa/a.txt", "line 2\n", "line 2\nmine\n"},
		{"clash.txt", "line 6\n", "mine\n"},
		{"data.json", "1", "\"mine\""},
		{"taken.txt", "line 2\n", "line 2\nmine\n"},
	} {
		s.replace(e.file, e.old, e.now)
	}
	s.git("add", "-A")
	s.git("mv", "changed/two.txt", "changed/second.txt")
	s.git("commit", "-qam", "Make it ours")
	must(t, os.WriteFile(filepath.Join(s.world.Cwd, "staged.txt"), []byte("staged\n"), 0o600))
	s.git("add", "staged.txt")
	return s
}

func (s *service) replace(file, old, now string) {
	s.t.Helper()
	name := filepath.Join(s.world.Cwd, filepath.FromSlash(file))
	data, err := os.ReadFile(name)
	must(s.t, err)
	if strings.Count(string(data), old) != 1 {
		s.t.Fatalf("%q is not once in %s", old, file)
	}
	must(s.t, os.WriteFile(name, []byte(strings.Replace(string(data), old, now, 1)), 0o600))
}

func (s *service) git(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = s.world.Cwd, s.world.Env
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// state is every file with its mode and content, the index, and what git says
// of both.
func (s *service) state() []string {
	s.t.Helper()
	var all []string
	must(s.t, filepath.WalkDir(s.world.Cwd, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.world.Cwd, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if rel == ".git" || rel == ".sill/tmp" {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %v", rel, info.Mode())
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %q", data)
		}
		all = append(all, line)
		return nil
	}))
	all = append(all, strings.Split(s.git("ls-files", "--stage"), "\n")...)
	return append(all, strings.Split(s.git("status", "--porcelain=v2"), "\n")...)
}

// update plans the update.
func (s *service) update() Draft {
	s.t.Helper()
	d, err := s.world.Update(s.t.Context(), ChangeRequest{Command: []string{"sill", "update"}}, filepath.Join(wideDir, "v2"), nil)
	must(s.t, err)
	return d
}

// commit commits a plan while calls of the disk are counted.
func (s *service) commit(ctx context.Context, d Draft, f *faultfs.Faults) error {
	_, err := Commit(ctx, counted(s.world, f), d.Dir, d.Plan)
	return err
}

func (s *service) abort(ctx context.Context, f *faultfs.Faults) error {
	_, err := counted(s.world, f).Abort(ctx)
	return err
}

// counted is a world with calls of the disk counted.
func counted(w World, f *faultfs.Faults) World {
	w.Open = func(dir string) (apply.FS, error) {
		d, err := f.Open(dir)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return w
}

// is demands a state, and that no run is left half-way.
func (s *service) is(what string, want []string) {
	s.t.Helper()
	if d := cmp.Diff(want, s.state()); d != "" {
		s.t.Fatalf("%s (- want, + got):\n%s", what, d)
	}
	if left, err := Left(s.world.Cwd); left != nil || err != nil {
		s.t.Fatalf("%s: left: %v, %v", what, left, err)
	}
}

// planned runs the update and takes it back, and returns its plan, what is
// there before and after it, and the calls of the disk that it and the abort
// make.
func (s *service) planned() (d Draft, before, after, calls, undoing []string) {
	s.t.Helper()
	d, before = s.update(), s.state()
	f := &faultfs.Faults{}
	must(s.t, s.commit(s.t.Context(), d, f))
	after, calls = s.state(), f.Calls()
	said := strings.Join(after, "\n")
	for _, part := range []string{
		"changed/second.txt -", "handbook/begin.md -", "place/inside.txt -", "data.json.sill -", "<<<<<<< yours",
		"1 A. ", "1 .M ", "1 .D ", "u UU ", "u UD ", "? new/",
	} {
		if !strings.Contains(said, part) {
			s.t.Fatalf("the update is not what these tests are for: no %q\n%s", part, s.git("status"))
		}
	}
	if n := strings.Count(said, "mine"); n < 6 {
		s.t.Fatalf("what people wrote is there %d times", n)
	}
	f = &faultfs.Faults{}
	must(s.t, s.abort(s.t.Context(), f))
	s.is("after an abort", before)
	return d, before, after, calls, f.Calls()
}

// some returns the numbers of calls to try: few, spread, and others each time.
// Those about the journal are always among them: that is where files and the
// index change together.
func some(t *testing.T, calls []string, few int) []int {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, seed))
	all := []int{len(calls)}
	for i := range few {
		all = append(all, 1+i*len(calls)/few+r.IntN(max(len(calls)/few, 1)))
	}
	for i, name := range calls {
		if slices.Contains([]string{"journal", "last", "aborting"}, path.Base(name)) {
			all = append(all, i+1)
		}
	}
	// A process that dies while it hides its scratch space leaves that to be seen.
	all = slices.DeleteFunc(all, func(n int) bool { return path.Base(calls[n-1]) == ".gitignore" })
	slices.Sort(all)
	return slices.Compact(all)
}

// An update that fails at any call of the disk leaves files and index as they
// were.
func TestEveryCallOfAnUpdateMayFail(t *testing.T) {
	s := newService(t, "shop")
	d, before, after, calls, _ := s.planned()
	for n := 1; n <= len(calls); n++ {
		var failedAt string
		err := s.commit(t.Context(), d, &faultfs.Faults{At: n, Act: func(name string) error { failedAt = name; return syscall.EIO }})
		what := fmt.Sprintf("call %d of %d (%s) failed: %v", n, len(calls), failedAt, err)
		if err != nil {
			s.is(what, before)
			continue
		}
		// What cannot be removed after the end is litter.
		s.is(what, after)
		must(t, s.abort(t.Context(), &faultfs.Faults{}))
	}
}

// An abort that fails leaves files and index as the update made them.
func TestCallsOfAnAbortMayFail(t *testing.T) {
	s := newService(t, "shop")
	d, before, after, _, undoing := s.planned()
	must(t, s.commit(t.Context(), d, &faultfs.Faults{}))
	for _, n := range some(t, undoing, 24) {
		var failedAt string
		err := s.abort(t.Context(), &faultfs.Faults{At: n, Act: func(name string) error { failedAt = name; return syscall.EIO }})
		what := fmt.Sprintf("call %d of %d (%s) failed: %v", n, len(undoing), failedAt, err)
		if err != nil {
			s.is(what, after)
			continue
		}
		s.is(what, before)
		must(t, s.commit(t.Context(), d, &faultfs.Faults{}))
	}
}

// Ctrl-C at any call leaves everything or nothing.
func TestInterruptedUpdate(t *testing.T) {
	s := newService(t, "shop")
	d, before, after, calls, _ := s.planned()
	for _, n := range some(t, calls, 24) {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.commit(ctx, d, &faultfs.Faults{At: n, Act: func(string) error { cancel(); return nil }})
		what := fmt.Sprintf("interrupted at call %d of %d: %v", n, len(calls), err)
		switch {
		case err == nil:
			s.is(what, after)
			must(t, s.abort(t.Context(), &faultfs.Faults{}))
		case diag.ClassOf(err) == diag.Interrupted:
			s.is(what, before)
		default:
			t.Fatal(what)
		}
	}
}

// Where git cannot change its index, the files are not changed either.
func TestUpdateFailsWithTheIndex(t *testing.T) {
	s := newService(t, "shop")
	d, before, _, _, _ := s.planned()
	lock := filepath.Join(d.Dir, ".git", "index.lock")
	must(t, os.WriteFile(lock, nil, 0o600))
	err := s.commit(t.Context(), d, &faultfs.Faults{})
	if e, ok := errors.AsType[*diag.Error](err); !ok || e.Code() != gitrepo.CodeFailed {
		t.Errorf("error %v", err)
	}
	must(t, os.Remove(lock))
	s.is("without the index", before)
}
