package contract

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
)

// installer is a command that resolves dependencies.
type installer struct {
	command *regexp.Regexp
	frozen  *regexp.Regexp // of the command or the environment: what keeps it to the lock file
	says    string
}

// installers returns the commands that resolve dependencies. A nil frozen is
// for those that never keep to a lock file.
func installers() []installer {
	return []installer{
		{regexp.MustCompile(`\b(npm (install|i|add|update)|yarn add|pnpm add)\b`), regexp.MustCompile(`\s(-g|--global)\s.*@\d+\.\d+\.\d+`), "npm ci"},
		{regexp.MustCompile(`\b(uv (sync|run))\b`), regexp.MustCompile(`--(locked|frozen)\b|\bUV_(LOCKED|FROZEN)=["']?(1|true)`), "uv sync --locked"},
		{regexp.MustCompile(`\b(bundle install)\b`), regexp.MustCompile(`\bBUNDLE_(DEPLOYMENT|FROZEN)=["']?(1|true)`), "BUNDLE_DEPLOYMENT=1"},
		{regexp.MustCompile(`\bcomposer (update|require)\b`), nil, "composer install"},
		{regexp.MustCompile(`\bcomposer install\b`), regexp.MustCompile(`--no-dev\b`), "composer install --no-dev"},
		{regexp.MustCompile(`\bgo build\b`), regexp.MustCompile(`-mod=(readonly|vendor)\b`), "go build -mod=readonly"},
		{regexp.MustCompile(`\bgo (get|mod tidy)\b|\bgo install \S+@`), nil, "what go.sum says"},
		{regexp.MustCompile(`\bpip3? install\b`), regexp.MustCompile(`--require-hashes\b`), "pip install --require-hashes"},
		{regexp.MustCompile(`\bgem install\b`), regexp.MustCompile(`\s(-v|--version)[ =]["']?\d`), "bundle install"},
	}
}

// frozenInstalls is CT-5: package managers have to be told to keep to their
// lock file.
func frozenInstalls(_ context.Context, s *Session) error {
	d, err := s.dockerfile()
	if err != nil {
		return err
	}
	for _, g := range d.stages {
		var settings []string
		for at := g; at != nil; at = at.base {
			for _, i := range at.steps {
				if i.name == "ENV" || i.name == "ARG" {
					settings = append(settings, i.args)
				}
			}
		}
		for _, i := range g.steps {
			if i.name == "RUN" {
				s.frozen(i, strings.Join(settings, " "))
			}
		}
	}
	s.frozenSetup()
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	if pom, has := files["pom.xml"]; has {
		s.fixedVersions(pom)
	}
	return nil
}

func (s *Session) frozen(i instruction, settings string) {
	for _, command := range i.commands() {
		for _, one := range installers() {
			if one.command.MatchString(command) {
				ok := one.frozen != nil && one.frozen.MatchString(command+" "+settings)
				s.check(ok, i.at(), "a frozen install: "+one.says, strings.TrimSpace(command))
			}
		}
	}
}

// frozenSetup checks the setup command of the record: development
// dependencies are welcome in it, newer ones are not.
func (s *Session) frozenSetup() {
	command := strings.Join(s.suite.record.Commands["setup"], " ")
	for _, one := range installers() {
		manager, _, _ := strings.Cut(one.says, " ")
		if slices.Contains([]string{"npm", "uv"}, manager) && one.command.MatchString(command) {
			s.check(one.frozen.MatchString(command), "sill.yaml: setup", "a frozen install: "+one.says, command)
		}
	}
	s.check(!regexp.MustCompile(`\b(composer|bundle) (update|require)\b|\bgo get\b`).MatchString(command), "sill.yaml: setup", "what the lock file says", command)
}

// fixedVersions checks that Maven takes each version as it is written.
func (s *Session) fixedVersions(pom string) {
	owners := []string{"dependency", "plugin", "parent", "extension", "path", "properties"}
	var open []string
	for d := xml.NewDecoder(strings.NewReader(pom)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			s.broken(Must, "pom.xml", "XML", err.Error())
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, t.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			text := strings.TrimSpace(string(t))
			loose := regexp.MustCompile(`^[\[(].*[\])]$|-SNAPSHOT$|^(LATEST|RELEASE)$`).MatchString(text)
			n := len(open)
			version := n >= 2 && slices.Contains(owners, open[n-2]) && (open[n-1] == "version" || open[n-2] == "properties")
			s.check(!version || !loose, "pom.xml: "+strings.Join(open, "/"), "a fixed version", text)
		}
	}
}
