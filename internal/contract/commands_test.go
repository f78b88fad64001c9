package contract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// commandRed runs the clauses about commands against the good repository with
// a change. Its database is SQLite, so that the suite needs no server.
func commandRed(t *testing.T, want string, changes map[string]change) {
	t.Helper()
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fileSuite(t, "sqlite", c.files(t), "RP-1", "RP-5", "RP-7", "RP-8")
			if got, report := redOf(t, s); got != want {
				t.Errorf("broken: %q, want %q\n%s", got, want, report.details())
			}
		})
	}
}

func TestGoodCommands(t *testing.T) {
	t.Parallel()
	commandRed(t, "", map[string]change{
		"good":       {},
		"transcript": {"README.md", "```sh\nmake db-up\nsh tool.sh run\n", "```console\n$ sh tool.sh run\nready\n"},
	})
}

// Settings of a service that the suite's own environment has are not handed on.
func TestCommandsGetNoSettings(t *testing.T) {
	t.Parallel()
	s := fileSuite(t, "sqlite", change{"tool.sh", "test) ", "test) test -z \"$PORT\" && "}.files(t), "RP-1")
	s.Env = append(s.Env, "DATABASE_URL=postgres://x", "PORT=1")
	if got, report := redOf(t, s); got != "" {
		t.Errorf("broken: %q\n%s", got, report.details())
	}
}

func TestCommandsAreRed(t *testing.T) {
	t.Parallel()
	commandRed(t, "RP-1 MUST", map[string]change{
		"format changes":   {"tool.sh", "format) :", "format) echo >>a.txt"},
		"format fails":     {"tool.sh", "format) :", "format) false"},
		"build fails":      {"tool.sh", "mkdir -p bin", "false"},
		"lint warns":       {"tool.sh", "0 warnings", "a.txt:1: warning: odd"},
		"setup deprecates": {"tool.sh", "touch ready", "touch ready; echo npm warn deprecated x >&2"},
	})
	commandRed(t, "RP-1 MUST, RP-7 MUST", map[string]change{
		"lint fails": {"tool.sh", "lint) echo", "lint) exit 1; echo"},
	})
	commandRed(t, "RP-1 MUST, RP-7 MUST, RP-8 MUST", map[string]change{
		"tests need a server": {"tool.sh", "test -z", "test -n"},
	})
}

func TestQuickStartIsRed(t *testing.T) {
	t.Parallel()
	commandRed(t, "RP-5 MUST", map[string]change{
		"ends":         {"README.md", "sh tool.sh run", "sh tool.sh setup"},
		"fails":        {"README.md", "sh tool.sh run", "false\nsh tool.sh run"},
		"no commands":  {"README.md", "```sh", "```text"},
		"no heading":   {"README.md", "## Quick start", "## Design"},
		"no README":    {"README.md", "", ""},
		"other holder": {"LICENSE", "The orders", "Other"},
		"other text":   {"LICENSE", "Permission is hereby", "Leave is"},
		"no days":      {"SECURITY.md", "90 days", "a while"},
		"no way":       {"SECURITY.md", " in private", ""},
		"invented":     {"SECURITY.md", "in private", "to security@example.com, in private"},
	})
}

func TestAgentPageIsRed(t *testing.T) {
	t.Parallel()
	commandRed(t, "RP-7 MUST", map[string]change{
		"no page":         {"AGENTS.md", "", ""},
		"no layout":       {"AGENTS.md", "## Layout", "## Other"},
		"no resource":     {"AGENTS.md", "## Adding a resource", "## Other"},
		"no lint":         {"AGENTS.md", "sh tool.sh lint\n", ""},
		"no run":          {"AGENTS.md", "sh tool.sh run\n", ""},
		"unknown target":  {"AGENTS.md", "make migrate", "make migrations migrate"},
		"unknown program": {"AGENTS.md", "sh tool.sh setup", "shh tool.sh setup"},
		"unknown file":    {"AGENTS.md", "sh tool.sh setup", "./setup.sh setup"},
		"migrate fails":   {"tool.sh", "migrate) ", "migrate) exit 1;"},
		"no container":    {".devcontainer/devcontainer.json", "", ""},
		"loose container": {".devcontainer/compose.yaml", "golang:1.26", "golang"},
		"no database":     {".devcontainer/devcontainer.json", "compose.yaml", "other.yaml"},
	})
}

func TestTestedProjectIsRed(t *testing.T) {
	t.Parallel()
	commandRed(t, "RP-8 MUST", map[string]change{
		"no parts":      {"a_test.go", "", ""},
		"no HTTP":       {"test/api/api_test.go", "/api/v1", ""},
		"no conflict":   {"test/api/api_test.go", " 409", ""},
		"nothing tried": {"tool.sh", "3 tests passed", "no test files"},
	})
	commandRed(t, "RP-8 SHOULD", map[string]change{
		"little":       {"tool.sh", "81.5%", "79.9%"},
		"no number":    {"tool.sh", `echo "a 10.0%"; echo "total 81.5%"`, "echo done"},
		"cover fails":  {"tool.sh", `cover) echo`, "cover) exit 1; echo"},
		"no scan":      {".github/workflows/ci.yml", "codeql-action/analyze", "other"},
		"no materials": {".github/workflows/ci.yml", "anchore/sbom-action", "anchore/other"},
	})
}

