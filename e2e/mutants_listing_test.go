package e2e

func listingMutants() []herd {
	const (
		sql     = "internal/repository/sqlite.go"
		query   = "internal/listing/query.go"
		cursor  = "internal/listing/cursor.go"
		answers = "internal/controller/answers.go"
		after   = "\t\ts.add(fmt.Sprintf(`(%[1]s < ? OR (%[1]s = ? AND \"id\" > ?) OR %[1]s IS NULL)`, column),\n" +
			"\t\t\tposition.Value, position.Value, position.ID)\n" //nolint:dupword // it is Go
	)
	return []herd{{
		name: "lists", database: "sqlite", clauses: []string{"RS-4", "RS-5", "RS-6", "RS-7", "RS-8"},
		mutants: []mutant{
			{
				name:  "a page begins with the last row of the one before",
				edits: []edit{{sql, `"id" > ?) OR %[1]s IS NULL)`, `"id" >= ?) OR %[1]s IS NULL)`}},
				want:  "RS-5 MUST",
			},
			{
				name:  "rows of the same moment are skipped",
				edits: []edit{{sql, `"id" > ?) OR %[1]s IS NULL)`, `"id" > ? AND 0) OR %[1]s IS NULL)`}},
				want:  "RS-5 MUST",
			},
			{
				name: "the row of a cursor has to exist",
				edits: []edit{{
					sql, after,
					"\t\tplace := `(SELECT ` + column + ` FROM \"items\" WHERE \"id\" = ?)`\n" +
						"\t\ts.add(`(`+column+` < `+place+` OR (`+column+` = `+place+` AND \"id\" > ?))`, position.ID, position.ID, position.ID)\n", //nolint:dupword // it is Go
				}},
				want: "RS-5 MUST",
			},
			{
				name: "no link to the next page",
				edits: []edit{
					{answers, "cursor, next := query.Next", "cursor, _ := query.Next"},
					{answers, "\t\tw.Header().Set(\"Link\", \"<\"+r.URL.EscapedPath()+\"?\"+next+`>; rel=\"next\"`)\n", ""},
				},
				want: "RS-5 SHOULD",
			},
			{
				name:  "the checksum of a cursor is not looked at",
				edits: []edit{{cursor, "!bytes.Equal(sum, checksum(payload, binding))", "bytes.Equal(sum, nil)"}},
				want:  "RS-6 MUST",
			},
			{
				name:  "a cursor is good for any filter",
				edits: []edit{{query, "\tvalues.Set(\"sort\", q.sort)\n\treturn values.Encode()\n", "\treturn q.sort\n"}},
				want:  "RS-6 MUST",
			},
			{
				name:  "a cursor has several spellings",
				edits: []edit{{cursor, "base64.RawURLEncoding.Strict()", "base64.RawURLEncoding"}},
				want:  "RS-6 MUST",
			},
			{
				name:  "order ignores case",
				edits: []edit{{sql, `ORDER BY %s %s, "id"`, `ORDER BY %s COLLATE NOCASE %s, "id"`}},
				want:  "RS-8 MUST",
			},
			{
				name:  "lists are sorted by whatever is asked for",
				edits: []edit{{query, "if _, known := fields[name]; !known {", "if _, known := fields[name]; !known && name == \"\" {"}},
				want:  "RS-8 MUST",
			},
			{
				name:  "unknown parameters are ignored",
				edits: []edit{{query, "\tfor name := range q.left {\n", "\tfor name := range map[string]string{} {\n"}},
				want:  "RS-8 SHOULD",
			},
		},
	}, {
		name: "texts", database: "mysql", clauses: []string{"RS-2", "RS-7", "RS-8"},
		mutants: []mutant{
			{
				name: "texts are what a language takes them for",
				edits: []edit{{
					"migrations/00001_create_items.sql", "/*M! COLLATE = utf8mb4_nopad_bin */", "/*M! COLLATE = utf8mb4_unicode_ci */",
				}},
				want: "RS-7 MUST, RS-8 MUST",
			},
			{
				name: "texts have the character set of the server",
				edits: []edit{{
					"migrations/00001_create_items.sql", "DEFAULT CHARSET = utf8mb4 /*!80000 COLLATE = utf8mb4_0900_bin */ /*M! COLLATE = utf8mb4_nopad_bin */", "",
				}},
				want: "RS-2 MUST, RS-7 MUST, RS-8 MUST",
			},
		},
	}}
}
