package e2e

import "strings"

// placeEdits move, split and delete files.
func placeEdits() []userEdit {
	const access = "internal/middleware/access.go"
	return []userEdit{
		{name: "a file renamed", steps: steps{move("internal/middleware/cors.go", "internal/middleware/crossorigin.go")}},
		{name: "a file of the resource renamed", steps: steps{move(itemView, "internal/view/article.go")}},
		{name: "a file renamed and edited", steps: steps{
			move(itemModel, "internal/model/article.go"),
			replace("internal/model/article.go", "// Item is one row of items.", "// Item is an article of the shop."),
		}},
		{name: "a package moved", steps: steps{
			moveAll("internal/platform/log", "internal/log"),
			everywhere("**/*.go", `"example.com/orders/internal/platform/log"`, `"example.com/orders/internal/log"`),
		}},
		{name: "a file split", steps: steps{splitController}},
		{name: "two files made one", steps: steps{
			before(access, "	\"log/slog\"\n", "	\"context\"\n"),
			func(files sources, _ map[string]string) error {
				_, body, _ := strings.Cut(files["internal/middleware/timeout.go"], ")\n")
				files[access] += body
				delete(files, "internal/middleware/timeout.go")
				return nil
			},
		}},
		{name: "documents deleted", steps: steps{remove("AGENTS.md", "SECURITY.md")}},
		{name: "tests deleted", steps: steps{remove(itemAPITest, "internal/repository/item_test.go")}},
		{name: "sample data deleted", steps: steps{
			remove("internal/seed/item.go"),
			cut(seedsFile, "		seedItems,\n"),
			deleteFunction("internal/repository/item_test.go", "TestItemRepository"), // it changes a row of them
			cut("internal/repository/item_test.go", "	\"github.com/google/go-cmp/cmp\"\n"),
			cut("internal/repository/item_test.go", "	\"example.com/orders/internal/listing\"\n"),
		}},
		{name: "a feature deleted", steps: steps{
			remove("internal/middleware/ratelimit.go"),
			cut(handlerFile, "	handler = middleware.RateLimit(settings.RateLimitRPM, time.Now)(handler)\n"),
			cut(handlerFile, "	\"time\"\n"),
			deleteFunction("internal/middleware/middleware_test.go", "TestRateLimit"),
			cut("internal/middleware/middleware_test.go", "	\"strconv\"\n"),
		}},
	}
}

// splitController takes the writing handlers of items into a file of their own.
func splitController(files sources, _ map[string]string) error {
	const from, to = "func (c ItemController) replace(", "func (c ItemController) delete("
	data := files[itemController]
	start, end := strings.Index(data, from), strings.Index(data, to)
	files["internal/controller/item_change.go"] = "package controller\n\nimport (\n\t\"context\"\n\t\"net/http\"\n\n" +
		"\t\"example.com/orders/internal/field\"\n\t\"example.com/orders/internal/model\"\n\t\"example.com/orders/internal/view\"\n)\n\n" +
		strings.TrimSuffix(data[start:end], "\n")
	files[itemController] = strings.Replace(data[:start]+data[end:], "\t\"example.com/orders/internal/field\"\n", "", 1)
	return nil
}

// deleteFunction takes a function out of a file of Go.
func deleteFunction(name, function string) step {
	return func(files sources, moved map[string]string) error {
		_, rest, _ := strings.Cut(files[name], "func "+function+"(")
		body, _, _ := strings.Cut(rest, "\n}\n")
		return cut(name, "func "+function+"("+body+"\n}\n")(files, moved)
	}
}
