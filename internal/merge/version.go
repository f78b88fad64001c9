package merge

import (
	"strings"

	"golang.org/x/mod/semver"

	"groundsill.example/internal/document"
)

// newer returns the node of the higher version where the path of a file says
// that two nodes are one thing in two versions, nil where that cannot be told.
func newer(file string, path []string, o, t *document.Node) *document.Node {
	var a, b string
	switch {
	case atomic(file, path):
		a, b = version(o, "version"), version(t, "version")
	case ranged(file, path):
		a, b = version(o, ""), version(t, "")
	case len(path) > 0 && path[len(path)-1] == ".uses":
		nameO, tagO, _ := strings.Cut(o.Value, "@")
		nameT, tagT, _ := strings.Cut(t.Value, "@")
		if nameO == nameT {
			a, b = canonicalVersion(tagO), canonicalVersion(tagT)
		}
	}
	if a == "" || b == "" {
		return nil
	}
	switch semver.Compare(a, b) {
	case 1:
		return o
	case -1:
		return t
	}
	return nil
}

// atomic reports whether a path is a locked package, which is one side's or the
// other's and never of both.
func atomic(file string, path []string) bool {
	return file == "package-lock.json" && len(path) == 2 && path[0] == ".packages" && path[1] != "."
}

// ranged reports whether a path is the range of a required package.
func ranged(file string, path []string) bool {
	if file == "package-lock.json" && len(path) == 4 && path[0] == ".packages" && path[1] == "." {
		path = path[2:]
	} else if file != "package.json" {
		return false
	}
	if len(path) != 2 {
		return false
	}
	switch path[0] {
	case ".dependencies", ".devDependencies", ".optionalDependencies", ".peerDependencies", ".engines":
		return true
	}
	return false
}

// version returns the version of a node or of a member of it, as the package
// semver writes it: the lowest one of a range of the simple forms, "" of others.
func version(n *document.Node, member string) string {
	if member != "" {
		c, ok := n.Get(member)
		if !ok {
			return ""
		}
		n = c.Node
	}
	return canonicalVersion(strings.TrimLeft(strings.TrimPrefix(n.Value, "="), "^~>= "))
}

func canonicalVersion(text string) string {
	if v := "v" + strings.TrimPrefix(text, "v"); semver.IsValid(v) {
		return v
	}
	return ""
}
