//go:build unix

package e2e

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// The keys that are no letter.
const (
	enter = "\r"
	down  = "\x1b[B"
	ctrlC = "\x03"
)

// patience is how long a test waits for a text that does not come.
const patience = 10 * time.Second

// screen is sill on a terminal: what it has drawn, and a person at the keys.
type screen struct {
	t       *testing.T
	tty     *os.File
	cmd     *exec.Cmd
	mu      sync.Mutex
	text    bytes.Buffer
	more    chan struct{} // something was drawn; closed at the end
	seen    int           // what was waited for lies before
	located int           // answers to the question where the cursor is
}

// whereIsTheCursor is a question to the terminal, and here an answer to it.
const (
	whereIsTheCursor = "\x1b[6n"
	here             = "\x1b[1;1R"
)

// escapes are the sequences that move the cursor and colour the text.
var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// terminal starts sill on a terminal of a number of columns.
func terminal(w *world, columns uint16, args ...string) *screen {
	w.t.Helper()
	cmd := w.command(args...)
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: columns})
	must(w.t, err)
	s := &screen{t: w.t, tty: tty, cmd: cmd, more: make(chan struct{}, 1)}
	w.t.Cleanup(func() { _ = tty.Close() })
	go s.read()
	return s
}

// read collects what is drawn.
func (s *screen) read() {
	buf := make([]byte, 4096)
	for {
		n, err := s.tty.Read(buf)
		s.mu.Lock()
		s.text.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			close(s.more)
			return
		}
		select {
		case s.more <- struct{}{}:
		default:
		}
	}
}

// plain returns what was drawn since the last text that was waited for, without
// colours and movements.
func (s *screen) plain() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := escapes.ReplaceAllString(s.text.String(), "")
	return text[min(s.seen, len(text)):]
}

// raw returns everything that was drawn.
func (s *screen) raw() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait waits until something holds of what is drawn.
func (s *screen) wait(what string, holds func() bool) {
	s.t.Helper()
	deadline := time.After(patience)
	for !holds() {
		select {
		case _, open := <-s.more:
			if !open && !holds() {
				s.t.Fatalf("%s did not come, and sill has ended:\n%s", what, s.plain())
			}
		case <-deadline:
			s.t.Fatalf("%s did not come:\n%s", what, s.plain())
		}
	}
}

// expect waits until a text is drawn.
func (s *screen) expect(text string) {
	s.t.Helper()
	s.wait(text, func() bool { return strings.Contains(s.plain(), text) })
	s.seen += strings.Index(s.plain(), text) + len(text)
}

// press sends keys.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		_, err := io.WriteString(s.tty, k)
		must(s.t, err)
	}
}

// choose waits for a list to choose from and presses keys.
func (s *screen) choose(question string, keys ...string) {
	s.t.Helper()
	s.expect(question)
	s.press(keys...)
}

// answer waits for a question with a line to type, and types. Before it reads a
// line, the program asks the terminal twice where the cursor is; it takes keys
// that come before the answer, and drops those that come with it.
func (s *screen) answer(question string, keys ...string) {
	s.t.Helper()
	s.expect(question)
	s.locate(strings.Join(keys, ""))
	s.locate("")
}

func (s *screen) locate(keys string) {
	s.t.Helper()
	s.wait("the question where the cursor is", func() bool {
		return strings.Count(s.raw(), whereIsTheCursor) > s.located
	})
	s.located++
	s.press(keys + here)
}

// ends waits for the end and demands an exit code.
func (s *screen) ends(code int) {
	s.t.Helper()
	done := make(chan struct{})
	go func() {
		_ = s.cmd.Wait() // the exit code is compared
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		s.t.Fatalf("it did not end:\n%s", s.plain())
	}
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("exit code %d, want %d:\n%s", got, code, s.plain())
	}
}

// TestPromptDefaults takes every default with Enter: the same tree as --yes.
func TestPromptDefaults(t *testing.T) {
	w := newWorld(t)
	s := terminal(w, 80, "new", "shop", "-b", tiny(t))
	s.choose("Licence", enter)
	s.answer("Is the API public", enter)
	s.choose("Tags", enter)
	s.answer("A resource", enter)
	s.choose("Modules", enter)
	s.expect("Next")
	s.ends(0)
	asked := w.tree("shop")
	must(t, os.RemoveAll(filepath.Join(w.Dir, "shop")))
	w.good([]string{"new", "shop", "-b", tiny(t), "--yes"})
	if diff := diffTrees(w.tree("shop"), asked); diff != "" {
		t.Errorf("defaults and --yes differ:\n%s", diff)
	}
}

