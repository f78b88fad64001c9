package e2e

// documentMutants break what is other code on MongoDB.
func documentMutants() []herd {
	const (
		documents  = "internal/repository/mongodb.go"
		references = "internal/repository/references_mongodb.go"
	)
	return []herd{{
		name: "rows", database: "mongodb", clauses: []string{"RS-5", "RS-7", "RS-8", "RS-9", "RS-13", "RS-14", "RS-16", "RS-18"},
		mutants: []mutant{
			{
				name:  "a page begins with the last row of the one before",
				edits: []edit{{documents, "behind := bson.M{\"$gt\": position.ID}", "behind := bson.M{\"$gte\": position.ID}"}},
				want:  "RS-5 MUST",
			},
			{
				name:  "filters are not heeded",
				edits: []edit{{itemRepository, "\ts.equal(request.Equal)\n", ""}},
				want:  "RS-7 MUST",
			},
			{
				name:  "lists have one order",
				edits: []edit{{documents, "\tif request.Descending {\n\t\tdirection = -1\n\t}\n", "\t_ = request.Descending\n"}},
				want:  "RS-5 MUST, RS-8 MUST",
			},
			{
				name:  "null stays what it was",
				edits: []edit{{documents, "\t\tupdate[\"$unset\"] = null\n", "\t\tdelete(null, \"\")\n"}},
				want:  "RS-13 MUST, RS-14 MUST",
			},
			{
				// All have compared before the first changes.
				name: "the version is compared before the change and not with it",
				edits: []edit{
					{documents, "bson.M{\"_id\": id, \"version\": version}, update, only)", "bson.M{\"_id\": id, \"version\": bson.M{\"$gte\": min(version, 0)}}, update, only)"},
					{itemRepository, "\tm.UpdatedAt = later(m.UpdatedAt)\n", "\ttime.Sleep(50 * time.Millisecond)\n\tm.UpdatedAt = later(m.UpdatedAt)\n"},
				},
				want: "RS-16 MUST",
			},
			{
				name:  "a value that is taken is an unforeseen failure",
				edits: []edit{{documents, "const codeDuplicate = 11000", "const codeDuplicate = 11001"}},
				want:  "RS-18 MUST",
			},
			{
				name:  "no index says what is unique",
				edits: []edit{{"migrations/00001_create_items.json", ", \"unique\": true", ""}},
				want:  "RS-18 MUST",
			},
		},
	}, {
		name: "references", database: "mongodb", related: true, clauses: []string{"RS-9", "RS-19"},
		mutants: []mutant{
			{
				name:  "a reference may lead to nothing",
				edits: []edit{{references, "\t\tif !found {\n\t\t\tbroken", "\t\tif !found && r.table == \"\" {\n\t\t\tbroken"}},
				want:  "RS-9 MUST",
			},
			{
				name:  "what others refer to can be deleted",
				edits: []edit{{references, "\tfor _, r := range referrers[table] {\n", "\tfor _, r := range referrers[table][:0] {\n"}},
				want:  "RS-19 MUST",
			},
		},
	}}
}
