package merge

import (
	"bytes"
	"regexp"
	"strings"
)

// text is a file as lines. Keys are what lines are compared by, without their
// endings and the white space before them.
type text struct {
	keys    []string
	lines   []string // as they stand, without their endings
	endings []string // "\n", "\r\n", or "" for a last line without one
}

func split(data []byte) text {
	var t text
	for line := range bytes.Lines(data) {
		body, ending := cutEnding(string(line))
		t.keys = append(t.keys, strings.TrimRight(body, " \t"))
		t.lines, t.endings = append(t.lines, body), append(t.endings, ending)
	}
	return t
}

func cutEnding(line string) (body, ending string) {
	for _, e := range []string{"\r\n", "\n"} {
		if body, ok := strings.CutSuffix(line, e); ok {
			return body, e
		}
	}
	return line, ""
}

// ending returns the ending that most lines have, "\n" where there is none.
func (t text) ending() string {
	crlf, lf := 0, 0
	for _, e := range t.endings {
		switch e {
		case "\r\n":
			crlf++
		case "\n":
			lf++
		}
	}
	if crlf > lf {
		return "\r\n"
	}
	return "\n"
}

// open reports whether the text lacks a final newline.
func (t text) open() bool { return len(t.endings) > 0 && t.endings[len(t.endings)-1] == "" }

// dashes is the rule below the head of a table in Markdown.
var dashes = regexp.MustCompile(`-{3,}`)

// tables lets rows of tables in Markdown be compared without what pads them.
func (t text) tables() {
	for i, key := range t.keys {
		if strings.HasPrefix(strings.TrimSpace(key), "|") {
			t.keys[i] = dashes.ReplaceAllString(strings.Join(strings.Fields(key), " "), "---")
		}
	}
}

// significant reports whether a line says something: it has a letter or digit.
func significant(line string) bool {
	return strings.ContainsFunc(line, func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 127
	})
}
