package contract

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const inDockerfile = "Dockerfile"

// at names an instruction in a report.
func (i instruction) at() string {
	return fmt.Sprintf("Dockerfile:%d: %s", i.line, clip(i.name+" "+i.args, 200))
}

// pinnedImages is CT-1, with the checks of BuildKit that need no BuildKit.
func pinnedImages(_ context.Context, s *Session) error {
	d, err := s.dockerfile()
	if err != nil {
		return err
	}
	s.check(len(d.stages) >= 2, inDockerfile, "two stages or more", strconv.Itoa(len(d.stages)))
	for _, image := range d.images() {
		s.pinned(image)
	}
	for _, i := range d.steps() {
		s.check(i.name != "ADD" || strings.Contains(i.args, "://"), i.at(), "COPY and not ADD for files", "ADD")
	}
	ignore := regexp.MustCompile(`(?im)^#\s*(hadolint\s+ignore|check\s*=\s*.*skip).*$`)
	s.check(!ignore.MatchString(d.text), inDockerfile, "no inline ignores", ignore.FindString(d.text))
	s.dockerfileForm(d)
	s.note("BuildKit's own checks: `docker build --check .` runs them")
	return nil
}

func (s *Session) pinned(image string) {
	name, digest, _ := strings.Cut(image, "@")
	_, tag, tagged := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	s.check(tagged && tag != "" && tag != "latest", "Dockerfile: FROM "+image, "a version tag that is not latest", tag)
	whole := regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(digest)
	s.checkAt(Should, whole, "Dockerfile: FROM "+image, "@sha256:", digest)
}

// dockerfileForm holds a Dockerfile to the rules of BuildKit that are about
// its form alone.
func (s *Session) dockerfileForm(d dockerfile) {
	names := map[string]bool{}
	for _, g := range d.stages {
		lower := strings.ToLower(g.name)
		s.check(g.name == lower, g.from.at(), "a stage name in lower case", g.name)
		s.check(g.name == "" || !names[lower], g.from.at(), "a stage name that is used once", g.name)
		s.check(lower != "scratch" && lower != "context", g.from.at(), "a stage name that is not reserved", g.name)
		names[lower] = true
		s.onceInStage(g)
	}
	casing := ""
	for _, i := range d.all() {
		if casing == "" {
			casing = i.word
		}
		s.check((casing == strings.ToUpper(casing)) == (i.word == i.name), i.at(), "instructions all in one case", i.word)
		s.check(i.name != "MAINTAINER", i.at(), "a label and not MAINTAINER", i.name)
		first, _, _ := strings.Cut(i.args, " ")
		s.check(i.name != "ENV" || strings.Contains(first, "="), i.at(), "ENV name=value", "ENV name value")
	}
	blank := regexp.MustCompile(`(?m)\\[ \t]*\n[ \t]*\n`)
	s.check(!blank.MatchString(d.text), inDockerfile, "no blank line in a continued instruction", "one")
}

// onceInStage checks that nothing is said twice of which only the last counts.
func (s *Session) onceInStage(g *stage) {
	for _, name := range []string{"CMD", "ENTRYPOINT", "HEALTHCHECK"} {
		times := 0
		for _, i := range g.steps {
			if i.name == name {
				times++
			}
		}
		s.check(times < 2, g.from.at(), "one "+name+" in a stage", strconv.Itoa(times))
	}
}

// all returns all instructions in their order.
func (d *dockerfile) all() []instruction {
	all := slices.Clone(d.globals)
	for _, g := range d.stages {
		all = append(append(all, g.from), g.steps...)
	}
	return all
}

// plainUser is CT-2.
func plainUser(_ context.Context, s *Session) error {
	d, err := s.dockerfile()
	if err != nil {
		return err
	}
	user, started := "", instruction{}
	for _, i := range d.last() {
		switch i.name {
		case "USER":
			user = i.args
		case "ENTRYPOINT", "CMD":
			s.check(i.exec != nil, i.at(), "exec form", i.args)
			if started.name != "ENTRYPOINT" || i.name == "ENTRYPOINT" {
				started = i
			}
		}
	}
	id, _, _ := strings.Cut(user, ":")
	numeric := id != "" && strings.Trim(id, "0123456789") == "" && strings.Trim(id, "0") != ""
	s.check(numeric, "Dockerfile, last stage", "USER with a number that is not 0", "USER "+user)
	s.check(started.name != "", "Dockerfile, last stage", "ENTRYPOINT or CMD", "none")
	s.entrypoint(started)
	s.owned(d.last(), id)
	return nil
}

