package term

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, in, line, text string }{
		{"plain", "a b", "a b", "a b"},
		{"accents and wide characters", "é 注文 ✓", "é 注文 ✓", "é 注文 ✓"},
		{"colour", "\x1b[31mred", `\x1b[31mred`, `\x1b[31mred`},
		{"one-byte sequence", "\u009b31m", `\u009b31m`, `\u009b31m`},
		{"newline and tab", "a\n\tb", `a\n\tb`, "a\n\tb"},
		{"carriage return", "a\rb", `a\rb`, `a\rb`},
		{"delete", "a\x7f", `a\x7f`, `a\x7f`},
		{"reordering", "a\u202eb", `a\u202eb`, `a\u202eb`},
		{"tags", "a\U000e0041", `a\U000e0041`, `a\U000e0041`},
		{"line separator", "a\u2028b", `a\u2028b`, `a\u2028b`},
		{"no UTF-8", "a\xffb", `a\xffb`, `a\xffb`},
		{"joiners", "می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Escape(test.in); got != test.line {
				t.Errorf("Escape: got %q, want %q", got, test.line)
			}
			if got := EscapeText(test.in); got != test.text {
				t.Errorf("EscapeText: got %q, want %q", got, test.text)
			}
		})
	}
}

func TestEscapeOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOf(rapid.Byte()).Draw(t, "in"))
		got := Escape(in)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if unsafe(r) {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if again := Escape(got); again != got {
			t.Fatalf("escaped twice: %q, %q", got, again)
		}
	})
}

func TestColumns(t *testing.T) {
	for in, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "注文": 4, "ｱ": 1, "🚀": 2, "├──": 3} {
		if got := Columns(in); got != want {
			t.Errorf("Columns(%q) = %d, want %d", in, got, want)
		}
	}
}
