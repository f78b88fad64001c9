package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// result is what a run of sill came to.
type result struct {
	Code     int
	Out, Err string
}

// world is a home and a working directory for runs of sill, with nothing of
// the machine in them but the PATH.
type world struct {
	t    *testing.T
	Home string
	Dir  string
	Env  []string // more variables, which win
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, Home: t.TempDir(), Dir: t.TempDir()}
	config := "[user]\n\tname = Ada\n\temail = ada@example.com\n"
	must(t, os.WriteFile(filepath.Join(w.Home, ".gitconfig"), []byte(config), 0o600))
	return w
}

func (w *world) env() []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.Home, "XDG_CONFIG_HOME=" + filepath.Join(w.Home, ".config"),
		"NO_COLOR=1", "TZ=UTC", "LC_ALL=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1", "TMPDIR=" + os.TempDir(),
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(w.Dir),
	}, w.Env...)
}

// command returns sill with arguments, to run in the directory of the world.
func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.t.Context(), "sill", args...)
	cmd.Dir, cmd.Env = w.Dir, w.env()
	cmd.WaitDelay = time.Second
	return cmd
}

// sill runs sill to its end.
func (w *world) sill(args ...string) result {
	w.t.Helper()
	return w.run(w.command(args...))
}

func (w *world) run(cmd *exec.Cmd) result {
	w.t.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		w.t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// good runs sill and fails the test unless it exits with one of the codes, 0
// when none is given.
func (w *world) good(args []string, codes ...int) result {
	w.t.Helper()
	r := w.sill(args...)
	if len(codes) == 0 {
		codes = []int{0}
	}
	if !slices.Contains(codes, r.Code) {
		w.t.Fatalf("sill %s: exit code %d\n%s%s", strings.Join(args, " "), r.Code, r.Out, r.Err)
	}
	return r
}

// git runs git in a directory and returns what it prints.
func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = filepath.Join(w.Dir, dir), w.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// failure is the JSON form of an error.
type failure struct {
	Error struct {
		Code        string
		Class       string
		Message     string
		Hint        string
		Diagnostics []struct {
			Code    string
			Summary string
			At      struct {
				File         string
				Line, Column int
			}
		}
	}
}

// failed returns the one JSON value that a run with --json has written.
func (r result) failed(t *testing.T) failure {
	t.Helper()
	var f failure
	d := json.NewDecoder(strings.NewReader(r.Out))
	if err := d.Decode(&f); err != nil || d.More() {
		t.Fatalf("not one JSON value: %v\n%s%s", err, r.Out, r.Err)
	}
	return f
}

// write puts the files of a txtar archive below dir.
func write(t *testing.T, dir, archive string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		put(t, filepath.Join(dir, filepath.FromSlash(f.Name)), string(f.Data))
	}
}

func put(t *testing.T, name, data string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(name), 0o750))
	must(t, os.WriteFile(name, []byte(data), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tiny is the directory of the blueprint with one of everything.
func tiny(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", "blueprints", "tiny"))
	must(t, err)
	return dir
}

// tree returns what is below a directory of the world.
func (w *world) tree(dir string) map[string]entry {
	w.t.Helper()
	all, err := snapshot(filepath.Join(w.Dir, dir))
	must(w.t, err)
	return all
}

// text returns the content of a file in a plan.
func text(t *testing.T, content, encoding string) string {
	t.Helper()
	if encoding != "base64" {
		return content
	}
	data, err := base64.StdEncoding.DecodeString(content)
	must(t, err)
	return string(data)
}