func TestTestsRun(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]int{
		"ok  \tx/a\t0.1s\n?   \tx/b\t[no test files]\nok  \tx/c\t(cached)\n": 2,
		"===== 12 passed in 0.2s =====":                                      12,
		"Tests:       7 passed, 7 total":                                     7,
		"# tests 5":                                                          5,
		"ℹ tests 5":                                                          5,
		"9 runs, 20 assertions, 0 failures":                                  9,
		"OK (4 tests, 9 assertions)":                                         4,
		"Tests run: 6, Failures: 0":                                          6,
		"Ran 3 tests in 0.1s":                                                3,
		"no tests":                                                           0,
		"collected 0 items":                                                  0,
	} {
		if got := testsRun(out); (got > 0) != (want > 0) {
			t.Errorf("testsRun(%q) = %d, want %d", out, got, want)
		}
	}
}

// fakeEngine is a container engine without containers: it runs the small
// service beside the suite, and stops it.
const fakeEngine = `#!/bin/sh
case "$1" in
info | rm) ;;
image) test "$3" != missing ;;
build) test -f Dockerfile ;;
run)
	case "$*" in *--read-only*"--cap-drop ALL"*no-new-privileges*12345*) ;; *) exit 9 ;; esac
	shift
	for last; do :; done
	test "$last" = migrate && exit 0
	while [ $# -gt 0 ]; do
		case "$1" in
		-e) export "$2"; shift ;;
		--name) name=$2; shift ;;
		esac
		shift
	done
	echo $$ >"$STATE/$name"
	export DATABASE_URL="sqlite://$STATE/x"
	exec "$TINY" tiny-service start ;;
stop) STOP ;;
esac
`

func TestConfinedRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ engine, want string }{
		"good":     {strings.Replace(fakeEngine, "STOP", `kill -TERM "$(cat "$STATE/$2")"`, 1), ""},
		"killed":   {strings.Replace(fakeEngine, "STOP", `kill -KILL "$(cat "$STATE/$2")"`, 1), "CT-4 MUST"},
		"migrate":  {strings.Replace(fakeEngine, "migrate && exit 0", "migrate && exit 1", 1), "CT-4 MUST"},
		"no start": {strings.Replace(fakeEngine, `exec "$TINY"`, `exit 1; exec "$TINY"`, 1), "CT-4 MUST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, report := redOf(t, engineSuite(t, c.engine)); got != c.want {
				t.Errorf("broken: %q, want %q\n%s", got, c.want, report.details())
			}
		})
	}
}

// A service that checks tokens does not start without an issuer.
func TestConfinedRunWithIssuer(t *testing.T) {
	t.Parallel()
	engine := strings.Replace(fakeEngine, "STOP", `kill -TERM "$(cat "$STATE/$2")"`, 1)
	s := engineSuite(t, strings.Replace(engine, `exec "$TINY"`, `test -n "$AUTH_ISSUER$AUTH_JWKS_URL" || exit 1; exec "$TINY"`, 1))
	issuer, err := s.newIssuer(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(issuer.close)
	s.issuer = issuer
	if got, report := redOf(t, s); got != "" {
		t.Errorf("broken: %q\n%s", got, report.details())
	}
}

// Without an engine that works, or without the images, nothing is tried.
func TestConfinedRunDoesNotApply(t *testing.T) {
	t.Parallel()
	for want, engine := range map[string]string{
		"container engine":                        "#!/bin/sh\nexit 1\n",
		"base image gcr.io/x/static:12" + aDigest: strings.Replace(fakeEngine, `test "$3" != missing`, "false", 1),
	} {
		_, report := redOf(t, engineSuite(t, engine))
		if r := report.Results[0]; r.Outcome != NotApplicable || r.Missing != want {
			t.Errorf("%s: %s, no %q", want, r.Outcome, r.Missing)
		}
	}
}

func engineSuite(t *testing.T, engine string) *suite {
	t.Helper()
	s := fileSuite(t, "sqlite", goodFiles(), "CT-4")
	dir, state := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(engine), 0o700); err != nil {
		t.Fatal(err)
	}
	for i, one := range s.Env {
		if path, ok := strings.CutPrefix(one, "PATH="); ok {
			s.Env[i] = "PATH=" + dir + string(filepath.ListSeparator) + path
		}
	}
	s.Env = append(s.Env, "STATE="+state)
	return s
}
