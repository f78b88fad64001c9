// Package arch holds the test that the packages keep to the table in
// internal/README.md. It has no code of its own.
package arch
