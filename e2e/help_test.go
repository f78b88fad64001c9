package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// commands returns the words of every command that help names, below and with
// the program itself.
func commands(t *testing.T, w *world) [][]string {
	t.Helper()
	all := [][]string{{}}
	list := regexp.MustCompile(`(?m)^  ([a-z]+) +\S`)
	_, text, found := strings.Cut(w.good([]string{"--help"}).Out, "Available Commands:\n")
	if !found {
		t.Fatal("help lists no commands")
	}
	text, _, _ = strings.Cut(text, "\n\n")
	for _, m := range list.FindAllStringSubmatch(text, -1) {
		all = append(all, []string{m[1]})
	}
	if len(all) < 7 {
		t.Fatalf("only %v", all)
	}
	return all
}

// TestHelp demands of every command a description, examples, exit codes, a text
// for every flag, and lines that fit 80 columns.
func TestHelp(t *testing.T) {
	w := newWorld(t)
	for _, words := range commands(t, w) {
		t.Run("sill "+strings.Join(words, " "), func(t *testing.T) {
			text := w.good(append(words, "--help")).Out
			long, _, _ := strings.Cut(text, "\nUsage:\n")
			if len(strings.Fields(long)) < 5 {
				t.Errorf("no description: %q", long)
			}
			for _, part := range []string{"\nExamples:\n  sill ", "\nExit codes:\n  0    done", "\n  130  interrupted"} {
				if !strings.Contains(text, part) && !strings.Contains(text, "\nExamples:\n  source <(sill") {
					t.Errorf("%q is missing:\n%s", part, text)
				}
			}
			for line := range strings.Lines(text) {
				line = strings.TrimRight(line, "\n")
				if n := len([]rune(line)); n > 80 && !strings.HasPrefix(line, "  sill new") {
					t.Errorf("%d columns: %q", n, line)
				}
				if strings.HasSuffix(line, " ") {
					t.Errorf("blanks at the end: %q", line)
				}
			}
			flags := regexp.MustCompile(`(?m)^ +(?:-[a-zA-Z], )?--[a-z-]+.*$`)
			undocumented := regexp.MustCompile(`^ +(?:-[a-zA-Z], )?--[a-z-]+(?: [A-Z=]+)?\s*$`)
			for _, flag := range flags.FindAllString(text, -1) {
				if undocumented.MatchString(flag) {
					t.Errorf("nothing is said of %q", flag)
				}
			}
		})
	}
}

// inside are the commands whose examples are for a repository that is there.
func inside(words []string) bool {
	return len(words) > 0 && slices.Contains([]string{"add", "remove", "set", "update", "status", "diff", "abort", "resolve", "release"}, words[0])
}

