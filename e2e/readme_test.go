package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```\n")
	// What differs from run to run: hashes of commits and of files, and numbers
	// of migrations.
	passing = regexp.MustCompile(`\b[0-9a-f]{7}(\b|,)|\b2\d{13}_`)
)

// TestReadme runs what README.md shows on a console, one block after the other,
// and demands that it says what stands there. With -update it writes down what
// it says.
func TestReadme(t *testing.T) {
	need(t, "bash")
	need(t, "git")
	name := filepath.Join("..", "README.md")
	text, err := os.ReadFile(name)
	must(t, err)
	w := newWorld(t)
	must(t, os.CopyFS(filepath.Join(w.Home, "groundsill", "blueprints"), os.DirFS(filepath.Join("..", "blueprints"))))
	blocks := 0
	now := consoleBlock.ReplaceAllFunc(text, func(block []byte) []byte {
		blocks++
		return []byte("```console\n" + w.console(consoleBlock.FindSubmatch(block)[1]) + "```\n")
	})
	if blocks < 4 {
		t.Fatalf("only %d blocks", blocks)
	}
	if *update {
		must(t, os.WriteFile(name, now, 0o600))
		return
	}
	if diff := cmp.Diff(fixed(text), fixed(now)); diff != "" {
		t.Errorf("README.md is not what happens (make golden writes it anew):\n%s", diff)
	}
}

func fixed(text []byte) string { return passing.ReplaceAllString(string(text), "N") }

// console runs the commands of a block in one shell after the other, in the
// directory where the last one ended, and returns them with what they print.
func (w *world) console(block []byte) string {
	w.t.Helper()
	var out strings.Builder
	var said []byte
	for line := range bytes.Lines(block) {
		command, ok := bytes.CutPrefix(line, []byte("$ "))
		if !ok {
			continue
		}
		cmd := exec.Command("bash", "-c", string(command)+"\ncode=$?\npwd >\"$HOME/pwd\"\nexit $code")
		cmd.Dir, cmd.Env = w.Dir, append(w.env(), "SOURCE_DATE_EPOCH=1772600000", "GIT_PAGER=cat")
		if len(said) > 0 {
			out.WriteByte('\n')
		}
		out.Write(line)
		var err error
		said, err = cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); err != nil && code != 3 {
			w.t.Fatalf("%s: %v\n%s", command, err, said)
		}
		dir, err := os.ReadFile(filepath.Join(w.Home, "pwd"))
		must(w.t, err)
		w.Dir = strings.TrimSpace(string(dir))
		out.Write(said)
	}
	return out.String()
}
