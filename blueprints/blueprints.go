// Package blueprints holds the built-in blueprints, a directory each, and the
// modules that any blueprint can use, in shared.
//
// The embedded file system drops executable bits and leaves out directories
// that hold a go.mod, so a blueprint names its executable files in its manifest
// and stores Go sources and go.mod with the suffix ".tmpl".
package blueprints

import "embed"

// FS holds a directory for each blueprint, and the directory "shared".
//
//go:embed all:express all:go all:shared
var FS embed.FS