// TestExamplesInside runs every example of the help of the commands that change
// a repository, each in a fresh one.
func TestExamplesInside(t *testing.T) {
	need(t, "bash")
	need(t, "git")
	model := newWorld(t)
	for _, words := range commands(t, model) {
		if !inside(words) {
			continue
		}
		for _, line := range examples(t, model, words) {
			t.Run(line, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				must(t, os.CopyFS(filepath.Join(w.Dir, "our-blueprint"), os.DirFS(filepath.Join("..", "blueprints", "go"))))
				args := []string{"new", "orders", "--yes", "--resource", "order total:integer"}
				if !strings.Contains(line, "add resource") {
					args = append(args, "--resource", "payment order:references amount:integer note:text paid_at:datetime:index")
				}
				w.good(args)
				w.Dir = filepath.Join(w.Dir, "orders")
				put(t, filepath.Join(w.Dir, "resources.yaml"), "- {name: visit, fields: [{name: at, type: datetime}]}\n")
				switch {
				case words[0] == "abort":
					w.good([]string{"remove", "docker"})
				case strings.Contains(line, "resolve --ours"):
					clash(w)
				}
				cmd := exec.Command("bash", "-c", line)
				cmd.Dir, cmd.Env = w.Dir, w.env()
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

// clash lets two branches meet that disagree about a licence and a field.
func clash(w *world) {
	w.t.Helper()
	w.git(".", "checkout", "-q", "-b", "theirs")
	w.good([]string{"set", "license=Apache-2.0", "--commit"})
	w.good([]string{"remove", "field", "payment.note", "--migration", "drop", "--commit"})
	w.good([]string{"add", "field", "payment", "note:string", "--commit"})
	w.git(".", "checkout", "-q", "main")
	w.good([]string{"set", "license=ISC", "--commit"})
	w.good([]string{"remove", "field", "payment.note", "--migration", "drop", "--commit"})
	cmd := exec.Command("git", "merge", "--quiet", "theirs")
	cmd.Dir, cmd.Env = w.Dir, w.env()
	if r := w.run(cmd); r.Code != 1 {
		w.t.Fatalf("git merge: exit code %d: %s%s", r.Code, r.Out, r.Err)
	}
	w.good([]string{"resolve"}, 3)
}

// examples returns the lines of a command's examples.
func examples(t *testing.T, w *world, words []string) []string {
	t.Helper()
	_, text, found := strings.Cut(w.good(append(words, "--help")).Out, "Examples:\n")
	if !found {
		return nil
	}
	text, _, _ = strings.Cut(text, "\n\n")
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "sill ") {
			all = append(all, line)
		}
	}
	return all
}

// TestExamples runs every example of the help of sill new, show, list and
// apply that needs no network. Those of sill verify, which build and try
// services, have a test of their own.
func TestExamples(t *testing.T) {
	need(t, "bash")
	w := newWorld(t)
	write(t, w.Dir, "-- my-blueprint/blueprint.yaml --\nname: mine\nversion: 0.1.0\ndescription: mine\nengine: 1\n-- my-blueprint/files/README.md.tmpl --\nhello\n")
	for _, words := range commands(t, w) {
		if inside(words) || slices.Contains(words, "verify") {
			continue
		}
		for _, line := range examples(t, w, words) {
			if strings.Contains(line, "git clone") || slices.Contains(words, "completion") {
				continue
			}
			cmd := exec.Command("bash", "-c", line)
			cmd.Dir, cmd.Env = w.Dir, w.env()
			if words[len(words)-min(1, len(words)):] != nil && !strings.Contains(line, "apply") && !strings.Contains(line, "-n --json") {
				must(t, exec.Command("rm", "-rf", filepath.Join(w.Dir, "orders")).Run())
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
}

// TestCompletionBash loads the script in bash and completes with it.
func TestCompletionBash(t *testing.T) {
	need(t, "bash")
	w := newWorld(t)
	const script = `
# What the package bash-completion gives.
_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="${COMP_WORDS[COMP_CWORD]}"; prev="${COMP_WORDS[COMP_CWORD-1]}"; }
__ltrim_colon_completions() { :; }
compopt() { :; }
source <(sill completion bash)
complete -p sill >/dev/null || exit 3
finish() {
	COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
	COMPREPLY=()
	__start_sill
	echo "${COMPREPLY[*]}"
}
finish sill new --database ''
finish sill new --license pro
finish sill new --with doc
finish sill new --blueprint ''
finish sill sh
`
	cmd := exec.Command("bash", "--norc", "--noprofile", "-c", script)
	cmd.Dir, cmd.Env = w.Dir, w.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(string(out), "\n")
	for i, want := range []string{"sqlite", "proprietary", "docker", "express go", "show"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("completion %d is %q, want %q", i, lines[i], want)
		}
	}
}

// TestCompletionZsh loads the script in zsh.
func TestCompletionZsh(t *testing.T) {
	need(t, "zsh")
	w := newWorld(t)
	const script = `
autoload -Uz compinit && compinit -u -d "$HOME/.zcompdump" || exit 3
source <(sill completion zsh) || exit 4
(( $+functions[_sill] )) || exit 5
[[ ${_comps[sill]} == _sill ]] || exit 6
`
	cmd := exec.Command("zsh", "-f", "-c", script)
	cmd.Dir, cmd.Env = w.Dir, w.env()
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
}
