package e2e

// Files that many edits change.
const (
	routesFile  = "internal/app/routes.go"
	handlerFile = "internal/app/handler.go"
	seedsFile   = "internal/seed/seeds.go"
)

// reportController is a controller that a person wrote.
const reportController = `package controller

import (
	"net/http"

	"example.com/orders/internal/view"
)

// Report answers what the week was like.
type Report struct{ Base }

// Register adds the route of the report.
func (c Report) Register(router Router) {
	router.Handle("GET /reports/weekly", c.handler(c.weekly))
}

func (c Report) weekly(w http.ResponseWriter, _ *http.Request) error {
	return view.WriteJSON(w, http.StatusOK, map[string]string{"week": "calm"})
}
`

// Lines of the routes that edits stand beside.
const (
	customerRoute = "	controller.CustomerController{Base: base, Rows: repository.CustomerRepository{DB: database}}.Register(routes)\n"
	itemRoute     = "	controller.ItemController{Base: base, Rows: repository.ItemRepository{DB: database}}.Register(routes)\n"
	healthRoute   = "	controller.NewHealth(base.Logger, database.Ready).Register(routes)\n"
	reportRoute   = "	controller.Report{Base: base}.Register(routes)\n"
)

// describedReport documents the route, as the tests of the service demand.
func describedReport() steps {
	return steps{
		create("internal/controller/report.go", reportController),
		after("openapi.yaml", `  /openapi.json: { $ref: "openapi/common/service.yaml#/pathItems/openapi" }`+"\n", `  /reports/weekly: { $ref: "openapi/report.yaml#/pathItems/weekly" }`+"\n"),
		create("openapi/report.yaml", `pathItems:
  weekly:
    get:
      operationId: getWeeklyReport
      tags: [service]
      summary: What the week was like
      responses:
        "200":
          description: The report.
          content:
            application/json:
              schema: { type: object }
`),
	}
}

func reporting(s ...step) steps { return append(describedReport(), s...) }

