package e2e

// expressMutants break the service in TypeScript: the suite knows no language,
// and what it sees of one it has to see of another.
func expressMutants() []herd {
	const (
		repository = "src/repositories/repository.ts"
		health     = "src/controllers/health.controller.ts"
		headers    = "src/middleware/headers.ts"
		access     = "src/middleware/access-log.ts"
		content    = "src/lib/json.ts"
		server     = "src/server.ts"
	)
	return []herd{{
		name: "all", blueprint: "express", database: "sqlite",
		clauses: []string{
			"ST-2", "ST-5", "HL-1", "HL-2", "HL-3", "HT-2", "HT-6", "HT-7", "RS-5", "RS-9", "RS-13", "RS-16", "RS-18",
			"LG-2", "LG-4", "MT-1", "MT-2", "MT-3", "SE-1", "SE-2", "FT-5", "FT-6",
		},
		mutants: []mutant{
			{
				name:  "the probe of life asks the database",
				edits: []edit{{health, "    live(_req, res) {\n", "    async live(_req, res) {\n      await checkReady(database);\n"}},
				want:  "HL-1 MUST",
			},
			{
				name:  "readiness does not ask the database",
				edits: []edit{{health, "        await Promise.race([checkReady(database), limit]);\n", "        await Promise.race([limit, Promise.resolve(checkReady)]);\n"}},
				want:  "HL-2 MUST",
			},
			{
				name:  "every media type is JSON",
				edits: []edit{{content, "    mediaTypes.includes(mediaType) &&\n", "    (mediaTypes.includes(mediaType) || mediaType !== '') &&\n"}},
				want:  "HT-6 MUST",
			},
			{
				name:  "a page begins with the last row of the one before",
				edits: []edit{{repository, "`\"id\" > ${args.add(stored.id, id)}`", "`\"id\" >= ${args.add(stored.id, id)}`"}},
				want:  "RS-5 MUST",
			},
			{
				// All have compared before the first changes.
				name: "the version is compared before the change and not with it",
				edits: []edit{
					{repository, "AND \"version\" = ${args.add(stored.version, current.version)}`", "AND \"version\" > 0`"},
					{repository, "    const updated_at = new Date(", "    await new Promise((resolve) => setTimeout(resolve, 50));\n    const updated_at = new Date("},
				},
				want: "RS-16 MUST",
			},
			{
				name:  "no index says what is unique",
				edits: []edit{{"migrations/00001_create_items.sql", "CREATE UNIQUE INDEX", "CREATE INDEX"}},
				want:  "RS-18 MUST",
			},
			{
				name:  "the query stands in the log",
				edits: []edit{{access, "const path = pathOf(req.originalUrl);", "const path = req.originalUrl;"}},
				want:  "LG-2 MUST, LG-4 MUST",
			},
			{
				name:  "the path is a label",
				edits: []edit{{access, "metrics.observe(req.method, status, route, milliseconds / 1000);", "metrics.observe(req.method, status, route || path, milliseconds / 1000);"}},
				want:  "MT-3 MUST",
			},
			{
				name:  "answers may be sniffed",
				edits: []edit{{headers, "  'X-Content-Type-Options': 'nosniff',\n", ""}},
				want:  "SE-1 MUST",
			},
			{
				name:  "SIGTERM cuts requests off",
				edits: []edit{{server, "  const finished = await shutDown(servers, config.shutdownTimeout);\n", "  const finished = await shutDown(servers, config.shutdownTimeout > 0 ? 1 : 0);\n"}},
				want:  "FT-5 MUST",
			},
		},
	}}
}
