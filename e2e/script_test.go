package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"groundsill.example/internal/cli"
)

// TestMain makes the test binary double as sill, so that scripts run the code
// under test in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(withReport{m}, map[string]func(){"sill": runSill})
}

func runSill() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "."
	}
	code := cli.Main(ctx, cli.Process{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Env: os.Environ(), Cwd: cwd, PID: os.Getpid(), Now: time.Now,
	})
	stop()
	os.Exit(code)
}

// TestScripts runs every script below testdata/script, a test for each
// directory. The directories are read and not listed by hand.
func TestScripts(t *testing.T) {
	dirs, err := os.ReadDir(filepath.Join("testdata", "script"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, d := range dirs {
		t.Run(d.Name(), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:                 filepath.Join("testdata", "script", d.Name()),
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
				UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
				Setup:               setupScript,
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exit":    cmdExit,
					"tree":    cmdTree,
					"fill":    cmdFill,
					"crlf":    cmdCRLF,
					"json":    cmdJSON,
					"replace": cmdReplace,
					"same":    cmdSame,
				},
				Condition: condition,
			})
		})
	}
}

// setupScript pins everything of the machine that a result could depend on.
func setupScript(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	if err := os.MkdirAll(home, 0o750); err != nil {
		return err
	}
	repo, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	sill, err := exec.LookPath("sill")
	if err != nil {
		return err
	}
	blueprints := filepath.Join(repo, "e2e", "testdata", "blueprints")
	for k, v := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": filepath.Join(home, ".config"), "NO_COLOR": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8",
		"GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": filepath.Dir(env.WorkDir),
		"REPO": repo, "SILL": sill, "BLUEPRINTS": blueprints, "TINY": filepath.Join(blueprints, "tiny"), "GOFLAGS": "", "GOMODCACHE": goEnv("GOMODCACHE"), "GOCACHE": goEnv("GOCACHE"), "GOPROXY": goEnv("GOPROXY"),
	} {
		env.Setenv(k, v)
	}
	config := "[user]\n\tname = Ada\n\temail = ada@example.com\n"
	return os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o600)
}

func goEnv(key string) string {
	out, err := exec.Command("go", "env", key).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// cmdExit runs a command and demands an exit code: exit 4 sill new orders.
// Plain "! exec" would take a crash for the failure that was meant.
func cmdExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit CODE COMMAND [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// cmdTree compares the files below a directory, as sorted paths without .git,
// with a list: tree DIR FILE.
func cmdTree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tree DIR FILE")
	}
	var got bytes.Buffer
	root := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			rel, err := filepath.Rel(root, name)
			got.WriteString(filepath.ToSlash(rel) + "\n")
			return err
		}
		return nil
	}))
	if want := ts.ReadFile(args[1]); got.String() != want {
		ts.Fatalf("%s holds\n%s\nwant\n%s", args[0], got.String(), want)
	}
}

// cmdFill writes a file of N bytes: fill FILE N.
func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fill FILE BYTES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat([]byte("x"), n), 0o600))
}

// cmdCRLF gives a file the line endings of Windows: crlf FILE.
func cmdCRLF(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crlf FILE")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// cmdReplace replaces a text in a file, everywhere: replace OLD NEW FILE.
func cmdReplace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace OLD NEW FILE")
	}
	text := ts.ReadFile(args[2])
	if !strings.Contains(text, args[0]) {
		ts.Fatalf("%s does not hold %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.ReplaceAll(text, args[0], args[1])), 0o600))
}

// cmdJSON demands that a file, or stdout, is one JSON value of version 1 with
// the key: json stdout error.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: json FILE KEY")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var value map[string]any
	ts.Check(d.Decode(&value))
	if d.More() {
		ts.Fatalf("%s holds more than one JSON value", args[0])
	}
	if _, ok := value[args[1]]; !ok || value["sill"] != 1.0 || len(value) != 2 {
		ts.Fatalf(`%s is not {"sill": 1, %q: …}`, args[0], args[1])
	}
}

// cmdSame compares two directories, without .git, byte for byte and mode for
// mode: same DIR OTHER.
func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same DIR OTHER")
	}
	a, err := snapshot(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := snapshot(ts.MkAbs(args[1]))
	ts.Check(err)
	if diff := cmp.Diff(a, b); diff != "" {
		ts.Fatalf("%s and %s differ:\n%s", args[0], args[1], diff)
	}
}

// condition knows "root": the test runs as the superuser, for whom no
// directory is read-only.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, errors.New("unknown condition " + name)
}
