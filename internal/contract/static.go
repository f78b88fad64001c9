package contract

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// container returns the clauses about files for containers that reading the
// files can decide.
func container() []Clause {
	both, must, docker := []Level{Must, Should}, []Level{Must}, []Need{Module("docker")}
	return []Clause{
		{ID: "CT-1", Title: "the image is built in stages from pinned images", Levels: both, Needs: docker, Run: pinnedImages},
		{ID: "CT-2", Title: "the image runs as a number that is not root", Levels: must, Needs: docker, Run: plainUser},
		{ID: "CT-3", Title: "no secrets, history or tests in the image", Levels: must, Needs: docker, Run: buildContext},
		{ID: "CT-5", Title: "the image installs what the lock file says", Levels: must, Needs: docker, Run: frozenInstalls},
	}
}

// repository returns the clauses about the repository itself.
func repository() []Clause {
	must := []Level{Must}
	return []Clause{
		{ID: "RP-2", Title: "files are clean and obey .editorconfig", Levels: must, Run: cleanFiles},
		{ID: "RP-5", Title: "licence, security policy and README", Levels: must, Run: papers},
		{ID: "RP-6", Title: "no secrets; .env.example lists the settings", Levels: must, Run: noSecrets},
	}
}

// instruction is one instruction of a Dockerfile.
type instruction struct{ name, args string }

// dockerfile reads the instructions of the Dockerfile, continued lines joined.
func (s *Session) dockerfile() ([]instruction, error) {
	data, err := os.ReadFile(filepath.Join(s.suite.Dir, "Dockerfile"))
	if err != nil {
		return nil, err
	}
	return instructions(string(data)), nil
}

func instructions(text string) []instruction {
	var all []instruction
	part := ""
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if more, ok := strings.CutSuffix(line, "\\"); ok {
			part += more + " "
			continue
		}
		name, args, _ := strings.Cut(part+line, " ")
		all = append(all, instruction{strings.ToUpper(name), strings.TrimSpace(args)})
		part = ""
	}
	return all
}

// pinnedImages is CT-1, as far as reading can tell.
func pinnedImages(_ context.Context, s *Session) error {
	all, err := s.dockerfile()
	if err != nil {
		return err
	}
	stages := map[string]bool{}
	number := 0
	for _, i := range all {
		if i.name != "FROM" {
			continue
		}
		number++
		words := slices.DeleteFunc(strings.Fields(i.args), func(w string) bool { return strings.HasPrefix(w, "--") })
		if len(words) == 0 {
			continue
		}
		image := words[0]
		if !stages[image] && image != "scratch" {
			s.pinned(image)
		}
		if len(words) == 3 && strings.EqualFold(words[1], "AS") {
			stages[words[2]] = true
		}
	}
	s.check(number >= 2, "Dockerfile", "two stages or more", strconv.Itoa(number))
	for _, i := range all {
		s.check(i.name != "ADD" || strings.Contains(i.args, "://"), "Dockerfile", "COPY and not ADD for files", "ADD "+i.args)
	}
	data, err := os.ReadFile(filepath.Join(s.suite.Dir, "Dockerfile"))
	s.check(!strings.Contains(string(data), "hadolint ignore") && !strings.Contains(string(data), "check=skip"), "Dockerfile", "no inline ignores", "some")
	return err
}

func (s *Session) pinned(image string) {
	name, digest, _ := strings.Cut(image, "@")
	_, tag, tagged := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	s.check(tagged && tag != "latest", "Dockerfile: FROM "+image, "a version tag that is not latest", tag)
	s.checkAt(Should, strings.HasPrefix(digest, "sha256:"), "Dockerfile: FROM "+image, "@sha256:", digest)
}

// plainUser is CT-2, as far as reading can tell.
func plainUser(_ context.Context, s *Session) error {
	all, err := s.dockerfile()
	if err != nil {
		return err
	}
	user, started := "", false
	for _, i := range all {
		switch i.name {
		case "FROM":
			user, started = "", false
		case "USER":
			user = i.args
		case "ENTRYPOINT", "CMD":
			started = true
			s.check(strings.HasPrefix(i.args, "["), "Dockerfile", "exec form", i.name+" "+i.args)
		}
	}
	id, _, _ := strings.Cut(user, ":")
	numeric := id != "" && strings.Trim(id, "0123456789") == "" && strings.Trim(id, "0") != ""
	s.check(numeric, "Dockerfile, last stage", "USER with a number that is not 0", "USER "+user)
	s.check(started, "Dockerfile, last stage", "ENTRYPOINT or CMD", "none")
	return nil
}

