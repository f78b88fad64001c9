package contract

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ecosystem is a package manager, by the file that lists what is wanted.
type ecosystem struct {
	manifest string
	lock     string
	updater  string            // its name in dependabot.yml
	version  map[string]string // file → pattern of the language version in it
}

func ecosystems() []ecosystem {
	return []ecosystem{
		{"go.mod", "go.sum", "gomod", map[string]string{"go.mod": `(?m)^go \d+\.\d+`}},
		{"package.json", "package-lock.json", "npm", map[string]string{
			".nvmrc": `\d`, ".node-version": `\d`, "package.json": `"node"\s*:\s*"[^"]*\d`,
		}},
		{"pyproject.toml", "uv.lock", "uv", map[string]string{".python-version": `\d`, "pyproject.toml": `(?m)^requires-python\s*=.*\d`}},
		{"Gemfile", "Gemfile.lock", "bundler", map[string]string{".ruby-version": `\d`, "Gemfile": `(?m)^ruby\s.*\d`}},
		{"composer.json", "composer.lock", "composer", map[string]string{"composer.json": `"php"\s*:\s*"[^"]*\d`}},
		{"pom.xml", ".mvn/wrapper/maven-wrapper.properties", "maven", map[string]string{
			"pom.xml": `<(java\.version|maven\.compiler\.(release|source))>\s*\d`, ".java-version": `\d`, ".sdkmanrc": `(?m)^java=`,
		}},
	}
}

// lockedDependencies is RP-4.
func lockedDependencies(_ context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	var updaters []string
	for _, e := range ecosystems() {
		manifest, has := files[e.manifest]
		if !has {
			continue
		}
		updaters = append(updaters, e.updater)
		s.check(files[e.lock] != "" || !depends(e, manifest), e.lock, "it is there, and git does not ignore it", "it is not")
		s.check(e.versioned(files), e.manifest, "the version of the language in a file of its tools", "none")
	}
	s.check(len(updaters) > 0, "the repository", "a package manager", "none")
	if !s.suite.meets(Module("github")) {
		s.note("who keeps dependencies current: no module github")
		return nil
	}
	if s.suite.meets(Module("docker")) {
		updaters = append(updaters, "docker")
	}
	s.updated(files, append(updaters, "github-actions"))
	return nil
}

// depends reports whether a manifest asks for anything; without, Go has no
// lock file.
func depends(e ecosystem, manifest string) bool {
	return e.manifest != "go.mod" || regexp.MustCompile(`(?m)^(require|tool)\b`).MatchString(manifest)
}

// versioned reports whether a file of tools has the version of the language.
func (e ecosystem) versioned(files map[string]string) bool {
	all := map[string]string{".tool-versions": `\d`, "mise.toml": `(?m)^\[tools\]`}
	maps.Copy(all, e.version)
	for name, pattern := range all {
		if regexp.MustCompile(pattern).MatchString(files[name]) {
			return true
		}
	}
	return false
}

// updated checks that Dependabot or Renovate looks after everything.
func (s *Session) updated(files map[string]string, updaters []string) {
	for _, name := range []string{"renovate.json", ".github/renovate.json"} {
		if files[name] != "" {
			s.check(json.Valid([]byte(files[name])), name, "JSON", clip(files[name], 100))
			return // Renovate finds ecosystems by itself
		}
	}
	name := ".github/dependabot.yml"
	all, err := documents(files[name])
	if err != nil || len(all) != 1 {
		s.broken(Must, name, "one document of YAML", clip(files[name], 100))
		return
	}
	var covered []string
	for _, u := range each(at(all[0], "updates")) {
		covered = append(covered, scalar(at(u, "package-ecosystem")))
		if scalar(at(u, "package-ecosystem")) == "npm" && regexp.MustCompile(`"typescript"\s*:`).MatchString(files["package.json"]) {
			s.check(holds(u, "typescript"), name, "TypeScript 7 is held back", "it is not")
		}
	}
	for _, want := range updaters {
		s.check(slices.Contains(covered, want), name, "updates for "+want, strings.Join(covered, " "))
	}
}

// holds reports whether updates leave new majors of a package alone.
func holds(updates any, name string) bool {
	return slices.ContainsFunc(each(at(updates, "ignore")), func(i any) bool {
		versions := strings.Join(words(at(i, "versions")), " ") + strings.Join(words(at(i, "update-types")), " ")
		return scalar(at(i, "dependency-name")) == name && versions != ""
	})
}
