package e2e

import (
	"strings"
	"testing"
)

// TestAddFieldInserts demands that a new field changes no line that was there:
// what only inserts meets the least of what people write. The exceptions say
// what they are for.
func TestAddFieldInserts(t *testing.T) {
	need(t, "git")
	for database, changed := range map[string]map[string]string{
		"sqlite": {"openapi/item.yaml": "a sentence that lists the searchable fields"},
		"postgres": {
			"openapi/item.yaml":                    "a sentence that lists the searchable fields",
			"internal/repository/item_postgres.go": "the numbers of arguments behind the fields",
		},
	} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.good([]string{"new", "orders", "--yes", "--database", database})
			w.good([]string{"-C", "orders", "add", "field", "item", "color:string", "weight:decimal,8,3", "paid_at:datetime"})
			files := 0
			for line := range strings.Lines(w.git("orders", "diff", "--numstat")) {
				columns := strings.Fields(line)
				files++
				if _, expected := changed[columns[2]]; expected == (columns[1] == "0") {
					t.Errorf("%s: %s lines are not as they were", columns[2], columns[1])
				}
			}
			if files < 8 {
				t.Errorf("only %d files changed", files)
			}
		})
	}
}
