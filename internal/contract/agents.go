package contract

import (
	"context"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// agentCommands is RP-7.
func agentCommands(ctx context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	page, has := files["AGENTS.md"]
	if s.check(has, "AGENTS.md", "it is there", "it is not") {
		s.headings(page)
		if err := s.agentPage(ctx, page, files); err != nil {
			return err
		}
	}
	if !s.suite.meets(Module("devcontainer")) {
		s.note("the development container: no module devcontainer")
		return nil
	}
	s.devcontainer(files)
	return nil
}

// headings checks that the page says where things are and how to add one.
func (s *Session) headings(page string) {
	for says, pattern := range map[string]string{
		"the layout": `(?im)^#+ .*\b(layout|structure|directories)\b`, "how to add a resource": `(?im)^#+ .*\badd(ing)?\b.*\bresource`,
	} {
		s.check(regexp.MustCompile(pattern).MatchString(page), "AGENTS.md", "a heading about "+says, "none")
	}
}

// agentPage checks the commands of the page and runs those that end.
func (s *Session) agentPage(ctx context.Context, page string, files map[string]string) error {
	all := pageCommands(page)
	for _, command := range all {
		s.check(s.exists(command, files), "AGENTS.md: "+command, "a command that there is", "none")
	}
	env, err := s.databaseSetting()
	if err != nil {
		return err
	}
	for _, kind := range []string{"setup", "lint", "test", "run", "migrate"} {
		command := s.commandFor(kind, all)
		if !s.check(command != "", "AGENTS.md", "the command to "+kind, "none") || kind == "run" {
			continue // RP-5 starts the service
		}
		var settings []string
		if kind == "migrate" {
			settings = env
		}
		f := s.suite.clone.run(ctx, shellWords(command), settings)
		s.check(f.ok(), "AGENTS.md: "+command, "exit status 0", f.printed())
	}
	return nil
}

// databaseSetting is what a command that uses the database needs in its
// environment. SQLite needs nothing.
func (s *Session) databaseSetting() ([]string, error) {
	if s.suite.databaseName() == "sqlite" {
		return nil, nil
	}
	db, err := s.empty()
	if err != nil {
		return nil, err
	}
	return []string{"DATABASE_URL=" + db.url()}, nil
}

// pageCommands returns the commands of a page: the lines of blocks for a
// shell, and code in the text that begins as commands do.
func pageCommands(page string) []string {
	var all []string
	for _, b := range blocks(page) {
		all = append(all, b.commands()...)
	}
	bare := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(page, "")
	runner := regexp.MustCompile(`^(make|npm|npx|uv|go|bundle|composer|\./mvnw|mvn|bin/\w+|php|python) \S`)
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(bare, -1) {
		if runner.MatchString(m[1]) {
			all = append(all, m[1])
		}
	}
	return all
}

// commandFor returns the first command of a kind: the one of the record, or
// one that is called like it.
func (s *Session) commandFor(kind string, all []string) string {
	called := map[string]string{
		"setup": `\b(setup|install|ci|sync|download)$|\b(sync|install) -`, "test": `\b(tests?|pytest|verify)\b`, "lint": `\b(lint|check)\b`,
		"run": `\b(run|start|dev|serve|server|runserver)$`, "migrate": `\bmigrate\b`,
	}
	record := strings.Join(s.suite.record.Commands[kind], " ")
	if slices.Contains(all, record) {
		return record
	}
	named := regexp.MustCompile(called[kind])
	if i := slices.IndexFunc(all, named.MatchString); i >= 0 {
		return all[i]
	}
	return ""
}

// exists reports whether a command can be run as it is written: there is the
// program, and the targets of make or the script of npm.
func (s *Session) exists(command string, files map[string]string) bool {
	argv := strings.Fields(command)
	for len(argv) > 1 && regexp.MustCompile(`^\w+=`).MatchString(argv[0]) {
		argv = argv[1:]
	}
	switch program := argv[0]; {
	case program == "make":
		return !slices.ContainsFunc(argv[1:], func(target string) bool { return !makeTarget(files["Makefile"], target) })
	case program == "npm" && len(argv) > 2 && argv[1] == "run":
		var p struct {
			Scripts map[string]string `json:"scripts"`
		}
		err := json.Unmarshal([]byte(files["package.json"]), &p)
		return err == nil && p.Scripts[argv[2]] != ""
	case strings.Contains(program, "/"):
		name := filepath.ToSlash(filepath.Clean(program))
		_, has := files[name]
		return has || s.built(name)
	default:
		return s.suite.program(program) != ""
	}
}

// built reports whether commands of the record make or use a program.
func (s *Session) built(name string) bool {
	for _, argv := range s.suite.record.Commands {
		if slices.Contains(argv, name) {
			return true
		}
	}
	return false
}

// makeTarget reports whether a Makefile has a target; flags and variables are
// taken as they are.
func makeTarget(makefile, target string) bool {
	return strings.HasPrefix(target, "-") || strings.Contains(target, "=") ||
		regexp.MustCompile(`(?m)^([^\s#:=]+\s+)*`+regexp.QuoteMeta(target)+`(\s+[^\s#:=]+)*\s*::?([^=]|$)`).MatchString(makefile)
}

// shellWords returns what runs a line of a page.
func shellWords(command string) []string {
	if strings.ContainsAny(command, "'\"$&|;<>*?(){}[]\\~=") {
		return []string{"sh", "-e", "-c", command}
	}
	return strings.Fields(command)
}

// devcontainer checks the development container.
func (s *Session) devcontainer(files map[string]string) {
	name := ".devcontainer/devcontainer.json"
	plain := regexp.MustCompile(`(?m)^\s*//.*$`).ReplaceAllString(files[name], "")
	var c struct {
		Image   string `json:"image"`
		Compose any    `json:"dockerComposeFile"`
		Build   any    `json:"build"`
	}
	if err := json.Unmarshal([]byte(plain), &c); err != nil {
		s.broken(Must, name, "JSON", err.Error())
		return
	}
	var parts strings.Builder
	for _, one := range append(words(c.Compose), scalar(at(c.Build, "dockerfile"))) {
		if one != "" {
			parts.WriteString(files[filepath.ToSlash(filepath.Join(".devcontainer", one))] + "\n")
		}
	}
	all := parts.String()
	images := regexp.MustCompile(`(?m)^\s*(?:image:|FROM)\s+"?(\S+?)"?(?:\s.*)?$`).FindAllStringSubmatch(all, -1)
	if c.Image != "" {
		images = append(images, []string{"", c.Image})
	}
	s.check(len(images) > 0, name, "an image", "none")
	for _, m := range images {
		pinned := regexp.MustCompile(`:[\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$|@sha256:[0-9a-f]{64}$`)
		s.check(pinned.MatchString(m[1]), name, "an image with a version", m[1])
	}
	database := regexp.MustCompile(`(?m)^\s*image:\s*"?\S*(postgres|mysql|mariadb|mongo)`)
	s.check(s.suite.databaseName() == "sqlite" || database.MatchString(all), name, "a service for the database", "none")
}
