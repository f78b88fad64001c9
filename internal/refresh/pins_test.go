package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/need"
)

const (
	oldCommit = "0123456789abcdef0123456789abcdef01234567"
	oldDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func TestFindPins(t *testing.T) {
	got := findPins(strings.Join([]string{
		"facts:",
		"  tool_version: v2.1.0",
		"  builder_image: golang:1.26.8-trixie@" + oldDigest,
		"      image: postgres:18",
		"      image: postgres:18",
		"    image: {{ .facts.builder_image }}",
		"- uses: actions/checkout@" + oldCommit + " # v7.0.0",
		"  uses: github/codeql-action/init@" + oldCommit + " # v4.1.2",
		"TOOL = go run x.org/tool/cmd/tool@{{ .facts.tool_version }}",
		"AUDIT = go run x.org/audit@v1.0.0",
		"  image:",
	}, "\n"))
	want := []pin{
		{action, "actions/checkout", "v7.0.0", oldCommit},
		{action, "github/codeql-action", "v4.1.2", oldCommit},
		{image, "golang", "1.26.8-trixie", oldDigest},
		{image, "postgres", "18", ""},
		{program, "x.org/audit", "v1.0.0", ""},
		{program, "x.org/tool/cmd/tool", "v2.1.0", ""},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(pin{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPinsOfBlueprints demands that each kind of pin is found in the built-in
// blueprints, so that none is forgotten when its form changes.
func TestPinsOfBlueprints(t *testing.T) {
	blueprints := filepath.Join("..", "..", "blueprints")
	pins, err := pinsOf(filepath.Join(blueprints, "go"), filepath.Join(blueprints, "shared"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, p := range pins {
		found[p.kind]++
	}
	for _, kind := range []string{action, image, program} {
		if found[kind] < 2 {
			t.Errorf("only %d of kind %s in %v", found[kind], kind, pins)
		}
	}
	if pins, err := pinsOf(t.TempDir()); err == nil {
		t.Errorf("nothing pins %v", pins)
	}
}

func TestReportPins(t *testing.T) {
	pins := []pin{
		{action, "a", "v1.0.0", oldCommit}, {action, "b", "v1.0.0", oldCommit}, {image, "c", "1", ""}, {image, "d", "1", ""}, {program, "e", "v1", ""},
	}
	answers := map[string]latest{
		"a": {version: "v1.0.0", current: oldCommit}, "b": {version: "v2.0.0", current: "f00"}, "c": {version: "2", exact: "sha256:2"}, "e": {version: "v2"},
	}
	var out bytes.Buffer
	reportPins(t.Context(), &out, pins, func(_ context.Context, p pin) (latest, error) {
		if l, ok := answers[p.name]; ok {
			return l, nil
		}
		return latest{}, errors.New("no route\nto host")
	})
	want := "pin action a v1.0.0 is the newest\nmoved action b v1.0.0: it is f00 now, and " + oldCommit +
		" here\nnewer image c 1 -> 2 sha256:2\nunknown image d 1: no route\nnewer program e v1 -> v2\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	reportPins(t.Context(), &out, pins[:1], nil)
	if want := "pin action a v1.0.0\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestNewestAction(t *testing.T) {
	need.Program(t, "git")
	dir := t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", filepath.Join(dir, "o", "a"), "-c", "user.name=A", "-c", "user.email=a@b.c"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.MkdirAll(filepath.Join(dir, "o", "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	git("init", "--quiet")
	for _, tag := range []string{"v1.0.0", "v9", "v1.10.0", "v1.9.0", "v2.0.0-rc.1"} {
		git("commit", "--quiet", "--allow-empty", "--message", tag)
		git("tag", "--annotate", "--message", tag, tag)
	}
	r := registries{github: dir + "/"}
	got, err := r.ask(t.Context(), pin{kind: action, name: "o/a", version: "v1.0.0"})
	want := latest{version: "v1.10.0", exact: git("rev-parse", "v1.10.0^{commit}"), current: git("rev-parse", "v1.0.0^{commit}")}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := r.ask(t.Context(), pin{kind: action, name: "o/none", version: "v1.0.0"}); err == nil {
		t.Errorf("got %+v of no repository", got)
	}
}

func TestNewestImage(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			if r.URL.Query().Get("scope") == "repository:a/b:pull" && r.Header.Get("Authorization") == "" {
				fmt.Fprint(w, `{"token": "t"}`)
			}
		case r.Header.Get("Authorization") != "Bearer t":
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+server.URL+`/token",service="s",scope="repository:a/b:pull"`)
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/v2/a/b/tags/list" && r.URL.Query().Get("last") == "":
			w.Header().Set("Link", `</v2/a/b/tags/list?n=1000&last=x>; rel="next"`)
			fmt.Fprint(w, `{"tags": ["1.26.8-trixie", "1.26.9-alpine", "latest", "1.27"]}`)
		case r.URL.Path == "/v2/a/b/tags/list":
			fmt.Fprint(w, `{"tags": ["1.26.10-trixie", "1.26.9-trixie"]}`)
		case strings.HasPrefix(r.URL.Path, "/v2/a/b/manifests/") && r.Method == http.MethodHead:
			w.Header().Set("Docker-Content-Digest", "sha256:"+strings.TrimPrefix(r.URL.Path, "/v2/a/b/manifests/"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	r := registries{scheme: "http", client: server.Client()}
	got, err := r.ask(t.Context(), pin{kind: image, name: host + "/a/b", version: "1.26.8-trixie"})
	want := latest{version: "1.26.10-trixie", exact: "sha256:1.26.10-trixie", current: "sha256:1.26.8-trixie"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := r.ask(t.Context(), pin{kind: image, name: host + "/a/c", version: "1"}); err == nil {
		t.Errorf("got %+v of no image", got)
	}
}

func TestImageHome(t *testing.T) {
	for name, want := range map[string]string{
		"golang": "registry-1.docker.io library/golang", "acme/x": "registry-1.docker.io acme/x",
		"gcr.io/a/b": "gcr.io a/b", "localhost:5000/a": "localhost:5000 a",
	} {
		if host, there := imageHome(name); host+" "+there != want {
			t.Errorf("%s is at %s %s, want %s", name, host, there, want)
		}
	}
}

func TestNewestProgram(t *testing.T) {
	proxy := t.TempDir()
	versions := filepath.Join(proxy, "x.org", "tool", "@v")
	if err := os.MkdirAll(versions, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, versions, "list", "v1.0.0\nv1.2.0\n")
	put(t, versions, "v1.2.0.info", `{"Version": "v1.2.0"}`)
	put(t, versions, "v1.2.0.mod", "module x.org/tool\n")
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy))
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	dir := t.TempDir()
	put(t, dir, "go.mod", "module example.com/scratch\n")
	r := registries{tool: toolchain{dir}}
	for version, want := range map[string]string{"v1.0.0": "v1.2.0", "v1.3.0": "v1.3.0"} {
		got, err := r.ask(t.Context(), pin{kind: program, name: "x.org/tool/cmd/tool", version: version})
		if err != nil || got.version != want {
			t.Errorf("after %s comes %+v, %v, want %s", version, got, err, want)
		}
	}
	if got, err := r.ask(t.Context(), pin{kind: program, name: "x.org/none", version: "v1.0.0"}); err == nil {
		t.Errorf("got %+v of no module", got)
	}
}
