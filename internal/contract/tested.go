package contract

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// testedProject is RP-8.
func testedProject(ctx context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	s.testFiles(files)
	f := s.suite.clone.record(ctx, "test", nil)
	if s.check(f.ok(), f.command, "exit status 0", f.printed()) {
		s.check(testsRun(f.out) > 0, f.command, "tests that are run", clip(f.out, 200))
	}
	if err := s.covered(ctx, files["Makefile"]); err != nil {
		return err
	}
	if !s.suite.meets(Module("github")) {
		s.note("scans of the source and a list of what is in it: no module github")
		return nil
	}
	var workflows strings.Builder
	for _, name := range under(files, `^\.github/workflows/`) {
		workflows.WriteString(files[name])
	}
	for says, pattern := range map[string]string{
		"a scan of the source": `(?i)codeql|brakeman|semgrep|gosec|bandit|psalm|spotbugs`, "a software bill of materials": `(?i)sbom|syft|cyclonedx|spdx`,
	} {
		s.checkAt(Should, regexp.MustCompile(pattern).MatchString(workflows.String()), ".github/workflows", says, "none")
	}
	return nil
}

// testFiles checks that there are tests of parts and tests that talk HTTP, and
// that those meet the errors of the contract.
func (s *Session) testFiles(files map[string]string) {
	units, spoken := testSources(files)
	s.check(len(units) > 0, "the repository", "tests of its parts", "none")
	s.check(len(spoken) > 0, "the repository", "tests that talk HTTP", "none")
	if len(s.suite.kinds) == 0 || len(spoken) == 0 {
		return
	}
	all := strings.Join(spoken, "\n")
	for _, status := range []int{
		http.StatusCreated, http.StatusNoContent, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict,
		http.StatusPreconditionFailed, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
	} {
		s.check(namesStatus(all, status), "tests that talk HTTP", fmt.Sprintf("one of them expects %d", status), "none")
	}
}

// testSources divides the sources of tests: those of parts, and those in a
// directory where one talks HTTP, which share what they know.
func testSources(files map[string]string) (units, spoken []string) {
	sources := slices.DeleteFunc(under(files, `\.(go|[cm]?[jt]s|py|rb|php|java)$`), func(name string) bool { return !testFile(name) })
	speaks := regexp.MustCompile(`/api/v1|/livez|/readyz|\bhttptest\b`)
	directories := map[string]bool{}
	for _, name := range sources {
		if speaks.MatchString(files[name]) {
			directories[path.Dir(name)] = true
		}
	}
	for _, name := range sources {
		if directories[path.Dir(name)] {
			spoken = append(spoken, files[name])
		} else {
			units = append(units, files[name])
		}
	}
	return units, spoken
}

// namesStatus reports whether a source names a status, by number or by its words.
func namesStatus(source string, status int) bool {
	phrase := strings.ReplaceAll(http.StatusText(status), " ", "_?")
	return regexp.MustCompile(`(?i)\b` + strconv.Itoa(status) + `\b|` + phrase).MatchString(source)
}

// testsRun returns how many tests, or packages of tests, a runner says it ran.
func testsRun(out string) int {
	sum := len(regexp.MustCompile(`(?m)^ok\s+\S+\s+(\d|\(cached\))`).FindAllString(out, -1)) // go test counts packages
	for _, m := range regexp.MustCompile(`(?m)\b(\d+) (?:tests?|passed|passing|runs|examples)\b|\b(?:Tests run|Tests|tests|Ran|pass):? (\d+)\b`).FindAllStringSubmatch(out, -1) {
		n, err := strconv.Atoi(m[1] + m[2])
		if err == nil {
			sum += n
		}
	}
	return sum
}

// covered measures how much of the code tests reach, where the project has a
// command for that: the last percentage it prints.
func (s *Session) covered(ctx context.Context, makefile string) error {
	if !makeTarget(makefile, "cover") {
		s.note("line coverage: the Makefile has no target cover")
		return nil
	}
	env, err := s.databaseSetting()
	if err != nil {
		return err
	}
	f := s.suite.clone.run(ctx, []string{"make", "cover"}, env)
	if !s.checkAt(Should, f.ok(), "make cover", "exit status 0", f.printed()) {
		return nil
	}
	all := regexp.MustCompile(`(\d+(?:\.\d+)?) ?%`).FindAllStringSubmatch(f.out, -1)
	if !s.checkAt(Should, len(all) > 0, "make cover", "a percentage", clip(f.out, 200)) {
		return nil
	}
	last := all[len(all)-1][1]
	percent, err := strconv.ParseFloat(last, 64)
	if err != nil {
		return err
	}
	s.checkAt(Should, percent >= 80, "make cover", "80 % or more", last+" %")
	return nil
}