// buildContext is CT-3, as far as reading can tell.
func buildContext(_ context.Context, s *Session) error {
	all, err := s.dockerfile()
	if err != nil {
		return err
	}
	secret := regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|credential)`)
	for _, i := range all {
		if i.name == "ARG" || i.name == "ENV" {
			name, _, _ := strings.Cut(i.args, "=")
			s.check(!secret.MatchString(name), "Dockerfile", "no secret-looking ARG or ENV", i.name+" "+i.args)
		}
	}
	data, err := os.ReadFile(filepath.Join(s.suite.Dir, ".dockerignore"))
	if err != nil {
		s.broken(Must, ".dockerignore", "it is there", err.Error())
		return nil
	}
	lines := strings.Fields(string(data))
	if slices.Contains(lines, "*") || slices.Contains(lines, "**") {
		return nil // everything is left out but what is named
	}
	s.check(ignores(lines, ".git"), ".dockerignore", "it leaves out .git", strings.Join(lines, " "))
	settings := ignores(lines, ".env*") || ignores(lines, ".env") && ignores(lines, ".env.*")
	s.check(settings, ".dockerignore", "it leaves out .env*", strings.Join(lines, " "))
	tests := slices.ContainsFunc(lines, func(l string) bool {
		return strings.Contains(strings.ToLower(l), "test") || strings.Contains(l, "spec")
	})
	s.check(tests, ".dockerignore", "it leaves out tests", strings.Join(lines, " "))
	return nil
}

// ignores reports whether a list of patterns has one for a name at any depth
// or at the top.
func ignores(lines []string, name string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Trim(strings.TrimPrefix(l, "**/"), "/") == name })
}

// frozenInstalls is CT-5: package managers have to be told to keep to their
// lock file.
func frozenInstalls(_ context.Context, s *Session) error {
	all, err := s.dockerfile()
	if err != nil {
		return err
	}
	var settings []string
	for _, i := range all {
		if i.name == "ENV" || i.name == "ARG" {
			settings = append(settings, i.args)
		}
	}
	for _, i := range all {
		if i.name != "RUN" {
			continue
		}
		for pattern, frozen := range installers() {
			if regexp.MustCompile(pattern).MatchString(i.args) {
				ok := regexp.MustCompile(frozen).MatchString(i.args + " " + strings.Join(settings, " "))
				s.check(ok, "Dockerfile: RUN "+clip(i.args, 200), "a frozen install: "+frozen, "none")
			}
		}
	}
	return nil
}

// installers returns for commands that resolve dependencies what keeps them to
// the lock file.
func installers() map[string]string {
	return map[string]string{
		`\bnpm (install|i)\b`:         `npm ci`,
		`\b(uv sync|uv run)\b`:        `--(locked|frozen)`,
		`\bbundle install\b`:          `BUNDLE_(DEPLOYMENT|FROZEN)=("|')?(1|true)`,
		`\bcomposer (update|require)`: `composer install`,
		`\bcomposer install\b`:        `--no-dev`,
		`\bgo build\b`:                `-mod=readonly|-mod=vendor`,
		`\bpip install\b`:             `--require-hashes`,
		`\bgo (get|install)\b`:        `^$`,
	}
}

// files returns the text files of the repository but those of git and of the
// generator, by their path.
func (s *suite) files() (map[string]string, error) {
	all := map[string]string{}
	err := filepath.WalkDir(s.Dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.Dir, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", ".sill", "node_modules", "vendor", ".venv", "bin", "dist", "target", "data", "tmp"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(name) //nolint:gosec // the repository to try is the user's choice
		if err == nil && utf8.Valid(data) && len(data) < 4<<20 {
			all[filepath.ToSlash(rel)] = string(data)
		}
		return err
	})
	return all, err
}

// cleanFiles is RP-2, but for rendering twice, which is the generator's.
func cleanFiles(_ context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	s.check(files[".gitattributes"] != "", ".gitattributes", "it is there", "it is not")
	config, has := files[".editorconfig"]
	s.check(has, ".editorconfig", "it is there", "it is not")
	rules := parseEditorConfig(config)
	for name, data := range files {
		if fault := unclean(data); fault != "" {
			s.broken(Must, name, "no template tokens, TODO of the generator, CRLF or trailing space", fault)
		}
		if fault := rules.breaks(name, data); fault != "" {
			s.broken(Must, name, ".editorconfig is obeyed", fault)
		}
	}
	return nil
}

