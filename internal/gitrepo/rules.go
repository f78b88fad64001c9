package gitrepo

import "path/filepath"

// fileMode reports whether the executable bit of a file counts.
func (r *configReader) fileMode() bool {
	e := r.last("core.filemode")
	return e.key == "" || e.truth()
}

// excludes returns the file of the user's ignore patterns.
func (r *configReader) excludes() string {
	if own := r.value("core.excludesfile"); own != "" {
		name, _ := r.expand(own, r.gitDir)
		return name
	}
	if dir := xdgDir(r.env); dir != "" {
		return filepath.Join(dir, "ignore")
	}
	return ""
}
