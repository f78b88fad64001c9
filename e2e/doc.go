// Package e2e holds the tests that use sill as people do: scripts that run the
// command, golden repositories, and the tests that build, lint and run what it
// makes.
package e2e
