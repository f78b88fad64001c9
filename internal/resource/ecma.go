package resource

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// ECMAPattern returns a pattern of RE2 in the syntax of ECMA-262 with the flag u,
// which OpenAPI demands (JSON Schema 2020-12, validation, 6.3.3) and browsers
// and Node.js read: the same text where it means the same in both, and else one
// that matches the same texts. It has no anchors that the pattern has not.
func ECMAPattern(pattern string) string {
	if readAlike(pattern) {
		return pattern
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return pattern // which is refused elsewhere
	}
	var e ecma
	e.write(tree)
	return e.out.String()
}

var (
	escapedAlike = regexp.MustCompile(`^\\(?:[dDwW^$\\.*+?()\[\]{}|/tnrfv]|p\{[A-Z][a-z]?\})`)
	repeated     = regexp.MustCompile(`^\{\d+(?:,\d*)?\}`)
)

// readAlike reports whether a pattern that RE2 reads is one that ECMA-262 reads
// in the same way. It may say no where the answer is yes.
func readAlike(pattern string) bool {
	for rest := pattern; rest != ""; {
		n := 1
		switch rest[0] {
		case '\\':
			n = len(escapedAlike.FindString(rest))
		case '[':
			n = classAlike(rest)
		case '{':
			n = len(repeated.FindString(rest))
		case '(':
			if strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:") {
				return false
			}
		case '^', '$':
			if len(rest) > 1 && strings.ContainsRune("*+?{", rune(rest[1])) {
				return false
			}
		case '.', ']', '}':
			return false
		}
		if n == 0 {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// classAlike returns the length of the class that a text begins with, and 0 if
// the class is not one that both read alike.
func classAlike(text string) int {
	inside := strings.TrimPrefix(text[1:], "^")
	if strings.HasPrefix(inside, "]") {
		return 0
	}
	for rest := inside; rest != ""; {
		n := 1
		switch {
		case rest[0] == ']':
			return len(text) - len(rest) + 1
		case strings.HasPrefix(rest, "[:"):
			return 0
		case strings.HasPrefix(rest, `\-`):
			n = 2
		case rest[0] == '\\':
			n = len(escapedAlike.FindString(rest))
			set := n > 2 || n == 2 && strings.ContainsRune("dDwW", rune(rest[1]))
			besideRange := len(rest) > n && rest[n] == '-' || strings.HasSuffix(text[:len(text)-len(rest)], "-")
			if n == 0 || set && besideRange {
				return 0
			}
		}
		rest = rest[n:]
	}
	return 0
}

// ecma writes what package syntax has read.
type ecma struct{ out strings.Builder }

// write writes an expression that stands on its own.
func (e *ecma) write(x *syntax.Regexp) {
	switch x.Op {
	case syntax.OpAlternate:
		for i, sub := range x.Sub {
			if i > 0 {
				e.out.WriteByte('|')
			}
			e.write(sub)
		}
	case syntax.OpConcat:
		for _, sub := range x.Sub {
			e.group(sub, sub.Op == syntax.OpAlternate)
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		e.group(x.Sub[0], !single(x.Sub[0]))
		e.out.WriteString(quantifier(x))
		if x.Flags&syntax.NonGreedy != 0 {
			e.out.WriteByte('?')
		}
	case syntax.OpCapture:
		e.group(x.Sub[0], true)
	case syntax.OpLiteral:
		for _, r := range x.Rune {
			e.literal(r, x.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		e.class(x.Rune)
	default:
		e.out.WriteString(ecmaTexts[x.Op])
	}
}

// ecmaTexts are the expressions that have no parts. RE2 knows one end of a line,
// the line feed.
var ecmaTexts = map[syntax.Op]string{ //nolint:gochecknoglobals // a table that nobody changes
	syntax.OpNoMatch: `[]`, syntax.OpEmptyMatch: `(?:)`, syntax.OpAnyCharNotNL: `[^\n]`, syntax.OpAnyChar: `[\s\S]`,
	syntax.OpBeginText: `^`, syntax.OpEndText: `$`, syntax.OpBeginLine: `(?<![^\n])`, syntax.OpEndLine: `(?![^\n])`,
	syntax.OpWordBoundary: `\b`, syntax.OpNoWordBoundary: `\B`,
}

// single reports whether a quantifier behind the text of an expression is about
// all of it.
func single(x *syntax.Regexp) bool {
	switch x.Op {
	case syntax.OpLiteral:
		return len(x.Rune) == 1
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpCapture:
		return true
	default:
		return false
	}
}

func (e *ecma) group(x *syntax.Regexp, parentheses bool) {
	if !parentheses {
		e.write(x)
		return
	}
	e.out.WriteString("(?:")
	e.write(x)
	e.out.WriteByte(')')
}

func quantifier(x *syntax.Regexp) string {
	switch x.Op {
	case syntax.OpStar:
		return "*"
	case syntax.OpPlus:
		return "+"
	case syntax.OpQuest:
		return "?"
	default:
	}
	switch x.Max {
	case x.Min:
		return fmt.Sprintf("{%d}", x.Min)
	case -1:
		return fmt.Sprintf("{%d,}", x.Min)
	default:
		return fmt.Sprintf("{%d,%d}", x.Min, x.Max)
	}
}

// literal writes a character, or all that differ from it in case alone.
func (e *ecma) literal(r rune, fold bool) {
	same := []rune{r}
	for other := unicode.SimpleFold(r); fold && other != r; other = unicode.SimpleFold(other) {
		same = append(same, other)
	}
	if len(same) == 1 {
		e.out.WriteString(escapeECMA(r, `^$\.*+?()[]{}|/`))
		return
	}
	slices.Sort(same)
	e.out.WriteByte('[')
	for _, one := range same {
		e.out.WriteString(escapeECMA(one, `\]^-`))
	}
	e.out.WriteByte(']')
}

// class writes the ranges of a class, or those of what is not in it if it goes
// to the last character there is.
func (e *ecma) class(ranges []rune) {
	e.out.WriteByte('[')
	if len(ranges) > 0 && ranges[0] == 0 && ranges[len(ranges)-1] == unicode.MaxRune {
		e.out.WriteByte('^')
		var others []rune
		for i := 1; i < len(ranges)-1; i += 2 {
			others = append(others, ranges[i]+1, ranges[i+1]-1)
		}
		ranges = others
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		low, high := ranges[i], ranges[i+1]
		e.out.WriteString(escapeECMA(low, `\]^-[`))
		if high > low+1 {
			e.out.WriteByte('-')
		}
		if high > low {
			e.out.WriteString(escapeECMA(high, `\]^-[`))
		}
	}
	e.out.WriteByte(']')
}

// escapeECMA returns a character as ECMA-262 reads it, where those in special
// mean something else.
func escapeECMA(r rune, special string) string {
	if named, ok := map[rune]string{'\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`}[r]; ok {
		return named
	}
	switch {
	case strings.ContainsRune(special, r):
		return `\` + string(r)
	case strconv.IsPrint(r):
		return string(r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04X`, r)
	default:
		return fmt.Sprintf(`\u{%X}`, r)
	}
}
