package e2e

func metricsMutants() []herd {
	const (
		measures = "internal/platform/metrics/metrics.go"
		access   = "internal/middleware/access.go"
		traces   = "internal/platform/trace/trace.go"
	)
	return []herd{{
		name: "metrics", database: "sqlite", clauses: []string{"MT"},
		mutants: []mutant{
			{
				name: "metrics are for everybody",
				edits: []edit{{
					appServer, "\tpublic := newServer(settings, handler, logger)\n",
					"\tpublic := newServer(settings, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n" +
						"\t\tif r.URL.Path == \"/metrics\" {\n\t\t\tmeasures.Handler().ServeHTTP(w, r)\n\t\t\treturn\n\t\t}\n" +
						"\t\thandler.ServeHTTP(w, r)\n\t}), logger)\n",
				}},
				want: "MT-1 MUST",
			},
			{
				name:  "metrics cannot be switched off",
				edits: []edit{{appServer, "if settings.MetricsPort != 0 {", "if settings.MetricsPort >= 0 {"}},
				want:  "MT-1 MUST",
			},
			{
				name:  "a bound of the histogram is missing",
				edits: []edit{{measures, "0.05, 0.075, 0.1,", "0.05, 0.1,"}},
				want:  "MT-2 MUST",
			},
			{
				name:  "traces without an id are continued",
				edits: []edit{{"internal/middleware/request.go", `strings.Trim(parts[2], "0") == "" || strings.Trim(parts[3], "0") == ""`, `parts[2] == ""`}},
				want:  "MT-5 MUST",
			},
			{
				name: "paths are labels",
				edits: []edit{
					{access, "\t\t\t\troute := From(r.Context()).Route\n", ""},
					{access, "recorder.code(), route, duration)", "recorder.code(), r.URL.Path, duration)"},
				},
				want: "MT-3 MUST",
			},
			{
				name:  "methods are labels, whatever they are",
				edits: []edit{{measures, "methodLabel(method), ", "method, "}},
				want:  "MT-3 MUST",
			},
			{
				name:  "the process is not measured",
				edits: []edit{{measures, "\tregistry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))\n", ""}},
				want:  "MT-4 SHOULD",
			},
			{
				name:  "the pools are not measured",
				edits: []edit{{appServer, "\t\tmeasures.WatchPool(name, pool)\n", "\t\t_, _ = name, pool\n"}},
				want:  "MT-4 SHOULD",
			},
			{
				name:  "the start does not say which build it is",
				edits: []edit{{appServer, `"version", process.Version, "commit", process.Commit, "environment"`, `"environment"`}},
				want:  "MT-4 SHOULD",
			},
			{
				name:  "spans are exported unasked",
				edits: []edit{{"internal/config/config.go", `r.text("OTEL_EXPORTER_OTLP_ENDPOINT", "") != ""`, "r != nil"}},
				want:  "MT-6 MUST",
			},
			{
				name:  "spans do not name the route",
				edits: []edit{{traces, "\tspan.SetName(method + \" \" + route)\n", "\t_ = method\n"}},
				want:  "MT-7 SHOULD",
			},
			{
				name:  "spans begin traces of their own",
				edits: []edit{{traces, "\t\totelhttp.WithPropagators(propagation.TraceContext{}),\n", "\t\totelhttp.WithPropagators(propagation.Baggage{}),\n"}},
				want:  "MT-7 SHOULD",
			},
		},
	}}
}