// TestPromptAnswers gives every kind of answer: a text after two that are
// refused, a choice with the arrow keys, a yes, several of many, resources.
func TestPromptAnswers(t *testing.T) {
	w := newWorld(t)
	s := terminal(w, 80, "new", "-b", tiny(t))
	s.answer("Name of the service", "cart", enter)
	s.choose("Licence", "?")
	s.expect("An SPDX identifier.")
	s.press(down, down, enter)
	s.expect("proprietary")
	s.answer("Is the API public", "y", enter)
	s.choose("Tags", down, " ", enter)
	s.answer("Requests in a second", "many", enter)
	s.answer("(a number)", "25", enter)
	s.answer("A resource", "?", enter)
	s.answer("The name in the singular", "order total:money", enter)
	s.answer(`"money" is unknown`, "order total:integer:required", enter)
	s.answer("Another resource", enter)
	s.choose("Modules", down, down, " ", enter)
	s.choose("How much more", down, enter)
	s.expect("Next")
	s.ends(0)
	repeated := w.tree("cart")
	must(t, os.RemoveAll(filepath.Join(w.Dir, "cart")))
	w.good([]string{
		"new", "cart", "-b", tiny(t), "--license", "proprietary", "--public-api", "--tags", "green,red", "--rate", "25",
		"--resource", "order total:integer:required", "--with", "more", "--set", "more.level=high",
	})
	if diff := diffTrees(w.tree("cart"), repeated); diff != "" {
		t.Errorf("answers and flags differ:\n%s", diff)
	}
}

// TestPromptModules chooses among the modules that come with sill: docker and
// github are chosen at first, and Enter alone takes them.
func TestPromptModules(t *testing.T) {
	for name, c := range map[string]struct {
		database string
		keys     []string
		same     []string // the flags that say the same
	}{
		"as it is":               {"sqlite", []string{enter}, []string{"--with", "docker,github"}},
		"one more, one less":     {"sqlite", []string{down, " ", down, " ", enter}, []string{"--with", "devcontainer", "--without", "docker"}},
		"none of those at first": {"sqlite", []string{down, down, " ", down, " ", enter}, []string{"--without", "docker,github"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			args := []string{"new", "shop", "--module", "example.com/shop", "--description", "A shop.", "--database", c.database, "--license", "MIT", "--no-resource"}
			s := terminal(w, 120, args...)
			s.choose("Modules", c.keys...)
			s.expect("Next")
			s.ends(0)
			asked := w.tree("shop")
			must(t, os.RemoveAll(filepath.Join(w.Dir, "shop")))
			w.good(append(args, c.same...))
			if diff := diffTrees(w.tree("shop"), asked); diff != "" {
				t.Errorf("answers and flags differ:\n%s", diff)
			}
		})
	}
}

// TestPromptModulesThatGo does not offer what does not go with an answer.
func TestPromptModulesThatGo(t *testing.T) {
	w := newWorld(t)
	put(t, filepath.Join(w.Dir, "own", "blueprint.yaml"), `name: own
version: 1.0.0
description: modules and an answer
engine: 1
questions:
  - {key: name, type: text, prompt: Name, default: '{{ .user.dir }}'}
  - {key: database, type: choice, prompt: Database, default: a, choices: [a, b]}
`)
	put(t, filepath.Join(w.Dir, "own", "files", "README.md"), "Own.\n")
	for module, manifest := range map[string]string{"first": "summary: one\nconflicts: [database=b]\n", "second": "summary: two\n"} {
		put(t, filepath.Join(w.Dir, "own", "modules", module, "module.yaml"), manifest)
		put(t, filepath.Join(w.Dir, "own", "modules", module, "files", module+".txt"), module+"\n")
	}
	s := terminal(w, 80, "new", "shop", "-b", "./own", "--database", "b", "--no-resource")
	s.choose("Modules", " ", enter)
	s.expect("The same again")
	s.ends(0)
	made := w.tree("shop")
	if _, first := made["first.txt"]; first {
		t.Error("the module that does not go is there")
	}
	if _, second := made["second.txt"]; !second {
		t.Error("the module that goes is not there")
	}
}