// wiringEdits change how the parts of the service are put together.
func wiringEdits() []userEdit {
	return []userEdit{
		{name: "a route before ours", steps: reporting(before(routesFile, customerRoute, reportRoute))},
		{name: "a route between ours", steps: reporting(after(routesFile, customerRoute, reportRoute))},
		{name: "a route after ours", steps: reporting(after(routesFile, itemRoute, reportRoute))},
		{name: "a route at the end", steps: reporting(after(routesFile, healthRoute, reportRoute))},
		{name: "a route with a comment and blank lines", steps: reporting(
			after(routesFile, itemRoute, "\n	// Reports are computed, not stored.\n"+reportRoute),
		)},
		{name: "a handler in place", steps: steps{
			after(routesFile, healthRoute, `	routes.Handle("GET /version", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(Name))
	}))
`),
			replace(routesFile, "import (\n", "import (\n	\"net/http\"\n\n"),
			after("openapi/common/service.yaml", "pathItems:\n", `  version:
    get:
      operationId: getVersion
      tags: [service]
      summary: Tell the name of the service
      responses:
        "200":
          description: The name.
          content:
            text/plain:
              schema: { type: string }

`),
			after("openapi.yaml", `  /readyz: { $ref: "openapi/common/service.yaml#/pathItems/readyz" }`+"\n", `  /version: { $ref: "openapi/common/service.yaml#/pathItems/version" }`+"\n"),
		}},
		{name: "a handler of routes wrapped", steps: steps{
			replace(routesFile, itemRoute, `	items := controller.ItemController{Base: base, Rows: repository.ItemRepository{DB: database}}
	items.Register(routes)
`),
		}},
		{name: "a condition around a route", steps: reporting(
			after(routesFile, healthRoute, "	if base.MaxBodyBytes > 0 {\n	"+reportRoute+"	}\n"),
		)},
		{name: "a renamed variable", renamed: []string{"database *", "store *", "DB: database", "DB: store", "database.", "store."}, steps: steps{
			everywhere(routesFile, "database", "store"),
		}},
		{name: "a renamed parameter", renamed: []string{"base.Logger", "shared.Logger", "Base: base", "Base: shared", "base controller", "shared controller"}, steps: steps{
			everywhere(routesFile, "base.Logger", "shared.Logger"),
			everywhere(routesFile, "Base: base", "Base: shared"),
			everywhere(routesFile, "base controller.Base", "shared controller.Base"),
		}},
		{name: "a renamed function of the package", renamed: []string{"registerRoutes", "mountRoutes"}, steps: steps{
			everywhere("internal/app/{routes,handler}.go", "registerRoutes", "mountRoutes"),
		}},
		{name: "a longer signature", steps: steps{
			replace(routesFile, "database *db.DB) {", "database *db.DB, name string) {"),
			replace(routesFile, "	controller.NewHealth", "	base.Logger.Debug(\"routes\", \"service\", name)\n	controller.NewHealth"),
			replace(handlerFile, ", database)\n", ", database, Name)\n"),
		}},
		{name: "a middleware more", steps: steps{
			after(handlerFile, "	handler = middleware.Recover(logger)(handler)\n", "	handler = middleware.Audit(logger)(handler)\n"),
			create("internal/middleware/audit.go", `package middleware

import (
	"log/slog"
	"net/http"
)

// Audit logs who changes something.
func Audit(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				logger.InfoContext(r.Context(), "change", "user", r.Header.Get("X-User"))
			}
			next.ServeHTTP(w, r)
		})
	}
}
`),
		}},
		{name: "middleware wrapped", steps: steps{
			replace(handlerFile, "	return handler, nil\n", "	return http.MaxBytesHandler(handler, settings.MaxBodyBytes*2), nil\n"),
		}},
		{name: "middleware in another order", steps: steps{
			cut(handlerFile, "	handler = middleware.CORS(settings.CORSAllowedOrigins)(handler)\n"),
			after(handlerFile, "	handler := http.Handler(routes)\n", "	handler = middleware.CORS(settings.CORSAllowedOrigins)(handler)\n"),
		}},
		{name: "the handler in two functions", steps: steps{
			replace(handlerFile, "\n	// From the inside out: the last one sees a request first.\n", `
	return wrap(routes, settings, logger, observer), nil
}

// wrap puts what surrounds every request around a handler.
func wrap(routes http.Handler, settings config.Config, logger *slog.Logger, observer middleware.Observer) http.Handler {
	// From the inside out: the last one sees a request first.
`),
			replace(handlerFile, "http.Handler(routes)", "routes"),
			replace(handlerFile, "	return handler, nil\n", "	return handler\n"),
		}},
		{name: "a seed more", steps: steps{
			after(seedsFile, "		seedItems,\n", "		seedHolidays,\n"),
			create("internal/seed/holidays.go", `package seed

import (
	"context"

	"example.com/orders/internal/platform/db"
)

// seedHolidays has nothing to do yet.
func seedHolidays(context.Context, *db.DB) error { return nil }
`),
		}},
		{name: "seeds in one line", steps: steps{
			replace(seedsFile, "{\n		seedCustomers,\n		seedItems,\n	}", "{seedCustomers, seedItems}"),
		}},
		{name: "a command more", steps: steps{
			after("internal/app/command.go", "		\"seed\":    fill,\n", "		\"check\":   check,\n"),
			replace("internal/app/command.go", "[start|migrate|seed|--version]", "[start|migrate|seed|check|--version]"),
			after("internal/app/command.go", "seed     put a few rows into tables that are empty\n", "check    read the configuration and stop\n"),
			create("internal/app/check.go", `package app

import (
	"context"
	"log/slog"

	"example.com/orders/internal/config"
)

func check(ctx context.Context, _ Process, settings config.Config, logger *slog.Logger) error {
	logger.InfoContext(ctx, "the configuration is good", "environment", settings.Environment)
	return nil
}
`),
		}},
	}
}
