package e2e

func securityMutants() []herd {
	const limit = "internal/middleware/ratelimit.go"
	return []herd{{
		name: "security", database: "sqlite", clauses: []string{"SE-1", "SE-2", "SE-3", "SE-4", "SE-5", "SE-6", "SE-7"},
		mutants: []mutant{
			{
				name:  "answers may be framed by old browsers",
				edits: []edit{{"internal/middleware/headers.go", "\t\"X-Frame-Options\":         {\"DENY\"},\n", ""}},
				want:  "SE-1 SHOULD",
			},
			{
				name: "what is searched for becomes part of the statement",
				edits: []edit{
					{"internal/repository/sqlite_search.go", `", ?) > 0")`, `", '"+text+"') > 0")`},
					{"internal/repository/sqlite_search.go", "\t\targuments = append(arguments, text)\n", ""},
				},
				want: "SE-4 MUST",
			},
			{
				name: "text is stored as HTML",
				edits: []edit{
					{itemRepository, "\t\"context\"\n", "\t\"context\"\n\t\"html\"\n"},
					{itemRepository, "\tm.Version = 1\n", "\tm.Version = 1\n\tm.Name = html.EscapeString(m.Name)\n"},
				},
				want: "SE-4 MUST",
			},
			{
				name:  "nobody is limited",
				edits: []edit{{limit, "if perMinute == 0 {", "if perMinute >= 0 {"}},
				want:  "SE-6 SHOULD",
			},
			{
				name:  "who is limited is not told until when",
				edits: []edit{{limit, "w.Header().Set(\"Retry-After\", strconv.Itoa(int(math.Ceil(wait.Seconds()))))", "_ = strconv.Itoa(int(math.Ceil(wait.Seconds())))"}},
				want:  "SE-6 SHOULD",
			},
			{
				name:  "who is limited stays so",
				edits: []edit{{limit, "now.Sub(b.filled).Minutes()*l.perMinute)", "now.Sub(now).Minutes()*l.perMinute)"}},
				want:  "SE-6 SHOULD",
			},
		},
	}}
}
