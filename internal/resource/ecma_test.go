package resource_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"groundsill.example/internal/resource"
)

func TestECMAPattern(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"":                          "",
		`^[A-Z0-9][A-Z0-9-]{1,31}$`: `^[A-Z0-9][A-Z0-9-]{1,31}$`,
		`\d{3}-(?:a|b)+?\/[^\]\-é🚀]*|\p{Lu}x`: `\d{3}-(?:a|b)+?\/[^\]\-é🚀]*|\p{Lu}x`,
		`[\w.-]+`:          `[\w.-]+`,
		`[\d-]x`:           `[\-0-9]x`,
		`[^@\s]+@[^@\s]+`:  `[^\t\n\f\r @]+@[^\t\n\f\r @]+`,
		`a.b`:              `a[^\n]b`,
		`(?s)a.b`:          `a[\s\S]b`,
		`(?i)ab1`:          `[Aa][Bb]1`,
		`(?i:k)`:           "[Kk\u212a]",
		`\Aa\z`:            `^a$`,
		`(?m)^a$`:          `(?<![^\n])a(?![^\n])`,
		`a\-b\@\_`:         `a-b@_`,
		`a{,2}}]`:          `a\{,2\}\}\]`,
		`[]a]`:             `[\]a]`,
		`[[:alpha:]]{2}`:   `[A-Za-z]{2}`,
		`\Qa.b\E+`:         `a\.b+`,
		`(?P<name>ab)*`:    `(?:ab)*`,
		`(?U)a+b`:          `a+?b`,
		`\x{1F680}\x00\a`:  `🚀\u0000\u0007`,
		`^*a`:              `(?:^)*a`,
		`(ab|ac){2,}d`:     `(ab|ac){2,}d`,
		`(?i)(ab|cd){2,3}`: `(?:[Aa][Bb]|[Cc][Dd]){2,3}`,
		`\PNx`:             "",
	} {
		if want == "" && pattern != "" {
			want = resource.ECMAPattern(`(?s)[^\pN]x`)
		}
		if got := resource.ECMAPattern(pattern); got != want {
			t.Errorf("%s is %s, want %s", pattern, got, want)
		}
	}
}

var codePoint = regexp.MustCompile(`\\u\{?([0-9A-F]+)\}?`)

// What is written anew has to match what the pattern matches. RE2 reads it too,
// but for the way to write a character by its number.
func TestECMAPatternMatchesTheSame(t *testing.T) {
	t.Parallel()
	parts := []string{
		"a", "b", "-", ".", `\s`, `\S`, `\d`, `\w`, `\W`, `\.`, `\-`, `\x41`, "[ab-]", "[^a]", `[\s\d-]`, "[[:upper:]]", `\pL`, `\PL`,
		"(?i:aé)", "(?s:.)", "(?:a|b-)", "(a)", `\b`, `\B`, "^", "$", "|", "]", "}", "é", "🚀",
	}
	quantifiers := []string{"", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"}
	texts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "b", "-", "1", "_", " ", "\u00a0", "\n", "\r", "é", "É", "🚀", "]", "}", "."}), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			b.WriteString(rapid.SampledFrom(parts).Draw(t, "part") + rapid.SampledFrom(quantifiers).Draw(t, "quantifier"))
		}
		mine, err := regexp.Compile(`\A(?:` + b.String() + `)\z`)
		if err != nil {
			t.Skip("RE2 does not read it")
		}
		pattern := resource.ECMAPattern(b.String())
		readable := codePoint.ReplaceAllString(pattern, `\x{$1}`)
		other, err := regexp.Compile(`\A(?:` + readable + `)\z`)
		if err != nil {
			t.Fatalf("%s becomes %s: %v", b.String(), pattern, err)
		}
		for range 20 {
			text := strings.Join(texts.Draw(t, "text"), "")
			if mine.MatchString(text) != other.MatchString(text) {
				t.Fatalf("%s becomes %s, and %q is %t", b.String(), pattern, text, other.MatchString(text))
			}
		}
	})
}
