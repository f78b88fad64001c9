package blueprint

import (
	"strings"
	"testing"
)

func TestChanges(t *testing.T) {
	const log = `# Changelog

## [Unreleased]

- Not yet.

## [0.10.0] - 2026-03-01

- Ten.

### Fixed

- A thing.

## v0.9.0 (2026-02-01)

- Nine.

## 0.9.0-rc.1

- Nearly nine.

## 0.2.0
- Two.

## About this file

- Nothing.
`
	ten, nine, nearly := "## [0.10.0] - 2026-03-01\n\n- Ten.\n\n### Fixed\n\n- A thing.", "## v0.9.0 (2026-02-01)\n\n- Nine.", "## 0.9.0-rc.1\n\n- Nearly nine."
	for _, c := range []struct {
		name, version, from, want string
	}{
		{"all", "0.10.0", "0.1.0", ten + "\n\n" + nine + "\n\n" + nearly + "\n\n## 0.2.0\n- Two."},
		{"after one", "0.10.0", "0.9.0-rc.1", ten + "\n\n" + nine},
		{"the last", "0.10.0", "0.9.0", ten},
		{"not newer than the blueprint", "0.9.0", "0.2.0", nine + "\n\n" + nearly},
		{"none", "0.10.0", "0.10.0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, ending := range []string{"\n", "\r\n"} {
				text := strings.ReplaceAll(log, "\n", ending)
				b := &Blueprint{Version: c.version, Content: files(t, changelogName, text)}
				check(t, strings.ReplaceAll(b.Changes(c.from), "\r\n", "\n"), c.want)
			}
		})
	}
	check(t, (&Blueprint{Version: "1.0.0"}).Changes("0.1.0"), "")
}

// A changelog that is too long is cut at the end of a line, and says so.
func TestLongChanges(t *testing.T) {
	const long = "…\n\nThe rest is in " + changelogName + " of the blueprint."
	lines := strings.Repeat("- A line of the usual length.\n", 2000)
	b := &Blueprint{Version: "0.2.0", Content: files(t, changelogName, "## 0.2.0\n"+lines)}
	got := b.Changes("0.1.0")
	text, cut := strings.CutSuffix(got, long)
	if !cut || len(got) > maxChanges+len(long) || len(got) < maxChanges/2 || !strings.HasPrefix("## 0.2.0\n"+lines, text) || !strings.HasSuffix(text, ".\n") {
		t.Errorf("%d bytes, ending in %q", len(got), got[max(0, len(got)-80):])
	}
	// What comes after a line that is too long does not stand where it was.
	b.Content = files(t, changelogName, "## 0.2.0\n- One.\n"+strings.Repeat("x", maxChanges)+"\n- Two.\n")
	check(t, b.Changes("0.1.0"), "## 0.2.0\n- One.\n"+long)
}
