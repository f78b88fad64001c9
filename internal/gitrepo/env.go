package gitrepo

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Env is the environment of the process, as a value: KEY=value, as os.Environ
// returns it. The zero value is an empty environment, in which no git is
// found and nothing is configured.
type Env []string

// Get returns the value of key, the last one where there are several, and
// an empty string where there is none.
func (e Env) Get(key string) string {
	value, _ := e.lookup(key)
	return value
}

func (e Env) lookup(key string) (string, bool) {
	for _, kv := range slices.Backward(e) {
		k, v, ok := strings.Cut(kv, "=")
		if ok && (k == key || runtime.GOOS == "windows" && strings.EqualFold(k, key)) {
			return v, true
		}
	}
	return "", false
}

// Git returns the git program on the PATH of the environment, and whether
// there is one. Relative directories on PATH do not count: what they name
// depends on where one stands.
func (e Env) Git() (string, bool) {
	for _, dir := range filepath.SplitList(e.Get("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if name, err := exec.LookPath(filepath.Join(dir, "git")); err == nil {
			return name, true
		}
	}
	return "", false
}

// home returns the home directory as git finds it.
func (e Env) home() string {
	if home := e.Get("HOME"); home != "" || runtime.GOOS != "windows" {
		return home
	}
	return e.Get("USERPROFILE")
}

// child returns the environment for git: without the variables by which a
// surrounding git (a hook, an alias) points at its own repository.
func (e Env) child(extra ...string) []string {
	kept := slices.DeleteFunc(slices.Clone([]string(e)), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return redirects(key)
	})
	return append(kept, extra...)
}

// redirects reports the variables of git rev-parse --local-env-vars, but for
// those that carry configuration given with git -c.
func redirects(key string) bool {
	switch key {
	case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX",
		"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
		"GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_CONFIG",
		"GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE",
		"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS":
		return true
	}
	return false
}
