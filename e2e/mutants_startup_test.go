package e2e

func startupMutants() []herd {
	return []herd{{
		name: "startup", database: "postgres", clauses: []string{"ST-3", "ST-6"},
		mutants: []mutant{
			{
				name: "the log says where the database is",
				edits: []edit{{
					appServer, startLine, "\tlogger.DebugContext(ctx, \"the database\", \"url\", settings.DatabaseURL.String())\n" + startLine,
				}},
				want: "ST-3 MUST",
			},
			{
				name: "migrations take no lock",
				edits: []edit{
					{"internal/platform/db/postgres.go", "SELECT pg_try_advisory_lock($1)", "SELECT $1::bigint IS NOT NULL"},
					slowMigration(),
				},
				want: "ST-6 MUST",
			},
		},
	}, {
		name: "startup", database: "mysql", clauses: []string{"ST-6"},
		mutants: []mutant{
			{
				name: "migrations take no lock",
				edits: []edit{
					{"internal/platform/db/mysql.go", "SELECT GET_LOCK(SHA1(CONCAT('migrations of ', DATABASE())), ?)", "SELECT ? > 0"},
					slowMigration(),
				},
				want: "ST-6 MUST",
			},
		},
	}, {
		name: "interfaces", database: "sqlite", namespace: true, clauses: []string{"ST-1"},
		mutants: []mutant{
			{
				name:  "it listens on the loopback alone",
				edits: []edit{{"internal/config/config.go", `r.text("HOST", "0.0.0.0")`, `r.text("HOST", "127.0.0.1")`}},
				want:  "ST-1 MUST",
			},
		},
	}, {
		name: "startup", database: "sqlite", clauses: []string{"ST", "HL"},
		mutants: []mutant{
			{
				name: "it writes a file where it runs",
				edits: []edit{
					{appServer, "\t\"net\"\n", "\t\"net\"\n\t\"os\"\n"},
					{appServer, startLine, "\t_ = os.WriteFile(\"last-start\", nil, 0o600)\n" + startLine},
				},
				want: "ST-1 MUST",
			},
			{
				name: "a second instance waits for the port",
				edits: []edit{{
					appServer, "\t\treturn fmt.Errorf(\"listen on port %d: %w\", port, err)\n",
					"\t\tlogger.ErrorContext(ctx, err.Error())\n\t\t<-ctx.Done()\n\t\treturn ctx.Err()\n",
				}},
				want: "ST-5 MUST",
			},
			{
				name: "a second instance does not say which port is taken",
				edits: []edit{{
					appServer, "fmt.Errorf(\"listen on port %d: %w\", port, err)",
					"fmt.Errorf(\"listen: %w\", syscall.EADDRINUSE)",
				}},
				want: "ST-5 MUST",
			},
			{
				name: "the start makes the tables",
				edits: []edit{{
					appServer, "\tmeasures := metrics.New(",
					"\t_ = db.Migrate(ctx, databaseOptions(settings), logger)\n\tmeasures := metrics.New(",
				}},
				want: "ST-6 MUST",
			},
			{
				name: "migrations take no lock",
				edits: []edit{
					{"internal/platform/db/sqlite.go", `dataSource(path+"-migrate", "rwc", migrationTimeout)`, `":memory:"`},
					slowMigration(),
				},
				want: "ST-6 MUST",
			},
			{
				name: "entity tags belong to the process",
				edits: []edit{
					{"internal/view/pages.go", "import \"strconv\"\n", "import (\n\t\"os\"\n\t\"strconv\"\n)\n"},
					{"internal/view/pages.go", "strconv.FormatInt(version, 10))", "strconv.FormatInt(version, 10) + \"-\" + strconv.Itoa(os.Getpid()))"},
				},
				want: "ST-7 MUST",
			},
			{
				name: "rows are cached in the process",
				edits: []edit{
					{
						itemRepository, "\trow := r.DB.Reader.QueryRowContext(ctx, itemSelectOne, id)\n\tm, err := scanItem(row.Scan)\n",
						"\tif known, ok := cache.Load(id); ok {\n\t\treturn known.(model.Item), nil\n\t}\n" +
							"\trow := r.DB.Reader.QueryRowContext(ctx, itemSelectOne, id)\n\tm, err := scanItem(row.Scan)\n" +
							"\tif err == nil {\n\t\tcache.Store(id, m)\n\t}\n",
					},
					{itemRepository, "\t\"context\"\n", "\t\"context\"\n\t\"sync\"\n"},
					{itemRepository, "// ItemRepository keeps items.\n", "var cache sync.Map\n\n"},
					{
						itemRepository, "\tm.Version++\n\treturn m, translate(ctx, \"update",
						"\tm.Version++\n\tcache.Delete(m.ID)\n\treturn m, translate(ctx, \"update",
					},
				},
				want: "ST-7 MUST",
			},
			{
				name:  "probes are limited, too",
				edits: []edit{{"internal/middleware/ratelimit.go", "if !Probe(r.URL.Path) {", "if r != nil {"}},
				want:  "HL-3 MUST",
			},
			{
				name: "probes may be cached",
				edits: []edit{{
					"internal/middleware/headers.go", "\t\tmaps.Copy(header, always)\n",
					"\t\tmaps.Copy(header, always)\n\t\tif Probe(r.URL.Path) {\n\t\t\theader.Del(\"Cache-Control\")\n\t\t}\n",
				}},
				want: "HL-3 MUST",
			},
		},
	}}
}

// slowMigration reads first what is there, and leaves the other run time to do
// the same before it acts.
func slowMigration() edit {
	return edit{
		"internal/platform/db/db.go", "\tresults, err := provider.Up(ctx)\n",
		"\tif version, err := provider.GetDBVersion(ctx); err != nil || version > 0 {\n\t\treturn err\n\t}\n" +
			"\ttime.Sleep(3 * time.Second)\n\tresult, err := provider.ApplyVersion(ctx, 1, true)\n" +
			"\tresults := []*goose.MigrationResult{result}\n",
	}
}

// Files and places that several mutants change.
const (
	appServer      = "internal/app/server.go"
	itemRepository = "internal/repository/item.go"

	startLine = "\tlogger.InfoContext(ctx, \"the service starts\",\n"
)
