package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"groundsill.example/internal/diag"
)

func TestExitCodes(t *testing.T) {
	for class, want := range map[diag.Class]int{
		diag.Internal: 1, diag.Usage: 2, diag.Conflict: 3, diag.Refused: 4, diag.Blueprint: 5,
		diag.Environment: 6, diag.Stale: 7, diag.Interrupted: 130,
	} {
		if got := exitCode(class); got != want {
			t.Errorf("%s exits with %d, want %d", class, got, want)
		}
	}
}

// An error that nobody has made for a person is a defect of sill, and says so.
func TestDefectsAskForAReport(t *testing.T) {
	var out, errOut bytes.Buffer
	a := newApp(Process{Out: &out, Err: &errOut})
	if got := a.fail(errors.New("index out of range")); got != 1 {
		t.Errorf("exit code %d", got)
	}
	if !strings.Contains(errOut.String(), "defect of sill") || out.Len() > 0 {
		t.Errorf("out %q, err %q", &out, &errOut)
	}
}
