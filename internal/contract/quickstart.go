package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// block is a fenced block of a Markdown file.
type block struct {
	heading string // the nearest one above
	lang    string
	lines   []string
}

// blocks returns the fenced blocks of a Markdown file.
func blocks(markdown string) []block {
	var all []block
	heading, fence := "", ""
	for line := range strings.SplitSeq(markdown, "\n") {
		bare := strings.TrimSpace(line)
		switch {
		case fence != "" && strings.HasPrefix(bare, fence):
			fence = ""
		case fence != "":
			all[len(all)-1].lines = append(all[len(all)-1].lines, line)
		case strings.HasPrefix(bare, "```") || strings.HasPrefix(bare, "~~~"):
			fence = bare[:3]
			lang, _, _ := strings.Cut(strings.TrimLeft(bare, "`~"), " ")
			all = append(all, block{heading: heading, lang: strings.ToLower(lang)})
		case strings.HasPrefix(bare, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(bare, "#"))
		}
	}
	return all
}

// commands returns the commands of a block for a shell, prompts taken off; of
// a transcript only lines with a prompt are commands.
func (b block) commands() []string {
	if !slices.Contains([]string{"", "sh", "bash", "shell", "zsh", "console", "shell-session"}, b.lang) {
		return nil
	}
	transcript := slices.ContainsFunc(b.lines, func(l string) bool { return strings.HasPrefix(l, "$ ") })
	var all []string
	for _, line := range b.lines {
		command, prompted := strings.CutPrefix(line, "$ ")
		command = strings.TrimSpace(command)
		if command != "" && !strings.HasPrefix(command, "#") && prompted == transcript {
			all = append(all, command)
		}
	}
	return all
}

// quickCommands returns the first commands under a heading about starting.
func quickCommands(readme string) []string {
	about := regexp.MustCompile(`(?i)\b(quick ?start|getting started|run|running)\b`)
	for _, b := range blocks(readme) {
		if commands := b.commands(); about.MatchString(b.heading) && len(commands) > 0 {
			return commands
		}
	}
	return nil
}

// quickStart is the part of RP-5 that follows the README: the service answers.
func (s *Session) quickStart(ctx context.Context, readme string) error {
	var commands []string
	server := false
	for _, one := range quickCommands(readme) {
		if regexp.MustCompile(`\b(docker|podman|db-up)\b`).MatchString(one) {
			s.note("quick start without `%s`: that starts a container", one)
			server = true
			continue
		}
		commands = append(commands, one)
	}
	if !s.check(len(commands) > 0, "README.md", "the commands of a quick start", "none") {
		return nil
	}
	dir := filepath.Join(s.suite.Scratch, "quick-"+random(6))
	if err := s.suite.copyTo(dir); err != nil {
		return err
	}
	port := s.suite.freePort()
	env := []string{"PORT=" + strconv.Itoa(port), "METRICS_PORT=" + strconv.Itoa(s.suite.freePort())}
	if server || s.suite.databaseName() != "sqlite" {
		db, err := s.empty()
		if err != nil {
			return err
		}
		env = append(env, "DATABASE_URL="+db.url())
	}
	script := strings.Join(commands, "\n")
	p, err := spawn(dir, []string{"sh", "-e", "-c", script}, s.suite.plain(env))
	if err != nil {
		return err
	}
	s.later(p.kill)
	return s.answers(ctx, p, port, script)
}

// answers waits for the service of a quick start, and stops it.
func (s *Session) answers(ctx context.Context, p *process, port int, script string) error {
	c := newClient(port, &seen{}, s.suite.Now)
	limit, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	for {
		r := c.do(limit, http.MethodGet, "/readyz", nil)
		if r.err == nil && r.status == http.StatusOK {
			break
		}
		if !p.running() || limit.Err() != nil {
			s.broken(Must, "README.md: "+script, "/readyz 200", r.summary()+"\n"+p.printed())
			return nil
		}
		pause(limit, 100*time.Millisecond)
	}
	if err := signalGroup(p.pid(), syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the quick start: %w", err)
	}
	s.check(p.ended(ctx, 30*time.Second), "README.md: "+script+", then SIGTERM", "it stops", p.printed())
	return nil
}
