package gitrepo

import (
	"path/filepath"
	"runtime"
)

// systemConfigs returns the places where the builds of git look for the
// configuration of the whole machine.
func systemConfigs(env Env) []string {
	if (entry{value: env.Get("GIT_CONFIG_NOSYSTEM")}).truth() {
		return nil
	}
	if name, ok := env.lookup("GIT_CONFIG_SYSTEM"); ok {
		return []string{name}
	}
	var names []string
	if runtime.GOOS != "windows" {
		names = append(names, "/etc/gitconfig")
	}
	if runtime.GOOS == "darwin" {
		names = append(names,
			"/Library/Developer/CommandLineTools/usr/share/git-core/gitconfig",
			"/Applications/Xcode.app/Contents/Developer/usr/share/git-core/gitconfig")
	}
	if git, ok := env.Git(); ok {
		prefix := filepath.Dir(filepath.Dir(git))
		if prefix != "/usr" && prefix != "/" {
			names = append(names, filepath.Join(prefix, "etc", "gitconfig"))
		}
	}
	return names
}

func globalConfigs(env Env) []string {
	if name, ok := env.lookup("GIT_CONFIG_GLOBAL"); ok {
		return []string{name}
	}
	var names []string
	if dir := xdgDir(env); dir != "" {
		names = append(names, filepath.Join(dir, "config"))
	}
	if home := env.home(); home != "" {
		names = append(names, filepath.Join(home, ".gitconfig"))
	}
	return names
}

// xdgDir returns the directory git in the user's configuration directory.
func xdgDir(env Env) string {
	if dir := env.Get("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "git")
	}
	if home := env.home(); home != "" {
		return filepath.Join(home, ".config", "git")
	}
	return ""
}
