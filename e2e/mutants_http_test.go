package e2e

func httpMutants() []herd {
	return []herd{{
		name: "http", database: "sqlite", clauses: []string{"HT"},
		mutants: []mutant{
			{
				name:  "headers may have a megabyte",
				edits: []edit{{appServer, "MaxHeaderBytes:               32 << 10,", "MaxHeaderBytes: 1 << 20,"}},
				want:  "HT-9 SHOULD",
			},
			{
				name:  "chunked requests leave the connection open",
				edits: []edit{{"internal/middleware/headers.go", "if len(r.TransferEncoding) > 0 {", "if r == nil {"}},
				want:  "HT-10 SHOULD",
			},
			{
				// A request without Host passes for one of HTTP/1.0, which needs none.
				name: "requests need no Host",
				edits: []edit{
					{appServer, "server.Serve(listener)", "server.Serve(lenient{listener})"},
					{appServer, "// shutDown lets", lenientListener + "\n// shutDown lets"},
					{appServer, "import (\n", "import (\n\t\"bytes\"\n"},
				},
				want: "HT-10 MUST",
			},
		},
	}}
}

const lenientListener = `type lenient struct{ net.Listener }

func (l lenient) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return lenientConnection{connection.(*net.TCPConn)}, nil
}

type lenientConnection struct{ *net.TCPConn }

func (c lenientConnection) Read(into []byte) (int, error) {
	n, err := c.TCPConn.Read(into)
	read := into[:n]
	if bytes.HasPrefix(read, []byte("GET")) && bytes.HasSuffix(read, []byte("\r\n\r\n")) && !bytes.Contains(read, []byte("\r\nHost:")) {
		copy(read, bytes.Replace(read, []byte("HTTP/1.1\r\n"), []byte("HTTP/1.0\r\n"), 1))
	}
	return n, err
}
`
