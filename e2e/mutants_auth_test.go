package e2e

func authMutants() []herd {
	const (
		guard  = "internal/auth/auth.go"
		tokens = "internal/auth/token.go"
		keys   = "internal/auth/keys.go"
	)
	statements := "internal/repository/item_sqlite.go"
	return []herd{{
		name: "auth", database: "sqlite", with: "auth", clauses: []string{"AU-1", "AU-2", "AU-3", "AU-4"},
		mutants: []mutant{
			{
				name:  "one method needs no token",
				edits: []edit{{guard, "if !strings.HasPrefix(r.URL.Path, protected) {", "if !strings.HasPrefix(r.URL.Path, protected) || r.Method == http.MethodOptions {"}},
				want:  "AU-1 MUST, AU-4 MUST",
			},
			{
				name:  "a token in the URL counts",
				edits: []edit{{guard, "	headers := r.Header.Values(\"Authorization\")\n", "	headers := append(r.Header.Values(\"Authorization\"), \"Bearer \"+r.URL.Query().Get(\"access_token\"))[:1]\n"}},
				want:  "AU-1 MUST",
			},
			{
				name:  "who is refused is not told what to send",
				edits: []edit{{guard, "	w.Header().Set(\"WWW-Authenticate\", challenge)\n", "	_ = challenge\n"}},
				want:  "AU-1 MUST, AU-2 MUST, AU-4 MUST",
			},
			{
				name:  "a refusal leaves no trace",
				edits: []edit{{guard, "g.logger.WarnContext(r.Context(), \"a request is refused\"", "g.logger.DebugContext(r.Context(), \"a request is refused\""}},
				want:  "AU-1 MUST",
			},
			{
				name:  "a signature is not looked at",
				edits: []edit{{tokens, "	content, err := jws.Verify([]byte(token), jws.WithKey(algorithm, key))\n", "	_, err = jws.Verify([]byte(token), jws.WithKey(algorithm, key))\n	message, _ := jws.ParseString(token)\n	content := message.Payload()\n	err = nil\n"}},
				want:  "AU-2 MUST",
			},
			{
				name:  "tokens live for ever",
				edits: []edit{{tokens, "		jwt.WithAcceptableSkew(skew),\n", "		jwt.WithAcceptableSkew(10 * 24 * time.Hour),\n		jwt.WithValidator(jwt.ValidatorFunc(func(context.Context, jwt.Token) error { _ = skew; return nil })),\n"}},
				want:  "AU-2 MUST",
			},
			{
				name:  "tokens for others count",
				edits: []edit{{tokens, "		jwt.WithAudience(settings.Audience),\n", ""}},
				want:  "AU-2 MUST",
			},
			{
				name:  "tokens of other issuers count",
				edits: []edit{{tokens, "		jwt.WithIssuer(settings.Issuer),\n", ""}},
				want:  "AU-2 MUST",
			},
			{
				name:  "scopes are not asked for",
				edits: []edit{{guard, "!who.has(needed) && g.routed(r)", "!who.has(needed) && !g.routed(r)"}},
				want:  "AU-3 MUST",
			},
			{
				name:  "lists show the rows of all",
				edits: []edit{{itemRepository, "	s.equal(owned(ctx))\n", ""}},
				want:  "AU-3 MUST",
			},
			{
				name: "the row of another can be read",
				edits: []edit{
					{statements, "itemSelect + ` WHERE \"id\" = ? AND \"_owner\" = ?`", "itemSelect + ` WHERE \"id\" = ?`"},
					{itemRepository, "itemSelectOne, id, owner(ctx))", "itemSelectOne, id)"},
				},
				want: "AU-3 MUST",
			},
			{
				name: "the row of another can be deleted",
				edits: []edit{
					{statements, "DELETE FROM \"items\" WHERE \"id\" = ? AND \"_owner\" = ?`", "DELETE FROM \"items\" WHERE \"id\" = ?`"},
					{itemRepository, "itemDelete, id, owner(ctx))", "itemDelete, id)"},
				},
				want: "AU-3 MUST",
			},
			{
				name:  "what is unique is so for all owners together",
				edits: []edit{{"migrations/00001_create_items.sql", "(\"sku\", \"_owner\")", "(\"sku\")"}},
				want:  "AU-3 MUST",
			},
			{
				name:  "keys are read for every request",
				edits: []edit{{keys, "	key, err = k.lookup(id)\n	now := k.now()\n", "	k.set = nil\n	k.tried = time.Time{}\n	key, err = k.lookup(id)\n	now := k.now()\n"}},
				want:  "AU-4 MUST",
			},
			{
				name:  "who invents keys makes the service ask for them",
				edits: []edit{{keys, "now.Sub(k.missed) >= pause", "now.Sub(k.missed) >= 0"}},
				want:  "AU-4 MUST",
			},
			{
				name:  "new keys are not looked for",
				edits: []edit{{keys, "now.Sub(k.missed) >= pause", "now.Sub(k.missed) < 0"}},
				want:  "AU-4 MUST",
			},
			{
				name:  "without keys everybody is let in",
				edits: []edit{{tokens, "	key, err := v.keys.find(ctx, id)\n	if err != nil {\n", "	key, err := v.keys.find(ctx, id)\n	if errors.Is(err, errNoKeys) {\n		claims, _ := jwt.ParseInsecure([]byte(token))\n		return readClaims(claims)\n	}\n	if err != nil {\n"}},
				want:  "AU-4 MUST",
			},
		},
	}, {
		name: "owners", database: "sqlite", with: "auth", related: true, clauses: []string{"AU-3"},
		mutants: []mutant{{
			name:  "references lead to the rows of all",
			edits: []edit{{"internal/repository/references_sqlite.go", "`+quoted(r.table)+` WHERE \"id\" = ? AND \"_owner\" = ?)`, *r.id, owner(ctx))", "`+quoted(r.table)+` WHERE \"id\" = ?)`, *r.id)"}},
			want:  "AU-3 MUST",
		}},
	}, {
		name: "owners", database: "mongodb", with: "auth", related: true, clauses: []string{"AU-3"},
		mutants: []mutant{
			{
				name:  "lists show the rows of all",
				edits: []edit{{"internal/repository/customer.go", "	s.equal(owned(ctx))\n", ""}},
				want:  "AU-3 MUST",
			},
			{
				name:  "the row of another can be read",
				edits: []edit{{"internal/repository/customer.go", "FindOne(ctx, bson.M{\"_id\": id, ownerColumn: owner(ctx)})", "FindOne(ctx, bson.M{\"_id\": id})"}},
				want:  "AU-3 MUST",
			},
			{
				name:  "the row of another can be deleted",
				edits: []edit{{"internal/repository/customer.go", "ErrNotFound, bson.M{\"_id\": id, ownerColumn: owner(ctx)})", "ErrNotFound, bson.M{\"_id\": id})"}},
				want:  "AU-3 MUST",
			},
			{
				name:  "references lead to the rows of all",
				edits: []edit{{"internal/repository/references_mongodb.go", "bson.M{\"_id\": *r.id, ownerColumn: owner(ctx)})", "bson.M{\"_id\": *r.id})"}},
				want:  "AU-3 MUST",
			},
			{
				name:  "what is unique is so for all owners together",
				edits: []edit{{"migrations/00001_create_customers.json", "{\"email\": 1, \"_owner\": 1}", "{\"email\": 1}"}},
				want:  "AU-3 MUST",
			},
		},
	}}
}
