package e2e

func rowMutants() []herd {
	const (
		statements = "internal/repository/item_sqlite.go"
		sql        = "internal/repository/sqlite.go"
		insert     = "\terr = exec(ctx, r.DB.Writer, ErrNotFound, itemInsert,\n"
	)
	return []herd{
		{
			name: "rows", database: "sqlite", clauses: []string{"RS-1", "RS-2", "RS-9", "RS-11", "RS-13", "RS-14", "RS-15", "RS-16", "RS-17", "RS-18", "RS-19"},
			mutants: []mutant{
				{
					name:  "null is left out",
					edits: []edit{{"internal/view/item.go", `json:"description"`, `json:"description,omitempty"`}},
					want:  "RS-1 MUST, RS-2 MUST, RS-13 MUST, RS-14 MUST",
				},
				{
					name: "text is taken apart into base letters and accents",
					edits: []edit{
						{itemRepository, "\t\"context\"\n", "\t\"context\"\n\t\"strings\"\n"},
						{itemRepository, "\tm.Version = 1\n", "\tm.Version = 1\n\tm.Name = strings.ReplaceAll(m.Name, \"ë\", \"e\\u0308\")\n"},
					},
					want: "RS-2 MUST",
				},
				{
					name: "names are trimmed",
					edits: []edit{
						{itemRepository, "\t\"context\"\n", "\t\"context\"\n\t\"strings\"\n"},
						{itemRepository, "\tm.Version = 1\n", "\tm.Version = 1\n\tm.Name = strings.TrimSpace(m.Name)\n"},
					},
					want: "RS-11 MUST",
				},
				{
					// All have compared before the first changes.
					name: "the version is compared before the change and not with it",
					edits: []edit{
						{statements, `WHERE "id" = ? AND "version" = ?`, `WHERE "id" = ? AND ? > 0`},
						{itemRepository, "\t\"context\"\n", "\t\"context\"\n\t\"time\"\n"},
						{itemRepository, "\tm.UpdatedAt = later(m.UpdatedAt)\n", "\ttime.Sleep(50 * time.Millisecond)\n\tm.UpdatedAt = later(m.UpdatedAt)\n"},
					},
					want: "RS-16 MUST",
				},
				{
					name:  "a value that is taken is an unforeseen failure",
					edits: []edit{{sql, "case sqlite3.SQLITE_CONSTRAINT_UNIQUE:\n", "case -1:\n"}},
					want:  "RS-18 MUST",
				},
				{
					// All have asked before the first is stored.
					name: "a query decides what is unique, and no index",
					edits: []edit{
						{itemRepository, "\t\"context\"\n", "\t\"context\"\n\t\"time\"\n"},
						{"migrations/00001_create_items.sql", "CREATE UNIQUE INDEX", "CREATE INDEX"},
						{
							itemRepository, insert,
							"\tvar taken int\n\tif err := r.DB.Reader.QueryRowContext(ctx, `SELECT count(*) FROM \"items\" WHERE \"sku\" = ?`, m.Sku).Scan(&taken); err != nil || taken > 0 {\n" +
								"\t\treturn m, &DuplicateError{Fields: []string{\"sku\"}}\n\t}\n\ttime.Sleep(50 * time.Millisecond)\n" + insert,
						},
					},
					want: "RS-18 MUST",
				},
			},
		},
		{
			name: "load", database: "sqlite", clauses: []string{"RS-21"},
			mutants: []mutant{
				{
					name: "rows are acknowledged before they are stored",
					edits: []edit{
						{itemRepository, "\t\"context\"\n", "\t\"context\"\n\t\"time\"\n"},
						{
							itemRepository, insert,
							"\tgo func() {\n\t\ttime.Sleep(200 * time.Millisecond)\n" +
								"\t\t_ = exec(context.Background(), r.DB.Writer, ErrNotFound, itemInsert, m.ID, m.Name, m.Sku, m.Quantity, m.Status, m.Description, " +
								"m.Version, stored(m.CreatedAt), stored(m.UpdatedAt))\n\t}()\n\treturn m, nil\n" + insert,
						},
					},
					want: "RS-21 MUST",
				},
				{
					name: "writers do not wait for each other",
					edits: []edit{
						{"internal/platform/db/sqlite.go", "writer.SetMaxOpenConns(1)", "writer.SetMaxOpenConns(10)"},
						{"internal/platform/db/sqlite.go", "timeout.Milliseconds())", "timeout.Milliseconds()/1_000_000)"},
					},
					want: "RS-21 MUST",
				},
			},
		},
	}
}
