package e2e

import (
	"regexp"
	"slices"
	"strings"
)

// formatEdits change how files look and nothing of what they say.
func formatEdits() []userEdit {
	return []userEdit{
		{name: "line endings of Windows", steps: steps{
			each("**", func(_, data string) string { return strings.ReplaceAll(data, "\n", "\r\n") }),
		}},
		{name: "line endings of Windows in one file", steps: steps{
			each(routesFile, func(_, data string) string { return strings.ReplaceAll(data, "\n", "\r\n") }),
		}},
		{name: "a header in every file of Go", steps: steps{
			each("**/*.go", func(_, data string) string {
				return "// Copyright 2026 The Shop. All rights reserved.\n// Use of this source is governed by the LICENSE file.\n\n" + data
			}),
		}},
		{name: "imports in one group", steps: steps{each("**/*.go", func(_, data string) string { return imports(data, 1) })}},
		{name: "imports with ours in the middle", steps: steps{each("**/*.go", func(_, data string) string { return imports(data, 3) })}},
		{name: "an import under another name", steps: steps{
			replace(handlerFile, "	\"example.com/orders/internal/platform/openapi\"\n", "	docs \"example.com/orders/internal/platform/openapi\"\n"),
			replace(handlerFile, "openapi.Resolve(", "docs.Resolve("),
		}},
		{name: "long lines broken", steps: steps{
			replace(routesFile, itemRoute, `	controller.ItemController{
		Base: base,
		Rows: repository.ItemRepository{DB: database},
	}.Register(routes)
`),
			replace(handlerFile, "(settings config.Config, logger *slog.Logger, database *db.DB, observer middleware.Observer)", `(
	settings config.Config,
	logger *slog.Logger,
	database *db.DB,
	observer middleware.Observer,
)`),
		}},
		{name: "blank lines before returns", steps: steps{
			each("internal/{app,controller,model,repository,view}/*.go", func(_, data string) string {
				return blankBefore.ReplaceAllString(data, "$1\n\n$2")
			}),
		}},
		{name: "Go indented with spaces", steps: steps{
			each("internal/model/*.go", func(_, data string) string { return strings.ReplaceAll(data, "\t", "    ") }),
		}},
		{name: "YAML indented otherwise", steps: steps{
			each("openapi/*.yaml", func(_, data string) string { return indentedTwice(data) }),
		}},
		{name: "flow mappings of YAML written out", steps: steps{
			each("openapi.yaml", func(_, data string) string { return flow.ReplaceAllString(data, "  $1:\n    $$ref: $2") }),
		}},
		{name: "tables of Markdown padded", steps: steps{each("README.md", func(_, data string) string { return padded(data) })}},
		{name: "spaces at the ends of lines", steps: steps{
			each("{openapi.yaml,README.md}", func(_, data string) string { return strings.ReplaceAll(data, "\n\n", "  \n\n") }),
		}},
	}
}

// blankBefore is a return after something else, which a linter wants apart.
var blankBefore = regexp.MustCompile(`(?m)^(\t+[^\s}].*[^{:])\n(\t+return )`)

// flow is a path whose item is in braces.
var flow = regexp.MustCompile(`(?m)^  (/[^:]*): \{ \$ref: ("[^"]*") \}$`)

// imports sorts the imports of a file into one group, or into three: the
// standard library, the module, the rest.
func imports(data string, groups int) string {
	head, rest, found := strings.Cut(data, "import (\n")
	list, tail, _ := strings.Cut(rest, "\n)\n")
	if !found {
		return data
	}
	sorted := make([][]string, groups)
	for line := range strings.SplitSeq(list, "\n") {
		_, quoted, _ := strings.Cut(line, `"`)
		group := 0
		switch first, _, _ := strings.Cut(quoted, "/"); {
		case line == "":
			continue
		case groups > 1 && first == "example.com":
			group = 1
		case groups > 1 && strings.Contains(first, "."):
			group = 2
		}
		sorted[group] = append(sorted[group], line)
	}
	var all []string
	for _, group := range sorted {
		slices.SortStableFunc(group, func(a, b string) int {
			_, a, _ = strings.Cut(a, `"`)
			_, b, _ = strings.Cut(b, `"`)
			return strings.Compare(a, b)
		})
		if len(group) > 0 {
			all = append(all, strings.Join(group, "\n"))
		}
	}
	return head + "import (\n" + strings.Join(all, "\n\n") + "\n)\n" + tail
}

// indentedTwice gives every level of YAML four spaces instead of two.
func indentedTwice(data string) string {
	var b strings.Builder
	for line := range strings.Lines(data) {
		text := strings.TrimLeft(line, " ")
		b.WriteString(strings.Repeat(" ", 2*(len(line)-len(text))))
		for strings.HasPrefix(text, "- ") { // what an item holds stands two further in
			text = "-   " + strings.TrimPrefix(text, "- ")
			break
		}
		b.WriteString(text)
	}
	return b.String()
}

// padded gives the cells of the tables in a text one width for each column.
func padded(data string) string {
	lines := strings.Split(data, "\n")
	for start := 0; start < len(lines); start++ {
		end := start
		for end < len(lines) && strings.HasPrefix(lines[end], "|") {
			end++
		}
		padTable(lines[start:end])
		start = max(start, end)
	}
	return strings.Join(lines, "\n")
}

func padTable(rows []string) {
	var widths []int
	var table [][]string
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "|"), " | ")
		for i, c := range cells {
			cells[i] = strings.TrimSpace(c)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cells[i]))
		}
		table = append(table, cells)
	}
	for i, cells := range table {
		for j, c := range cells {
			fill := " "
			if strings.Trim(c, "-") == "" && c != "" {
				fill = "-"
			}
			cells[j] = c + strings.Repeat(fill, widths[j]-len(c))
		}
		rows[i] = "| " + strings.Join(cells, " | ") + " |"
	}
}