// unclean returns a leftover of the generator in a file.
func unclean(data string) string {
	if strings.Contains(data, "\r\n") {
		return "CRLF"
	}
	leftover := regexp.MustCompile(`\{\{-?\s*\.\w+|<no value>|\{\{-?\s*(?:end|if|range|template|include)\b|%!\w\(|TODO\(sill\)|(?m:[ \t]+$)`)
	return clip(leftover.FindString(data), 60)
}

// papers is RP-5, but for running the quick start.
func papers(_ context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	licence, holder := strings.ToLower(files["LICENSE"]), fmt.Sprint(s.suite.record.Answers["author"])
	chosen, _ := s.suite.record.Answers["license"].(string)
	s.check(licence != "", "LICENSE", "it is there", "it is not")
	if word := licenceWord(chosen); word != "" {
		s.check(strings.Contains(licence, word), "LICENSE", "the text of "+chosen, clip(files["LICENSE"], 100))
	}
	if slices.Contains([]string{"MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "proprietary"}, chosen) && holder != "" {
		s.check(strings.Contains(files["LICENSE"], holder), "LICENSE", "the holder "+holder, clip(files["LICENSE"], 100))
	}
	policy := strings.ToLower(files["SECURITY.md"])
	s.check(strings.Contains(policy, "vuln") && strings.Contains(policy, "disclos"), "SECURITY.md", "how vulnerabilities are disclosed", clip(policy, 100))
	s.check(regexp.MustCompile(`\d+\s+(?:\w+\s+)?days|days`).MatchString(policy), "SECURITY.md", "in how many days", clip(policy, 100))
	s.check(files["README.md"] != "", "README.md", "it is there", "it is not")
	return nil
}

// licenceWord returns words that occur in the text of a licence, in lower case.
func licenceWord(id string) string {
	return map[string]string{
		"MIT": "permission is hereby granted, free of charge", "Apache-2.0": "apache license", "BSD-2-Clause": "redistribution and use in source and binary forms",
		"BSD-3-Clause": "neither the name", "ISC": "permission to use, copy, modify", "MPL-2.0": "mozilla public license", "GPL-3.0-or-later": "gnu general public license",
		"GPL-3.0-only": "gnu general public license", "AGPL-3.0-or-later": "affero", "AGPL-3.0-only": "affero", "proprietary": "all rights reserved",
	}[id]
}

// settingNames are the variables of the contract that every service has.
func settingNames() []string {
	return []string{
		"APP_ENV", "CORS_ALLOWED_ORIGINS", "DATABASE_URL", "DATABASE_URL_FILE", "DB_POOL_MAX", "DB_TIMEOUT_MS", "DOCS_ENABLED", "HEADER_TIMEOUT_MS",
		"HOST", "IDLE_TIMEOUT_MS", "LOG_LEVEL", "MAX_BODY_BYTES", "METRICS_PORT", "PORT", "RATE_LIMIT_RPM", "REQUEST_TIMEOUT_MS", "SHUTDOWN_TIMEOUT_MS", "TRUSTED_PROXIES",
	}
}

// noSecrets is RP-6, with the patterns of the commonest keys.
func noSecrets(_ context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	ignored := slices.ContainsFunc(strings.Fields(files[".gitignore"]), func(l string) bool {
		return slices.Contains([]string{".env", "/.env", ".env*", "*.env"}, l)
	})
	s.check(ignored, ".gitignore", ".env is ignored", "it is not")
	if _, err := os.Stat(filepath.Join(s.suite.Dir, ".env.example")); errors.Is(err, fs.ErrNotExist) {
		s.broken(Must, ".env.example", "it is there", "it is not")
		return nil
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^#?\s?([A-Z][A-Z0-9_]+)=`).FindAllStringSubmatch(files[".env.example"], -1) {
		if !strings.HasPrefix(m[1], "OTEL_") && !strings.HasPrefix(m[1], "AUTH_") {
			got = append(got, m[1])
		}
	}
	slices.Sort(got)
	s.check(slices.Equal(got, settingNames()), ".env.example", "exactly "+strings.Join(settingNames(), " "), strings.Join(got, " "))
	key := regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abp]-[A-Za-z0-9-]{10,}`)
	for name, data := range files {
		s.check(!key.MatchString(data), name, "no secret", "a key")
	}
	return nil
}
