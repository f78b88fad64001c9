// Package record reads and writes sill.yaml: which blueprint a repository came
// from, with which answers, resources and modules, and the history of its
// schema. Reading is strict, because the file comes from a repository that
// anybody may have written; writing has one form for one record.
//
// A Record is data. Where the file is, and whether the repository agrees with
// it, is not known here.
package record

import (
	"bytes"

	"groundsill.example/internal/resource"
	"groundsill.example/internal/tree"
)

// Name is the name of the file at the root of a repository.
const Name = "sill.yaml"

// The newest numbers this program understands, and those of what it writes.
const (
	FormatNumber = 1 // of the file
	EngineNumber = 1 // of the rendering rules
)

// Record is everything a rendering depends on.
type Record struct {
	Format    int
	Engine    int
	Blueprint Blueprint
	Answers   map[string]any            // string, bool or []string
	Resources []resource.Resource       // in canonical order
	Modules   map[string]map[string]any // the answers of each module, as in Answers
	Schema    []Entry                   // append-only
	Unmanaged []tree.Path               // files that belong to the user alone
	Commands  map[string][]string       // an argument list for each of [CommandNames]
}

// Blueprint names a blueprint and what it held.
type Blueprint struct {
	Name    string
	Version string
	Source  string // "builtin", "dir", or the URL of a git repository without user info
	Digest  string // "sha256:" and 64 hexadecimal digits
}

// CommandNames returns the commands that a record may hold, in their order.
func CommandNames() []string {
	return []string{"setup", "build", "migrate", "start", "test", "lint", "format"}
}

// Equal reports whether both records are written the same.
func (r Record) Equal(o Record) bool { return bytes.Equal(Format(r), Format(o)) }
