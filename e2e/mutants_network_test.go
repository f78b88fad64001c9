package e2e

func networkMutants() []herd {
	const (
		errors = "internal/controller/errors.go"
		health = "internal/controller/health.go"
		failed = "internal/repository/errors.go"
		pool   = "internal/platform/db/postgres.go"
		base   = "internal/platform/db/db.go"
	)
	return []herd{{
		name: "pool", database: "postgres", clauses: []string{"FT-4"}, // alone: it counts while the database is slow
		mutants: []mutant{
			{
				name:  "the pool has no bound",
				edits: []edit{{pool, "pool.SetMaxOpenConns(most)", "pool.SetMaxOpenConns(3 * most)"}},
				want:  "FT-4 SHOULD",
			},
		},
	}, {
		name: "network", database: "postgres", clauses: []string{"HL-1", "HL-2", "FT-1", "FT-2", "FT-3", "FT-5", "FT-7"},
		mutants: []mutant{
			{
				name: "liveness asks the database",
				edits: []edit{
					{health, "livez(w http.ResponseWriter, _ *http.Request) {\n", "livez(w http.ResponseWriter, r *http.Request) {\n\tif c.ready(r.Context()) != nil {\n\t\tc.readyz(w, r)\n\t\treturn\n\t}\n"},
				},
				want: "HL-1 MUST, FT-1 MUST, FT-3 MUST",
			},
			{
				name:  "readiness waits as long as it takes",
				edits: []edit{{health, "readyTimeout = 2 * time.Second", "readyTimeout = 20 * time.Second"}},
				want:  "HL-2 MUST",
			},
			{
				name:  "readiness tells what is wrong",
				edits: []edit{{health, `"The database is not ready."`, "err.Error()"}},
				want:  "HL-2 MUST",
			},
			{
				name: "readiness remembers the first failure",
				edits: []edit{
					{health, "type Health struct {\n", "type Health struct {\n\tfailed error\n"},
					{health, "\tif err := c.ready(ctx); err != nil {\n", "\tif err := errors.Join(c.failed, c.ready(ctx)); err != nil {\n\t\tc.failed = err\n"},
					{health, "\t\"context\"\n", "\t\"context\"\n\t\"errors\"\n"},
				},
				want: "HL-2 MUST, FT-1 MUST",
			},
			{
				name: "it does not start without its database",
				edits: []edit{{
					appServer, "\tmeasures := metrics.New(",
					"\tif err := database.Ready(ctx); err != nil {\n\t\treturn err\n\t}\n\tmeasures := metrics.New(",
				}},
				want: "FT-1 MUST",
			},
			{
				name:  "a database that is away is an unforeseen failure",
				edits: []edit{{failed, "errors.Is(err, context.DeadlineExceeded) || unavailable(err)", "errors.Is(err, context.DeadlineExceeded)"}},
				want:  "FT-1 MUST, FT-2 MUST",
			},
			{
				name:  "answers 503 do not say when to come back",
				edits: []edit{{errors, "\t\tw.Header().Set(\"Retry-After\", \"1\")\n", ""}},
				want:  "FT-2 MUST",
			},
			{
				name:  "the database may take longer than it is allowed",
				edits: []edit{{base, "context.WithTimeout(ctx, d.timeout)", "context.WithTimeout(ctx, d.timeout+4*time.Second)"}},
				want:  "FT-3 MUST",
			},
			{
				name:  "the shutdown waits for nobody",
				edits: []edit{{appServer, "err := public.Shutdown(ctx)", "err := public.Close()"}},
				want:  "FT-5 MUST",
			},
			{
				name:  "the shutdown waits for ever",
				edits: []edit{{appServer, "context.WithTimeout(context.Background(), limit)", "context.WithCancel(context.Background())"}},
				want:  "FT-7 MUST",
			},
		},
	}}
}
