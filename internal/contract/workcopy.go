package contract

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// workcopy is a fresh clone of the repository, as far as files go: what it does
// to itself stays in it. Every command is run once and its result shared.
type workcopy struct {
	suite *suite
	mu    sync.Mutex
	dir   string
	ran   map[string]*finished
}

// finished is a command that was run to its end, or could not be.
type finished struct {
	command string
	status  int
	out     string
	err     error
	changed []string // the files that are not as they were before it
}

// ok reports whether a command succeeded.
func (f *finished) ok() bool { return f.err == nil && f.status == 0 }

// printed returns how the command ended, for a report.
func (f *finished) printed() string {
	if f.err != nil {
		return f.err.Error()
	}
	tail := f.out
	if len(tail) > 500 {
		tail = "…" + strings.ToValidUTF8(tail[len(tail)-500:], "")
	}
	return fmt.Sprintf("status %d\n%s", f.status, tail)
}

// commandLimit is the longest that a command of a repository may take: it may
// build everything for the first time.
const commandLimit = 10 * time.Minute

// record runs a command of the record.
func (w *workcopy) record(ctx context.Context, name string, env []string) *finished {
	argv := w.suite.record.Commands[name]
	if len(argv) == 0 {
		return &finished{command: name, err: fmt.Errorf("the record has no command %q", name)}
	}
	return w.run(ctx, argv, env)
}

// run runs a command in the copy, in the suite's environment and env.
func (w *workcopy) run(ctx context.Context, argv, env []string) *finished {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := strings.Join(slices.Concat(argv, []string{"\x00"}, env), "\x00")
	if f, has := w.ran[key]; has {
		return f
	}
	f := &finished{command: strings.Join(argv, " ")}
	if f.err = w.make(); f.err == nil {
		before, err := digests(w.dir)
		if err != nil {
			f.err = err
			return f
		}
		w.execute(ctx, f, argv, env)
		after, err := digests(w.dir)
		if err != nil {
			f.err = err
		}
		f.changed = differing(before, after)
	}
	w.ran[key] = f
	return f
}

func (w *workcopy) execute(ctx context.Context, f *finished, argv, env []string) {
	p, err := spawn(w.dir, argv, w.suite.plain(env))
	if err != nil {
		f.err = err
		return
	}
	defer p.kill()
	if !p.ended(ctx, commandLimit) {
		f.err = fmt.Errorf("%s does not end\n%s", f.command, p.printed())
		return
	}
	f.status, f.out = p.status(), p.out.String()+p.err.String()
}

// plain is the environment of a newcomer: what commands need to run at all, no
// setting of a service, and then env.
func (s *suite) plain(env []string) []string {
	return environment(slices.Concat(s.Env, settingNames(), env))
}

// make copies the repository, the first time.
func (w *workcopy) make() error {
	if w.dir != "" {
		return nil
	}
	dir := filepath.Join(w.suite.Scratch, "copy-"+random(6))
	if err := w.suite.copyTo(dir); err != nil {
		return err
	}
	w.dir, w.ran = dir, map[string]*finished{}
	return nil
}

// copyTo makes a fresh clone of the repository, without history.
func (s *suite) copyTo(dir string) error {
	return s.walk(func(rel, name string, info os.FileInfo) error {
		data, err := os.ReadFile(name) //nolint:gosec // the repository to try is the user's choice
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(rel))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return os.WriteFile(to, data, info.Mode().Perm()) //nolint:gosec // the path comes from a walk
	})
}

// digests returns a digest of every file that is not ignored.
func digests(dir string) (map[string][sha256.Size]byte, error) {
	all := map[string][sha256.Size]byte{}
	err := (&suite{Options: Options{Dir: dir}}).walk(func(rel, name string, _ os.FileInfo) error {
		data, err := os.ReadFile(name) //nolint:gosec // a file of the copy
		all[rel] = sha256.Sum256(data)
		return err
	})
	return all, err
}

func differing[V comparable](a, b map[string]V) []string {
	var names []string
	for name, was := range a {
		if is, has := b[name]; !has || is != was {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, has := a[name]; !has {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// warning returns a line that warns, of what a command printed.
func warning(out string) string {
	for line := range strings.Lines(out) {
		plain := regexp.MustCompile(`(?i)\b(0|no) (warnings?|deprecations?)\b|\b(warnings?|deprecations?): 0\b`).ReplaceAllString(line, "")
		if regexp.MustCompile(`(?i)\b(warn(ing)?s?|deprecat\w+)\b`).MatchString(plain) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// checkedCommands is RP-1. A type check is a part of lint or build.
func checkedCommands(ctx context.Context, s *Session) error {
	for _, name := range []string{"setup", "format", "lint", "test", "build"} {
		f := s.suite.clone.record(ctx, name, nil)
		request := "a fresh copy: " + name + " (" + f.command + ")"
		if !s.check(f.ok(), request, "exit status 0", f.printed()) {
			if name == "setup" {
				return nil // nothing else can work
			}
			continue
		}
		s.check(warning(f.out) == "", request, "no warnings", warning(f.out))
		s.check(len(f.changed) == 0, request, "no file is changed", strings.Join(f.changed, " "))
	}
	return nil
}
