package contract

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// workflow is a file of GitHub Actions.
type workflow struct {
	*Session
	name string
	text string
	top  any
}

// workflowFiles is RP-3.
func workflowFiles(ctx context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	names := under(files, `^\.github/workflows/[^/]+\.ya?ml$`)
	s.check(len(names) > 0, ".github/workflows", "workflows", "none")
	var runs strings.Builder
	for _, name := range names {
		all, err := documents(files[name])
		if err != nil || len(all) != 1 {
			s.broken(Must, name, "one document of YAML", fmt.Sprintf("%d, %v", len(all), err))
			continue
		}
		w := workflow{Session: s, name: name, text: files[name], top: all[0]}
		w.head()
		w.uses()
		w.jobs()
		if w.onPush() {
			runs.WriteString(w.runs())
		}
	}
	s.everyCheck(runs.String())
	return s.scanners(ctx, names)
}

// head checks what holds for the whole workflow.
func (w workflow) head() {
	permissions := at(w.top, "permissions")
	m, isMap := permissions.(map[string]any)
	least := isMap && (len(m) == 0 || len(m) == 1 && m["contents"] == "read")
	w.check(least, w.name, "top-level permissions: contents: read", fmt.Sprint(permissions))
	w.check(at(w.top, "concurrency") != nil, w.name, "concurrency", "none")
	w.check(!slices.Contains(w.events(), "pull_request_target"), w.name, "no pull_request_target", "one")
}

// events returns what starts the workflow.
func (w workflow) events() []string {
	on := at(w.top, "on")
	if _, isMap := on.(map[string]any); isMap {
		return keys(on)
	}
	return words(on)
}

func (w workflow) onPush() bool {
	return slices.Contains(w.events(), "push") && slices.Contains(w.events(), "pull_request")
}

// uses checks that every action is one commit, with its version beside it.
func (w workflow) uses() {
	var top yaml.Node
	if yaml.Unmarshal([]byte(w.text), &top) != nil {
		return // documents has read it
	}
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	container := regexp.MustCompile(`^docker://\S+@sha256:[0-9a-f]{64}$`)
	version := regexp.MustCompile(`^#\s*v?\d+(\.\d+)*`)
	visit(&top, func(key string, value *yaml.Node) {
		if key != "uses" || strings.HasPrefix(value.Value, "./") || container.MatchString(value.Value) {
			return
		}
		w.check(pinned.MatchString(value.Value), w.name, "uses: with a commit of 40 digits", value.Value)
		w.check(version.MatchString(value.LineComment), w.name+": "+value.Value, "the version as a comment", value.LineComment)
	})
}

// visit calls f for every key of every mapping.
func visit(n *yaml.Node, f func(key string, value *yaml.Node)) {
	for i, one := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			f(n.Content[i-1].Value, one)
		}
		visit(one, f)
	}
}

// jobs checks every job and step.
func (w workflow) jobs() {
	for _, id := range keys(at(w.top, "jobs")) {
		job, name := at(w.top, "jobs", id), w.name+": "+id
		w.check(at(job, "timeout-minutes") != nil || at(job, "uses") != nil, name, "timeout-minutes", "none")
		w.check(scalar(at(job, "permissions")) != "write-all", name, "permissions one by one", "write-all")
		for _, step := range each(at(job, "steps")) {
			w.step(name, step)
		}
	}
}

func (w workflow) step(name string, step any) {
	if strings.HasPrefix(scalar(at(step, "uses")), "actions/checkout@") {
		w.check(scalar(at(step, "with", "persist-credentials")) == "false", name, "persist-credentials: false", scalar(at(step, "with", "persist-credentials")))
	}
	event := regexp.MustCompile(`\$\{\{[^}]*\bgithub\.(event\b|head_ref\b)[^}]*\}\}`)
	script := scalar(at(step, "run")) + scalar(at(step, "with", "script"))
	w.check(!event.MatchString(script), name, "no ${{ github.event }} in a script", event.FindString(script))
}

// runs returns the scripts and actions of the workflow.
func (w workflow) runs() string {
	var b strings.Builder
	for _, id := range keys(at(w.top, "jobs")) {
		for _, step := range each(at(w.top, "jobs", id, "steps")) {
			fmt.Fprintln(&b, scalar(at(step, "run")))
			fmt.Fprintln(&b, "uses "+scalar(at(step, "uses")))
		}
	}
	return b.String()
}

// everyCheck checks that everything RP-1 asks for, the audit of what the service
// depends on and the image are run for each push and pull request.
func (s *Session) everyCheck(runs string) {
	for _, command := range []string{"setup", "format", "lint", "test", "build"} {
		argv := strings.Join(s.suite.record.Commands[command], " ")
		runner := `(?m)\b(make|npm|npm run|uv run|composer|bundle exec|bin/rails|rake|mvnw?)\b[^\n]*\b` + command + `\b`
		ok := argv != "" && strings.Contains(runs, argv) || regexp.MustCompile(runner).MatchString(runs)
		s.check(ok || command == "setup" && strings.Contains(runs, "setup-"), ".github/workflows", command+" on push and pull request", "none")
	}
	audit := regexp.MustCompile(`govulncheck|\baudit\b|osv-scanner|dependency-check|\btrivy\b|\bgrype\b`)
	s.check(audit.MatchString(runs), ".github/workflows", "an audit of the dependencies on push and pull request", "none")
	if s.suite.meets(Module("docker")) {
		image := regexp.MustCompile(`\b(docker|buildx|podman|buildah)\b[^\n]*\bbuild\b|make image|docker/build-push-action`)
		s.check(image.MatchString(runs), ".github/workflows", "the image is built on push and pull request", "none")
	}
}

// scanners runs those that are installed.
func (s *Session) scanners(ctx context.Context, names []string) error {
	for name, args := range map[string][]string{
		"actionlint": slices.Concat([]string{"-no-color", "-shellcheck=", "-pyflakes="}, names),
		"zizmor":     {"--offline", "--no-progress", ".github/workflows"},
	} {
		program := s.suite.program(name)
		if program == "" {
			s.note("%s is not on the PATH", name)
			continue
		}
		if err := s.scan(ctx, name, slices.Concat([]string{program}, args)...); err != nil {
			return err
		}
	}
	return nil
}
