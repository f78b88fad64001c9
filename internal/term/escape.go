package term

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Escape returns text of unknown origin as one line that is safe to show: every
// control character, every character that reorders or hides text and every byte
// that is no UTF-8 is written as an escape, \x1b or \u202e. So nothing in a path
// or a message reaches the terminal as a command. Other text comes back as it is.
func Escape(s string) string { return escape(s, func(rune) bool { return false }) }

// EscapeText is [Escape] for text of several lines: newlines and tabs stay.
func EscapeText(s string) string {
	return escape(s, func(r rune) bool { return r == '\n' || r == '\t' })
}

func escape(s string, keep func(rune) bool) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unsafe(r) && !keep(r) }) && utf8.ValidString(s) {
		return s
	}
	var w strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&w, `\x%02x`, s[0])
		case keep(r) || !unsafe(r):
			w.WriteString(s[:n])
		default:
			w.WriteString(escaped(r))
		}
		s = s[n:]
	}
	return w.String()
}

func escaped(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	switch {
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}

// unsafe reports controls, format characters and line separators. The two
// joiners stay: names in Persian and Hindi, and emoji, are written with them.
func unsafe(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if r == nonJoiner || r == joiner {
		return false
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Columns returns how many columns of a terminal s takes: two for the wide
// characters of East Asia and emoji, none for accents that combine.
func Columns(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

func columns(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	case width.Neutral, width.EastAsianAmbiguous, width.EastAsianHalfwidth, width.EastAsianNarrow:
		return 1
	default:
		return 1
	}
}
