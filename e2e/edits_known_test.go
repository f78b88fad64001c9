package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The kinds of entries of known.txt.
const (
	kindConflict = "conflict" // somebody has to decide, and is told
	kindWarned   = "warned"   // not as one would wish, and the plan says so
	kindDefect   = "defect"   // wrong, and nobody says so
)

// known is an entry of known.txt: a line that says what, and its reason, indented.
type known struct{ what, reason string }

// entry returns the line about a cell, "" for a cell that is as it should be.
func (c cell) entry() string {
	switch c.kind() {
	case kindConflict:
		return fmt.Sprintf("%s: %s: %s", kindConflict, c.name(), strings.Join(c.conflicts, " "))
	case "":
		return ""
	}
	return c.kind() + ": " + c.name()
}

// checkKnown compares the table with the committed list. With -update it writes
// the list anew and keeps the reasons.
func (c *corpus) checkKnown(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil && !*update {
		t.Fatal(err)
	}
	list := parseKnown(string(data))
	if *update {
		put(t, name, c.formatKnown(list))
		list = parseKnown(c.formatKnown(list))
	}
	found := map[string]string{}
	for _, one := range c.cells {
		what := one.entry()
		found[what] = strings.Join(slices.Concat(one.wrong, one.warned, one.broken), "\n")
		if what != "" && !slices.ContainsFunc(list, func(k known) bool { return k.what == what }) {
			t.Errorf("%s is not known:\n%s", what, found[what])
		}
	}
	for _, k := range list {
		details, there := found[k.what]
		if !there && !c.complete() {
			continue // go test -run has chosen some of the edits
		}
		if !there {
			t.Errorf("%s is known and no longer so; -update takes it out", k.what)
		} else if k.reason == "" {
			t.Errorf("%s has no reason:\n%s", k.what, details)
		}
	}
}

func parseKnown(text string) []known {
	var list []known
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if reason, ok := strings.CutPrefix(line, "    "); ok && len(list) > 0 {
			list[len(list)-1].reason += reason + "\n"
		} else if line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, known{what: line})
		}
	}
	return list
}

func (c *corpus) formatKnown(old []known) string {
	var b strings.Builder
	b.WriteString("# Cells of TestEdits that need a person, with the reason why. go test ./e2e -run TestEdits -update writes the\n" +
		"# entries anew; the reasons stay, and those of new entries are to be written.\n")
	var all []string
	for _, one := range c.cells {
		if what := one.entry(); what != "" {
			all = append(all, what)
		}
	}
	slices.Sort(all)
	for _, what := range all {
		b.WriteString("\n" + what + "\n")
		if i := slices.IndexFunc(old, func(k known) bool { return k.what == what }); i >= 0 {
			for line := range strings.Lines(old[i].reason) {
				b.WriteString("    " + line)
			}
		}
	}
	return b.String()
}
