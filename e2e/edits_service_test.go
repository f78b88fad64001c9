package e2e

import (
	"regexp"
	"strings"
)

// prefixed is a path of the API in a literal.
var prefixed = regexp.MustCompile(`"([A-Z]* ?)/api/v1(/[^"]*)"`)

// serviceEdits change what all resources share.
func serviceEdits() []userEdit {
	const (
		configFile = "internal/config/config.go"
		configTest = "internal/config/config_test.go"
	)
	return []userEdit{
		{name: "a setting more", steps: steps{
			after(configFile, "	TracesEnabled      bool\n", "	MailFrom           string\n"),
			after(configFile, "	c.TracesEnabled = tracesEnabled(r)\n", "	c.MailFrom = r.text(\"MAIL_FROM\", \"\")\n"),
			appendTo(".env.example", "\n# Who mail comes from; empty sends none.\nMAIL_FROM=\n"),
			after("README.md", "| `DOCS_ENABLED` | `true`, in production `false` | whether `/openapi.json` is served |\n", "| `MAIL_FROM` | | who mail comes from |\n"),
		}},
		{name: "a setting in the middle", steps: steps{
			after(configFile, "	Port               int\n", "	AdminPort          int\n"),
			after(configFile, "	c.Port = r.integer(\"PORT\", 8080, 1, 65535)\n", "	c.AdminPort = r.integer(\"ADMIN_PORT\", 0, 0, 65535)\n"),
			after(".env.example", "\nPORT=8080\n", "ADMIN_PORT=0\n"),
		}},
		{name: "other defaults", steps: steps{
			replace(configFile, `r.milliseconds("REQUEST_TIMEOUT_MS", 30_000)`, `r.milliseconds("REQUEST_TIMEOUT_MS", 15_000)`),
			replace(configTest, "		RequestTimeout:  30 * time.Second,\n", "		RequestTimeout:  15 * time.Second,\n"),
			replace(".env.example", "REQUEST_TIMEOUT_MS=30000", "REQUEST_TIMEOUT_MS=15000"),
			replace("README.md", "| `REQUEST_TIMEOUT_MS` | `30000` |", "| `REQUEST_TIMEOUT_MS` | `15000` |"),
		}},
		{name: "a setting renamed", steps: steps{
			everywhere("{internal/config/*.go,.env.example,README.md}", "TRUSTED_PROXIES", "PROXY_NETWORKS"),
		}},
		{name: "an error of their own", steps: steps{
			after("internal/repository/errors.go", "	ErrReferenced = errors.New(\"other rows refer to the row\")\n", "	// ErrSold says that an item cannot change any more.\n	ErrSold = errors.New(\"the item is sold\")\n"),
			before("internal/controller/errors.go", "	case errors.Is(err, repository.ErrReferenced):\n", `	case errors.Is(err, repository.ErrSold):
		return view.NewProblem(http.StatusConflict, "The item is sold.")
`),
		}},
		{name: "a check of the probe", steps: steps{
			replace("internal/controller/health.go", `Checks: map[string]string{"database": "ok"}`, `Checks: map[string]string{"database": "ok", "queue": "ok"}`),
			replace("internal/controller/health_test.go", `{"database":"ok"}`, `{"database":"ok","queue":"ok"}`),
			replace("openapi/common/service.yaml", "          database: { type: string, enum: [ok] }\n", "          database: { type: string, enum: [ok] }\n          queue: { type: string, enum: [ok] }\n"),
		}},
		{name: "statements of the database", steps: steps{
			replace("internal/platform/db/db.go", "	logger.InfoContext(ctx, \"migrations finished\", \"applied\", len(results))\n", "	logger.InfoContext(ctx, \"the schema is current\", \"applied\", len(results))\n"),
			replace("internal/platform/db/sqlite.go", "	readers := max(options.PoolMax-1, 1)\n", "	readers := max(options.PoolMax-1, 2)\n"),
		}},
		{name: "a package of their own", steps: steps{
			create("internal/billing/billing.go", `// Package billing tells what an item costs.
package billing

import "example.com/orders/internal/model"

// Price returns what one item costs, in cents.
func Price(m model.Item) int32 { return 100 * max(1, m.Quantity) }
`),
			create("internal/billing/billing_test.go", `package billing_test

import (
	"testing"

	"example.com/orders/internal/billing"
	"example.com/orders/internal/model"
)

func TestPrice(t *testing.T) {
	if got := billing.Price(model.Item{Quantity: 2}); got != 200 {
		t.Errorf("got %d, want 200", got)
	}
}
`),
		}},
		{name: "a constant for the prefix of the routes", steps: steps{
			before("internal/controller/routes.go", "// Router is where", "// prefix is where the API begins.\nconst prefix = \"/api/v1\"\n\n"),
			each("internal/controller/{customer,item}.go", func(_, data string) string {
				return prefixed.ReplaceAllString(data, `"$1"+prefix+"$2"`)
			}),
			each("internal/controller/{customer,item}.go", func(_, data string) string { return strings.ReplaceAll(data, `""+prefix`, "prefix") }),
		}, warns: map[string]string{"add a resource": "/api/v1", "add two resources": "/api/v1"}},
	}
}
