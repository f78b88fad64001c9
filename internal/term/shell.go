package term

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Quote returns word so that bash and zsh read it back as that one word, with no
// quotes where none are needed. A word with characters that are not safe to show
// is written with their escapes, $'\x1b', which those two shells read; any other
// result is POSIX.
func Quote(word string) string {
	switch {
	case word == "":
		return "''"
	case !strings.ContainsFunc(word, needsQuotes) && !strings.HasPrefix(word, "="):
		return word
	case Escape(word) != word:
		return ansiQuote(word)
	default:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
}

// Command returns the line that runs argv in a shell.
func Command(argv []string) string {
	words := make([]string, len(argv))
	for i, word := range argv {
		words[i] = Quote(word)
	}
	return strings.Join(words, " ")
}

// WrapCommand returns the lines that run argv in a shell, broken between words
// with backslashes so that they stay within width where that is possible. A flag
// and the word after it stay on one line. Lines after the first are indented by
// two.
func WrapCommand(argv []string, width int) []string {
	const continued = " \\"
	var lines []string
	line := ""
	for _, part := range parts(argv) {
		switch {
		case line == "":
			line = part
		case Columns(line)+1+Columns(part)+len(continued) > width:
			lines = append(lines, line+continued)
			line = "  " + part
		default:
			line += " " + part
		}
	}
	return append(lines, line)
}

// parts returns the quoted words, a flag together with its value.
func parts(argv []string) []string {
	var out []string
	for i := 0; i < len(argv); i++ {
		part := Quote(argv[i])
		if flag(argv[i]) && i+1 < len(argv) && !flag(argv[i+1]) {
			i++
			part += " " + Quote(argv[i])
		}
		out = append(out, part)
	}
	return out
}

func flag(word string) bool { return strings.HasPrefix(word, "-") && !strings.Contains(word, "=") }

// needsQuotes reports every character that is not known to mean nothing to a
// shell, anywhere in a word.
func needsQuotes(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	case strings.ContainsRune("_-./:,@+=", r):
		return false
	default:
		return true
	}
}

// ansiQuote writes bytes, not characters, for what is not safe to show: how the
// shells read \u depends on the locale.
func ansiQuote(word string) string {
	var w strings.Builder
	w.WriteString("$'")
	for len(word) > 0 {
		r, n := utf8.DecodeRuneInString(word)
		switch {
		case r == '\'' || r == '\\':
			w.WriteByte('\\')
			w.WriteByte(word[0])
		case unsafe(r) || (r == utf8.RuneError && n == 1):
			for _, c := range []byte(word[:n]) {
				fmt.Fprintf(&w, `\%03o`, c)
			}
		default:
			w.WriteString(word[:n])
		}
		word = word[n:]
	}
	w.WriteByte('\'')
	return w.String()
}