// entrypoint checks that a shell hands over to what it starts, so that signals
// reach the service.
func (s *Session) entrypoint(i instruction) {
	if len(i.exec) == 0 {
		return
	}
	shell := regexp.MustCompile(`^(/\S*/)?(ba|da|z|a)?sh$`)
	words := i.exec
	if shell.MatchString(words[0]) && len(words) > 2 && strings.HasPrefix(words[1], "-") {
		s.check(strings.Contains(words[2], "exec "), i.at(), `a shell that ends in exec "$@"`, words[2])
		return
	}
	if shell.MatchString(words[0]) && len(words) > 1 {
		words = words[1:]
	}
	files, err := s.suite.files()
	if err != nil {
		return
	}
	for name, text := range files {
		if path.Base(name) != path.Base(words[0]) || !regexp.MustCompile(`^#!.*sh\b`).MatchString(text) {
			continue
		}
		lines := slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
		last := strings.TrimSpace(lines[len(lines)-1])
		s.check(last == `exec "$@"`, name, `its last line is exec "$@"`, last)
	}
}

// owned checks that the user of the image cannot change the program.
func (s *Session) owned(steps []instruction, user string) {
	directory, targets := "/", []string{}
	for _, i := range steps {
		switch i.name {
		case "WORKDIR":
			directory = absolute(directory, i.args)
		case "COPY", "ADD":
			words := i.exec
			if words == nil {
				words = strings.Fields(i.args)
			}
			if len(words) > 0 {
				targets = append(targets, absolute(directory, words[len(words)-1]))
			}
			owner, _, _ := strings.Cut(i.flags["chown"], ":")
			s.checkAt(Should, owner == "" || owner != user, i.at(), "app files that the user "+user+" does not own", "--chown="+owner)
			s.checkAt(Should, !worldWritable(i.flags["chmod"]), i.at(), "app files that not everybody may write", "--chmod="+i.flags["chmod"])
		case "RUN":
			s.handedOver(i, directory, targets)
		}
	}
}

// handedOver checks that no command of a RUN gives the program away.
func (s *Session) handedOver(i instruction, directory string, targets []string) {
	for _, command := range i.commands() {
		words := slices.DeleteFunc(strings.Fields(command), func(w string) bool { return strings.HasPrefix(w, "-") })
		if len(words) < 3 || words[0] != "chown" && (words[0] != "chmod" || !worldWritable(words[1])) {
			continue
		}
		for _, one := range words[2:] {
			place := strings.TrimSuffix(absolute(directory, one), "/") + "/"
			inside := slices.ContainsFunc(targets, func(t string) bool { return strings.HasPrefix(strings.TrimSuffix(t, "/")+"/", place) })
			s.checkAt(Should, !inside || words[1] == "root" || strings.HasPrefix(words[1], "root:"), i.at(), "app files that the user cannot write", command)
		}
	}
}

func absolute(directory, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(directory, name)
}

// worldWritable reports whether a mode of chmod lets everybody write.
func worldWritable(mode string) bool {
	if m, err := strconv.ParseUint(mode, 8, 32); err == nil {
		return m&2 != 0
	}
	return regexp.MustCompile(`(^|,)(a|[ug]*o[ug]*|)[+=][rxXst]*w`).MatchString(mode)
}

// buildContext is CT-3, as far as reading can tell.
func buildContext(_ context.Context, s *Session) error {
	d, err := s.dockerfile()
	if err != nil {
		return err
	}
	for _, i := range d.steps() {
		if i.name != "ARG" && i.name != "ENV" {
			continue
		}
		for _, pair := range i.pairs() {
			s.check(!secretName(pair[0]) && passwordIn(pair[1]) == "", i.at(), "no secret-looking ARG or ENV", pair[0])
		}
	}
	s.note("what is in the built image: reading files does not tell")
	data, err := os.ReadFile(filepath.Join(s.suite.Dir, ".dockerignore"))
	if err != nil {
		s.broken(Must, ".dockerignore", "it is there", err.Error())
		return nil
	}
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	ignored := dockerIgnore(string(data))
	for _, name := range unwanted(files, s.suite.record.Commands["start"]) {
		s.check(ignored.has(name), ".dockerignore", "it leaves out "+name, "it does not")
	}
	return nil
}

// unwanted returns files that no image is built from: history, settings,
// tests, and what package managers and builds leave in the repository.
func unwanted(files map[string]string, start []string) []string {
	all := []string{".git/HEAD", ".env", ".env.local"}
	for manifest, folders := range map[string][]string{
		"package.json": {"node_modules/x", "dist/x"}, "pyproject.toml": {".venv/x", "app/__pycache__/x"},
		"composer.json": {"vendor/x"}, "pom.xml": {"target/x"}, "Gemfile": {"log/x", "tmp/x"},
	} {
		if _, has := files[manifest]; has {
			all = append(all, folders...)
		}
	}
	_, has := files["go.mod"]
	if has && len(start) > 0 && strings.Contains(start[0], "/") && !path.IsAbs(start[0]) {
		all = append(all, start[0])
	}
	for name := range files {
		if testFile(name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// testFile reports whether a file is a test or data of tests, as the
// ecosystems name them.
func testFile(name string) bool {
	return regexp.MustCompile(`(^|/)(tests?|spec|__tests__|testdata)/|_test\.(go|py|rb)$|(^|/)test_[^/]*\.py$|\.(test|spec)\.[cm]?[jt]sx?$|Tests?\.(java|php)$`).MatchString(name)
}
