package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	needs "groundsill.example/internal/need"
)

// lacking counts the skipped tests by what they lack.
type lacking struct {
	mu    sync.Mutex
	tests map[string]int
}

var skipped = lacking{tests: map[string]int{}}

// need skips the test when a program is not on the PATH.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		miss(t, program, "is not on the PATH")
	}
}

// miss skips the test for want of something, or fails when that is required.
func miss(t *testing.T, what, why string) {
	t.Helper()
	if !needs.Required(what) {
		skipped.mu.Lock()
		skipped.tests[what]++
		skipped.mu.Unlock()
	}
	needs.Missing(t, what, why)
}

// report says in one line how many tests were skipped, and for want of what.
func (l *lacking) report() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tests) == 0 {
		return
	}
	sum := 0
	var names []string
	for name, n := range l.tests {
		sum += n
		names = append(names, fmt.Sprintf("%s (%d)", name, n))
	}
	slices.Sort(names)
	fmt.Fprintf(os.Stderr, "%d tests skipped for want of: %s\n", sum, strings.Join(names, ", "))
}

// withReport is a testing.M that says at the end what was skipped.
type withReport struct{ *testing.M }

// Run runs the tests.
func (m withReport) Run() int {
	code := m.M.Run()
	skipped.report()
	return code
}
