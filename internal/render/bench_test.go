package render

import (
	"fmt"
	"strings"
	"testing"

	"groundsill.example/internal/record"
)

// A blueprint of 2,000 files, half of them templates.
func BenchmarkRender2000Files(b *testing.B) {
	line := "func {{.name | pascal}}{{.blueprint.name | title}}() string { return {{quote .name}} }\n"
	var pairs []string
	for i := range 1000 {
		pairs = append(pairs,
			fmt.Sprintf("files/d%d/plain%d.txt", i%40, i), strings.Repeat("plain text\n", 100),
			fmt.Sprintf("files/d%d/file%d.txt.tmpl", i%40, i), strings.Repeat(line, 10)+strings.Repeat("plain text\n", 60))
	}
	loaded := load(b, "questions: [{key: name, type: text, prompt: P}]\n", pairs...)
	rec := record.Record{Answers: map[string]any{"name": "orders"}}
	b.ResetTimer()
	for b.Loop() {
		if out := render(b, loaded, rec); out.Tree.Len() != 2000 {
			b.Fatal(out.Tree.Len())
		}
	}
}
