package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGeneratedEditor demands that what VS Code is told to run is there.
func TestGeneratedEditor(t *testing.T) {
	need(t, "make")
	dir := scaffold(t, "--with", "vscode")
	var tasks struct {
		Tasks []struct{ Label, Command string }
	}
	must(t, json.Unmarshal([]byte(read(t, dir, ".vscode/tasks.json")), &tasks))
	var labels []string
	for _, task := range tasks.Tasks {
		labels = append(labels, task.Label)
		if out, err := command(dir, "sh", "-c", task.Command+" --dry-run").CombinedOutput(); err != nil || !strings.HasPrefix(task.Command, "make ") {
			t.Errorf("task %s: %s: %v\n%s", task.Label, task.Command, err, out)
		}
	}
	var launch struct {
		Configurations []struct{ Name, Program, EnvFile, PreLaunchTask string }
	}
	must(t, json.Unmarshal([]byte(read(t, dir, ".vscode/launch.json")), &launch))
	if len(launch.Configurations) == 0 {
		t.Error("nothing can be started")
	}
	for _, c := range launch.Configurations {
		program, inside := strings.CutPrefix(c.Program, "${workspaceFolder}/")
		if inside && !exists(filepath.Join(dir, program)) {
			t.Errorf("%s starts %s, which is not there", c.Name, program)
		}
		if c.PreLaunchTask != "" && !slices.Contains(labels, c.PreLaunchTask) {
			t.Errorf("%s wants the task %s; there are %q", c.Name, c.PreLaunchTask, labels)
		}
		if c.EnvFile != "" && (c.EnvFile != "${workspaceFolder}/.env" || c.PreLaunchTask != "migrate") {
			t.Errorf("%s reads %s, which %s does not make", c.Name, c.EnvFile, c.PreLaunchTask)
		}
	}
}

// TestGeneratedDevContainer demands that the container to work in is made of
// what the service is made of.
func TestGeneratedDevContainer(t *testing.T) {
	for _, database := range databases() {
		dir := scaffold(t, "--with", "devcontainer", "--database", database)
		var c struct {
			DockerComposeFile, Service, WorkspaceFolder, PostCreateCommand string
		}
		must(t, json.Unmarshal([]byte(read(t, dir, ".devcontainer/devcontainer.json")), &c))
		file := read(t, dir, ".devcontainer/"+c.DockerComposeFile)
		image := find(t, read(t, dir, "Dockerfile"), `^FROM (?:--\S+ )?(\S+) AS build$`)
		if got := find(t, file, `^  `+c.Service+`:\n    image: (\S+)$`); got != image {
			t.Errorf("the service is built in %s, and worked on in %s", image, got)
		}
		if got := find(t, file, `^      - \.\.:(\S+)$`); got != c.WorkspaceFolder {
			t.Errorf("the repository is at %s, and looked for at %s", got, c.WorkspaceFolder)
		}
		if got := strings.Join(readRecord(t, dir).Commands["setup"], " "); got != c.PostCreateCommand {
			t.Errorf("%q sets the repository up, and %q the container", got, c.PostCreateCommand)
		}
		server := regexp.MustCompile(`(?m)^    image: ((?:postgres|mariadb|mongo):\S+)$`)
		if got, want := server.FindString(file), server.FindString(read(t, dir, "compose.yaml")); got != want || (want == "") != (database == "sqlite") {
			t.Errorf("%s: the server is %q, and in compose.yaml %q", database, got, want)
		}
	}
}

// TestGeneratedHooks commits with the hooks, as somebody does who has just made
// the service, and as somebody who left a mistake.
func TestGeneratedHooks(t *testing.T) {
	if testing.Short() {
		t.Skip("lints a service")
	}
	for _, program := range []string{"pre-commit", "git", "make", "golangci-lint"} {
		need(t, program)
	}
	parent := t.TempDir()
	run(t, parent, "sill", "new", "orders", "--yes", "--no-resource", "--with", "precommit")
	dir := filepath.Join(parent, "orders")
	needModules(t, dir)
	run(t, dir, "pre-commit", "run", "--all-files")
	run(t, dir, "pre-commit", "install")
	must(t, os.WriteFile(filepath.Join(dir, "cmd", "server", "extra.go"), []byte("package main\n\nvar  extra = 1\n"), 0o600))
	run(t, dir, "git", "add", "-A")
	out, err := command(dir, "git", "commit", "--quiet", "-m", "Add something").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "files were modified by this hook") || !strings.Contains(string(out), "unused") {
		t.Errorf("the hooks let a mistake pass: %v\n%s", err, out)
	}
}
