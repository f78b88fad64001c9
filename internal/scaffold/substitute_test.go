package scaffold

import "testing"

func TestExchangeOfWholeValues(t *testing.T) {
	t.Parallel()
	s := substitution{key: "module", from: "example.com/shop", to: "example.com/shop/$1"}
	for text, want := range map[string]string{
		"example.com/shop":                            "example.com/shop/$1",
		`import "example.com/shop/internal/app"`:      `import "example.com/shop/$1/internal/app"`,
		"It is example.com/shop. Or example.com/shop": "It is example.com/shop/$1. Or example.com/shop/$1",
		"example.com/shop|example.com/shop":           "example.com/shop/$1|example.com/shop/$1",
		`"example.com/shop-client"`:                   `"example.com/shop-client"`,
		`"example.com/shopping"`:                      `"example.com/shopping"`,
		`"example.com/shop.v2"`:                       `"example.com/shop.v2"`,
		`"other.example.com/shop"`:                    `"other.example.com/shop"`,
		`"proxy/example.com/shop"`:                    `"proxy/example.com/shop"`,
	} {
		if got := string(s.exchanged([]byte(text))); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}
