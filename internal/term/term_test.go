package term

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// open returns a pseudo-terminal of a width.
func open(t *testing.T, columns uint16) *os.File {
	t.Helper()
	leader, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	t.Cleanup(func() { _ = tty.Close(); _ = leader.Close() })
	if err := pty.Setsize(leader, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	return tty
}

func TestNewWithoutTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, w := range map[string]io.Writer{"buffer": &bytes.Buffer{}, "file": file} {
		s := New(Process{In: &bytes.Buffer{}, Out: w, Err: w, Env: env(map[string]string{"COLUMNS": "40"})})
		want := Output{Writer: w, Width: DefaultWidth}
		if s.Out != want || s.Err != want || s.In.Terminal {
			t.Errorf("%s: got %+v", name, s)
		}
	}
}

func TestNewOnTerminal(t *testing.T) {
	tests := []struct {
		columns uint16
		columnsVariable,
		name string
		want int
	}{
		{97, "", "its own width", 97},
		{97, "50", "its own width before COLUMNS", 97},
		{500, "", "no wider than text should be", maxWidth},
		{5, "", "not too narrow to lay out", minWidth},
		{0, "50", "COLUMNS where the terminal does not tell", 50},
		{0, "wide", "the default where nothing tells", DefaultWidth},
		{0, "-1", "the default where COLUMNS is nonsense", DefaultWidth},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tty := open(t, test.columns)
			s := New(Process{In: tty, Out: tty, Err: tty, Env: env(map[string]string{"COLUMNS": test.columnsVariable})})
			want := Output{Writer: tty, Terminal: true, Colour: true, Width: test.want}
			if s.Out != want || s.Err != want || !s.In.Terminal {
				t.Errorf("got %+v, want %+v", s.Out, want)
			}
		})
	}
}

func TestColour(t *testing.T) {
	tests := []struct {
		name     string
		terminal bool
		env      map[string]string
		want     bool
	}{
		{"terminal", true, nil, true},
		{"pipe", false, nil, false},
		{"NO_COLOR", true, map[string]string{"NO_COLOR": "1"}, false},
		{"NO_COLOR is 0, and set", true, map[string]string{"NO_COLOR": "0"}, false},
		{"dumb terminal", true, map[string]string{"TERM": "dumb"}, false},
		{"CLICOLOR=0", true, map[string]string{"CLICOLOR": "0"}, false},
		{"forced on a pipe", false, map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{"forced with 0 is not forced", false, map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{"NO_COLOR wins", true, map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{"forced wins over dumb", true, map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := colour(test.terminal, env(test.env)); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestTestStreams(t *testing.T) {
	s, out, errs := Test("yes\n")
	if _, err := s.Out.Write([]byte("result")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Err.Write([]byte("warning")); err != nil {
		t.Fatal(err)
	}
	in := make([]byte, 4)
	if _, err := s.In.Read(in); err != nil {
		t.Fatal(err)
	}
	got := []string{string(in), out.String(), errs.String()}
	if diff := cmp.Diff([]string{"yes\n", "result", "warning"}, got); diff != "" {
		t.Error(diff)
	}
}
