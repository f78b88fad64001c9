package e2e

func faultMutants() []herd {
	const (
		rows   = "internal/repository/rows.go"
		access = "internal/middleware/access.go"
		errors = "internal/controller/errors.go"
		failed = "internal/repository/errors.go"
	)
	return []herd{
		{
			name: "shutdown", database: "sqlite", clauses: []string{"FT-1", "FT-5", "FT-6", "FT-7"},
			mutants: []mutant{
				{
					name: "without its database it ends as if nothing were wrong",
					edits: []edit{{
						appServer, "\tmeasures := metrics.New(",
						"\tif err := database.Ready(ctx); err != nil {\n\t\treturn nil\n\t}\n\tmeasures := metrics.New(",
					}},
					want: "FT-1 MUST",
				},
				{
					name:  "a database that is away is an unforeseen failure",
					edits: []edit{{failed, "errors.Is(err, context.DeadlineExceeded) || unavailable(err)", "errors.Is(err, context.DeadlineExceeded)"}},
					want:  "FT-1 MUST",
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
		},
		{
			name: "clients", database: "sqlite", clauses: []string{"FT-8", "FT-9", "FT-10"},
			mutants: []mutant{
				{
					name: "a connection occupies one of twenty workers",
					edits: []edit{
						{appServer, "server.Serve(listener)", "server.Serve(busy{listener, make(chan struct{}, 20)})"},
						{appServer, "// shutDown lets", busyListener + "\n// shutDown lets"},
						{appServer, "\t\"strconv\"\n", "\t\"strconv\"\n\t\"sync\"\n"},
					},
					want: "FT-8 MUST, FT-8 SHOULD, FT-10 MUST",
				},
				{
					name: "content may come as slowly as it likes",
					edits: []edit{
						{appServer, "\t\tReadTimeout:                  settings.RequestTimeout + time.Second,\n", ""},
					},
					want: "FT-8 SHOULD",
				},
				{
					name: "clients that hang up are failures",
					edits: []edit{
						{failed, "case errors.Is(ctx.Err(), context.Canceled):\n", "case ctx == nil:\n"},
						{errors, "if errors.Is(r.Context().Err(), context.Canceled) {", "if r.Context() == nil {"},
					},
					want: "FT-9 SHOULD",
				},
				{
					name: "clients that hang up keep a connection of the pool",
					edits: []edit{{rows, "\t\"github.com/google/uuid\"\n", "\t\"github.com/google/uuid\"\n\n\t\"example.com/orders/internal/platform/db\"\n"}, {
						rows, "\tresult, err := pool.ExecContext(ctx, statement, arguments...)\n\tif err != nil {\n\t\treturn err\n\t}\n",
						"\tconn, err := pool.(*db.Pool).Conn(ctx)\n\tif err != nil {\n\t\treturn err\n\t}\n" +
							"\tresult, err := conn.ExecContext(ctx, statement, arguments...)\n\tif err != nil {\n\t\treturn err\n\t}\n\t_ = conn.Close()\n",
					}},
					want: "FT-9 SHOULD",
				},
				{
					name: "every request leaves a file open",
					edits: []edit{
						{access, "\t\t\tstart := time.Now()\n", "\t\t\tstart := time.Now()\n\t\t\tkeep()\n"},
						{access, "\t\"net/http\"\n", "\t\"net/http\"\n\t\"os\"\n\t\"sync\"\n"},
						{
							access, "// Probe reports",
							"var kept []*os.File\nvar keeping sync.Mutex\n\nfunc keep() {\n\tfile, _ := os.Open(os.DevNull)\n" +
								"\tkeeping.Lock()\n\tkept = append(kept, file)\n\tkeeping.Unlock()\n}\n\n// Probe reports",
						},
					},
					want: "FT-10 MUST",
				},
				{
					name: "every POST leaves eight megabytes behind",
					edits: []edit{
						{access, "\t\t\tstart := time.Now()\n", "\t\t\tstart := time.Now()\n\t\t\tif r.Method == http.MethodPost {\n\t\t\t\tkeep()\n\t\t\t}\n"},
						{access, "\t\"log/slog\"\n", "\t\"bytes\"\n\t\"log/slog\"\n"},
						{access, "\t\"net/http\"\n", "\t\"net/http\"\n\t\"sync\"\n"},
						{
							access, "// Probe reports",
							"var kept [][]byte\nvar keeping sync.Mutex\n\nfunc keep() {\n\tkeeping.Lock()\n" +
								"\tkept = append(kept, bytes.Repeat([]byte{1}, 8<<20))\n\tkeeping.Unlock()\n}\n\n// Probe reports",
						},
					},
					want: "FT-10 MUST",
				},
			},
		},
	}
}

// busyListener accepts no more connections than there is room for until one of
// them is closed.
const busyListener = `type busy struct {
	net.Listener
	room chan struct{}
}

func (b busy) Accept() (net.Conn, error) {
	b.room <- struct{}{}
	connection, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &busyConnection{TCPConn: connection.(*net.TCPConn), leave: func() { <-b.room }}, nil
}

type busyConnection struct {
	*net.TCPConn
	once  sync.Once
	leave func()
}

func (c *busyConnection) Close() error {
	c.once.Do(c.leave)
	return c.TCPConn.Close()
}
`
