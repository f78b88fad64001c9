// Package term is what the program knows of the terminal: its three streams,
// whether people sit at them, how wide they are, whether they take colour, and
// how text is made safe to show there.
//
// It is told about the process and never asks for it: no standard stream and
// no environment variable is read from here by itself. It knows no commands.
package term

import (
	"bytes"
	"io"
	"strconv"

	"golang.org/x/term"

	"groundsill.example/internal/diag"
)

// The width of an output whose width is not known, and the range of widths that
// the program lays text out for.
const (
	DefaultWidth = 80
	minWidth     = 20
	maxWidth     = 120
)

// Process is what the program was started with. In, Out and Err are tested for
// being terminals when they have a file descriptor; anything else is none.
type Process struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(name string) string // the value of a variable, "" when it is not set; may be nil
}

// Streams are the input and the two outputs of a run: results on Out, all else
// on Err.
type Streams struct {
	In       Input
	Out, Err Output
}

// Input is where answers come from.
type Input struct {
	io.Reader

	Terminal bool
}

// Output is where text goes, and what it can show.
type Output struct {
	io.Writer

	Terminal bool
	Colour   bool
	Width    int // in columns, never zero
}

// Write writes p. What cannot be written, to a full disk or a closed pipe, is a
// *diag.Error of class Environment.
func (o Output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		err = diag.Wrap(diag.Environment, err, diag.Diagnostic{Code: "output", Summary: "write the output"})
	}
	return n, err
}

// New returns the streams of p. Colour is on for terminals. NO_COLOR, CLICOLOR=0
// and TERM=dumb turn it off; CLICOLOR_FORCE turns it on, for pipes too, unless
// NO_COLOR is set. The width of a terminal is its own, or COLUMNS where it does
// not tell, within sensible limits; that of anything else is [DefaultWidth].
func New(p Process) Streams {
	env := p.Env
	if env == nil {
		env = func(string) string { return "" }
	}
	_, terminal := descriptor(p.In)
	return Streams{
		In:  Input{p.In, terminal},
		Out: output(p.Out, env),
		Err: output(p.Err, env),
	}
}

// Test returns streams without a terminal that read in and write to the two
// buffers, as a pipe would.
func Test(in string) (s Streams, out, err *bytes.Buffer) {
	out, err = new(bytes.Buffer), new(bytes.Buffer)
	s = New(Process{In: bytes.NewBufferString(in), Out: out, Err: err})
	return s, out, err
}

func output(w io.Writer, env func(string) string) Output {
	fd, terminal := descriptor(w)
	o := Output{Writer: w, Terminal: terminal, Width: DefaultWidth}
	o.Colour = colour(terminal, env)
	if terminal {
		o.Width = terminalWidth(fd, env)
	}
	return o
}

// descriptor returns the file descriptor of a stream, and whether a terminal is
// behind it.
func descriptor(stream any) (fd int, terminal bool) {
	f, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

func colour(terminal bool, env func(string) string) bool {
	if env("NO_COLOR") != "" {
		return false
	}
	if force := env("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return terminal && env("TERM") != "dumb" && env("CLICOLOR") != "0"
}

func terminalWidth(fd int, env func(string) string) int {
	n, _, err := term.GetSize(fd)
	if err != nil || n <= 0 {
		n, err = strconv.Atoi(env("COLUMNS"))
		if err != nil || n <= 0 {
			return DefaultWidth
		}
	}
	return min(max(n, minWidth), maxWidth)
}
