//go:build unix

package e2e

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// workflow is what the tests ask of a file of GitHub Actions.
type workflow struct {
	Jobs map[string]struct {
		Services map[string]struct {
			Image string
			Env   map[string]string
			Ports []string
		}
		Steps []workflowStep
	}
}

type workflowStep struct {
	Name, Uses, Run string
	Env             map[string]string
}

// offline are the steps that nobody can take without a network, by job and
// name.
var offline = []string{"check: Audit"}

// TestGeneratedWorkflows takes every step of the workflows that is a script, in
// their order, in a repository that was just made, as a runner of GitHub does.
// Where a step speaks to the outside, it speaks to programs that write down
// what they are told.
func TestGeneratedWorkflows(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	for _, program := range []string{"bash", "git", "make", "golangci-lint"} {
		need(t, program)
	}
	for _, database := range databases() {
		t.Run(database, func(t *testing.T) {
			r := newRunner(t, "--database", database)
			if database != "sqlite" {
				r.database = databaseServer(t, database).URL()
			}
			needModules(t, r.dir)
			r.job(t, "ci.yml", "check", "image", "scan")
			r.job(t, "release.yml", "image", "release")
			if diff := cmp.Diff(offline, r.skipped); diff != "" {
				t.Errorf("steps that were not taken (- want, + got):\n%s", diff)
			}
			const tag = "ghcr.io/acme/orders:1.2.3"
			said := read(t, r.outside, "said")
			for _, want := range []string{
				"docker build --tag orders .\n", "docker login ghcr.io --username ada --password-stdin\n", "--tag " + tag + " .\n",
				"--build-arg VERSION=v1.2.3 --build-arg COMMIT=0123abc ", "gh release create v1.2.3 --verify-tag --generate-notes\n",
			} {
				if !strings.Contains(said, want) {
					t.Errorf("the steps do not say %q, only\n%s", want, said)
				}
			}
		})
	}
}

// runner takes the steps of workflows.
type runner struct {
	dir      string
	outside  string // a directory with programs that write to its file "said"
	database string // URL of a server, empty for none
	skipped  []string
}

func newRunner(t *testing.T, args ...string) *runner {
	t.Helper()
	parent, outside := t.TempDir(), t.TempDir()
	run(t, parent, "sill", append([]string{"new", "orders", "--yes"}, args...)...)
	for _, name := range []string{"docker", "gh"} {
		script := fmt.Sprintf("#!/bin/sh\necho %s \"$@\" >>%s/said\n", name, outside)
		must(t, os.WriteFile(filepath.Join(outside, name), []byte(script), 0o700))
	}
	return &runner{dir: filepath.Join(parent, "orders"), outside: outside}
}

// job takes the steps of jobs, all that the file has.
func (r *runner) job(t *testing.T, file string, names ...string) {
	t.Helper()
	var w workflow
	must(t, yaml.Unmarshal([]byte(read(t, r.dir, ".github/workflows/"+file)), &w))
	if len(w.Jobs) != len(names) {
		t.Errorf("%s has %d jobs, want %v", file, len(w.Jobs), names)
	}
	for _, name := range names {
		job := w.Jobs[name]
		if len(job.Steps) == 0 {
			t.Fatalf("%s has no job %s", file, name)
		}
		for _, step := range job.Steps {
			if place := name + ": " + step.Name; slices.Contains(offline, place) {
				r.skipped = append(r.skipped, place)
				continue
			}
			if db, ok := job.Services["db"]; ok && step.Env["DATABASE_URL"] != "" {
				checkService(t, step.Env["DATABASE_URL"], db.Env, db.Ports)
			}
			r.step(t, step)
		}
	}
}

// checkService demands that a URL names the user, password, database and port
// of the service that the job starts.
func checkService(t *testing.T, text string, env map[string]string, ports []string) {
	t.Helper()
	u, err := url.Parse(text)
	must(t, err)
	password, _ := u.User.Password()
	for _, part := range []string{u.User.Username(), password, strings.TrimPrefix(u.Path, "/")} {
		if part == "root" && env["MARIADB_ROOT_PASSWORD"] == password {
			continue // it is there without a word
		}
		if part == strings.TrimPrefix(u.Path, "/") && u.Scheme == "mongodb" {
			continue // it is made when something is stored in it
		}
		if !slices.Contains(slices.Collect(maps.Values(env)), part) {
			t.Errorf("%s: the service has no %q: %v", text, part, env)
		}
	}
	if want := []string{u.Port() + ":" + u.Port()}; u.Hostname() != "localhost" || !slices.Equal(ports, want) {
		t.Errorf("%s: the service has the ports %v", text, ports)
	}
}

// step runs a script as runners do: by bash, ending at the first failure.
func (r *runner) step(t *testing.T, step workflowStep) {
	t.Helper()
	if (step.Run == "") == (step.Uses == "") {
		t.Errorf("step %q is not one of script and action", step.Name)
	}
	if step.Run == "" {
		return
	}
	cmd := command(r.dir, "bash", "-e", "-c", step.Run)
	cmd.Env = append(cmd.Env,
		"PATH="+r.outside+string(filepath.ListSeparator)+os.Getenv("PATH"), "GITHUB_ACTOR=ada", "GITHUB_REPOSITORY=Acme/Orders",
		"GITHUB_REF_NAME=v1.2.3", "GITHUB_SHA=0123abc", "GITHUB_SERVER_URL=https://github.com")
	for key, value := range step.Env {
		if key == "DATABASE_URL" {
			value = r.database
		}
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("step %q: %v\n%s\n%s", step.Name, err, step.Run, out)
	}
}
