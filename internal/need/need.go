// Package need says what becomes of a test that lacks something of the machine:
// it is skipped with one line, or fails where that is required.
package need

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Variable names what has to be there, with commas: SILL_TEST_REQUIRE=git,zsh.
// So a build server cannot skip silently.
const Variable = "SILL_TEST_REQUIRE"

// Required reports whether a thing has to be there.
func Required(what string) bool {
	return slices.Contains(strings.Split(os.Getenv(Variable), ","), what)
}

// Missing skips the test for want of something, or fails when that is required.
func Missing(tb testing.TB, what, why string) {
	tb.Helper()
	if Required(what) {
		tb.Fatalf("%s %s, and %s demands it", what, why, Variable)
	}
	tb.Skipf("%s %s", what, why)
}

// Program skips the test, or fails it, when a program is not on the PATH.
func Program(tb testing.TB, name string) {
	tb.Helper()
	if _, err := exec.LookPath(name); err != nil {
		Missing(tb, name, "is not on the PATH")
	}
}