// TestPromptFlagsSilence asks only what no flag answers, and nothing with
// --yes or --json.
func TestPromptFlagsSilence(t *testing.T) {
	w := newWorld(t)
	s := terminal(w, 80, "new", "shop", "-b", tiny(t), "--license", "MIT", "--public-api=false", "--no-resource", "--with", "more")
	s.choose("Tags", enter)
	s.choose("How much more", enter)
	s.expect("Next")
	s.ends(0)
	for _, asked := range []string{"? Licence", "? Is the API", "? A resource", "? Modules", "? Name"} {
		if strings.Contains(escapes.ReplaceAllString(s.raw(), ""), asked) {
			t.Errorf("it asked %q", asked)
		}
	}
	for _, flag := range []string{"--yes", "--json"} {
		s := terminal(w, 80, "new", "quiet"+flag, "-b", tiny(t), flag)
		s.ends(0)
		if strings.Contains(s.raw(), "? ") {
			t.Errorf("with %s it asked:\n%s", flag, s.raw())
		}
	}
}

// TestPromptInterrupt presses Ctrl-C at every question: nothing is left, and
// the exit code is 130.
func TestPromptInterrupt(t *testing.T) {
	questions := []string{"Licence", "Is the API public", "Tags", "A resource", "Modules"}
	for i := range questions {
		t.Run(questions[i], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := terminal(w, 80, "new", "shop", "-b", tiny(t))
			for j, q := range questions[:i+1] {
				key := enter
				if j == i {
					key = ctrlC
				}
				if q == "Is the API public" || q == "A resource" {
					s.answer(q, key)
				} else {
					s.choose(q, key)
				}
			}
			s.expect("interrupted; nothing was written")
			s.ends(130)
			if left := w.tree("."); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			if strings.HasSuffix(s.raw(), "\x1b[?25l") {
				t.Error("the cursor is hidden")
			}
		})
	}
}

// TestPromptTerminated ends sill from elsewhere while it asks: it does not wait
// for a key, nothing is left, and the cursor is shown.
func TestPromptTerminated(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		w := newWorld(t)
		s := terminal(w, 80, "new", "shop", "-b", tiny(t))
		s.expect("Licence")
		must(t, s.cmd.Process.Signal(signal))
		s.expect("interrupted; nothing was written")
		s.ends(130)
		if left := w.tree("."); len(left) > 0 || !strings.Contains(s.raw(), "\x1b[?25h") {
			t.Errorf("left: %v, drawn: %q", left, s.raw())
		}
	}
}

// TestPromptTrust asks before a setup command runs, and shows it.
func TestPromptTrust(t *testing.T) {
	setup := filepath.Join(filepath.Dir(tiny(t)), "setup")
	for key, want := range map[string]bool{"y": true, "n": false} {
		w := newWorld(t)
		s := terminal(w, 80, "new", "shop", "-b", setup, "--no-resource")
		s.answer("Approve?", key, enter)
		s.ends(0)
		if !strings.Contains(s.raw(), "touch 'made by setup'") {
			t.Errorf("it does not show the command:\n%s", s.raw())
		}
		_, made := w.tree("shop")["made by setup"]
		if made != want {
			t.Errorf("after %q the command ran: %v", key, made)
		}
	}
}

// TestPromptColour draws in colour on a terminal, and in none with NO_COLOR.
func TestPromptColour(t *testing.T) {
	colour := regexp.MustCompile("\x1b\\[[0-9;]+m")
	for _, c := range []struct {
		env  []string
		want bool
	}{{[]string{"NO_COLOR="}, true}, {[]string{"NO_COLOR=1"}, false}, {[]string{"NO_COLOR=", "CLICOLOR=0"}, false}} {
		w := newWorld(t)
		w.Env = c.env
		s := terminal(w, 80, "new", "shop", "-b", tiny(t), "--license", "MIT", "--public-api", "--no-resource", "--with", "more")
		s.choose("Tags", enter)
		s.answer("Requests", enter)
		s.choose("How much more", enter)
		s.expect("Next")
		s.ends(0)
		if got := colour.MatchString(s.raw()); got != c.want {
			t.Errorf("with %v there is colour: %v\n%q", c.env, got, s.raw())
		}
	}
}

// TestPromptNarrow runs on a terminal of 30 columns: no line of the result is
// longer, but for words that are.
func TestPromptNarrow(t *testing.T) {
	w := newWorld(t)
	s := terminal(w, 30, "new", "shop", "-b", tiny(t), "--yes")
	s.ends(0)
	for line := range strings.Lines(escapes.ReplaceAllString(s.raw(), "")) {
		line = strings.TrimRight(line, "\r\n")
		if len([]rune(line)) > 30 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("too long: %q", line)
		}
	}
}
