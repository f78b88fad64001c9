package e2e

func logMutants() []herd {
	const errors = "internal/controller/errors.go"
	return []herd{{
		name: "log", database: "sqlite", clauses: []string{"LG"},
		mutants: []mutant{
			{
				name: "a greeting on standard error",
				edits: []edit{
					{appServer, "\t\"net\"\n", "\t\"net\"\n\t\"os\"\n"},
					{appServer, startLine, "\tfmt.Fprintln(os.Stderr, \"Welcome!\")\n" + startLine},
				},
				want: "LG-1 SHOULD",
			},
			{
				name: "failures are recorded without a stack",
				edits: []edit{
					{errors, "if failure, ok := errors.AsType[*repository.FailureError](err); ok {\n\t\tb.", "if _, ok := errors.AsType[*repository.FailureError](err); ok {\n\t\tb."},
					{errors, `, "stack", failure.Stack)`, ")"},
				},
				want: "LG-5 MUST",
			},
			{
				name:  "answers tell the statement that failed",
				edits: []edit{{errors, `view.NewProblem(http.StatusInternalServerError, "")`, "view.NewProblem(http.StatusInternalServerError, err.Error())"}},
				want:  "LG-5 MUST",
			},
			{
				name:  "mistakes of clients are errors of the service",
				edits: []edit{{errors, "problem.Status >= http.StatusInternalServerError", "problem.Status >= http.StatusBadRequest"}},
				want:  "LG-5 MUST",
			},
		},
	}}
}
