package term

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "''",
		"orders":                 "orders",
		"--database=sqlite":      "--database=sqlite",
		"example.com/a_b-c:1@2+": "example.com/a_b-c:1@2+",
		"a b":                    "'a b'",
		"it's":                   `'it'\''s'`,
		"$HOME":                  "'$HOME'",
		"~":                      "'~'",
		"=ls":                    "'=ls'",
		"a*?[b]{c,d}!#^":         "'a*?[b]{c,d}!#^'",
		"é":                      "'é'",
		`back\slash`:             `'back\slash'`,
		"a\nb":                   `$'a\012b'`,
		"\x1b['\\é":              `$'\033[\'\\é'`,
		"\u202e":                 `$'\342\200\256'`,
		"\xff":                   `$'\377'`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestWrapCommand(t *testing.T) {
	argv := []string{"sill", "new", "orders", "--module", "example.com/orders", "--yes", "--set", "a=b", "--resource", "item sku:string"}
	tests := []struct {
		name  string
		width int
		want  []string
	}{
		{"one line", 200, []string{Command(argv)}},
		{"narrow", 40, []string{
			`sill new orders \`,
			`  --module example.com/orders --yes \`,
			`  --set a=b \`,
			`  --resource 'item sku:string'`,
		}},
		{"narrower than a word", 10, []string{
			`sill new \`, `  orders \`, `  --module example.com/orders \`, `  --yes \`, `  --set a=b \`,
			`  --resource 'item sku:string'`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, WrapCommand(argv, test.width)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestShellsReadTheWordsBack lets the shells themselves read quoted words, on
// one line and wrapped.
func TestShellsReadTheWordsBack(t *testing.T) {
	for _, shell := range []string{"bash", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip("not installed")
			}
			word := rapid.OneOf(
				rapid.Map(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 12), func(b []byte) string { return string(b) }),
				rapid.StringMatching(`[-=~!#$&*()\[\]{}|;'"<>?^%@+,.:/a ]{0,6}`),
			)
			words := rapid.SliceOfN(word, 60, 60).Example(1)
			words = append(words, "", "=ls", "~", "~root", "!!", "a'b", "--flag", "value", "%1", "{a,b}", "*", "é\n")
			for _, script := range []string{Command(words), strings.Join(WrapCommand(words, 60), "\n")} {
				out, err := exec.Command(path, "-c", `printf '%s\0' `+script).Output()
				if err != nil {
					t.Fatalf("%v\n%s", err, script)
				}
				got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
				if diff := cmp.Diff(words, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}
