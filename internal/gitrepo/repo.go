// Package gitrepo is everything the program knows about git: where a
// repository is, what the user has configured, and how the first commit comes
// to be. No other package uses go-git or runs git.
//
// A fresh repository is written without git: one pack file, an index that
// agrees with the files on disk, one commit. In a repository that exists, and
// wherever the user has configured something that only git can do (signing,
// hooks, templates), the system git does the work if there is one. The package
// knows nothing of plans and takes the environment of the process as a value.
package gitrepo

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"groundsill.example/internal/diag"
)

// Repo is a repository with a work tree.
type Repo struct {
	Root      string // the work tree, absolute, without symbolic links
	GitDir    string // the git directory of this work tree, absolute
	CommonDir string // the git directory shared by all work trees
	Prefix    string // where the search began, below Root, with slashes; empty at the root
	Linked    bool   // a linked work tree or a submodule: .git is a file
}

// Find returns the repository that dir is in, as git itself would find it from
// there, and whether there is one. dir need not exist: the search begins at
// the first directory above that does. It is an error of class Refused to be
// inside a repository without a work tree. Find reads few files and runs
// nothing.
func Find(dir string) (Repo, bool, error) {
	start, below, err := existing(dir)
	if err != nil {
		return Repo{}, false, err
	}
	for at := start; ; {
		repo, found, err := repoAt(at)
		if err != nil {
			return Repo{}, false, err
		}
		if found {
			prefix, err := filepath.Rel(at, filepath.Join(start, below))
			if err != nil {
				return Repo{}, false, fmt.Errorf("find the repository of %s: %w", dir, err)
			}
			if prefix != "." {
				repo.Prefix = filepath.ToSlash(prefix)
			}
			return repo, true, nil
		}
		above := filepath.Dir(at)
		if above == at {
			return Repo{}, false, nil
		}
		at = above
	}
}

// existing splits dir into the first directory that exists, without symbolic
// links, and what is missing below it.
func existing(dir string) (start, below string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", "", fmt.Errorf("find the repository of %s: %w", dir, err)
	}
	for at := abs; ; {
		info, err := os.Stat(at)
		if err == nil && info.IsDir() {
			actual, err := filepath.EvalSymlinks(at)
			if err != nil {
				return "", "", fmt.Errorf("find the repository of %s: %w", dir, err)
			}
			return actual, below, nil
		}
		above := filepath.Dir(at)
		if above == at {
			return "", "", fmt.Errorf("find the repository of %s: %w", dir, fs.ErrNotExist)
		}
		at, below = above, filepath.Join(filepath.Base(at), below)
	}
}

// repoAt returns the repository whose work tree begins at dir.
func repoAt(dir string) (Repo, bool, error) {
	dotGit := filepath.Join(dir, ".git")
	info, err := os.Stat(dotGit)
	switch {
	case err == nil && info.IsDir() && gitDirectory(dotGit):
		return newRepo(dir, dotGit, false)
	case err == nil && info.Mode().IsRegular():
		target, err := readGitfile(dotGit)
		if err != nil {
			return Repo{}, false, err
		}
		return newRepo(dir, target, true)
	case gitDirectory(dir):
		return Repo{}, false, bare(dir)
	}
	return Repo{}, false, nil
}

func newRepo(root, gitDir string, linked bool) (Repo, bool, error) {
	common, err := commonDir(gitDir)
	if err != nil {
		return Repo{}, false, err
	}
	repo := Repo{Root: root, GitDir: gitDir, CommonDir: common, Linked: linked}
	if common == gitDir && bareConfig(gitDir) {
		return Repo{}, false, bare(root)
	}
	return repo, true, nil
}

// readGitfile returns the git directory a .git file names.
func readGitfile(name string) (string, error) {
	data, err := readFile(name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	target, ok := strings.CutPrefix(string(data), "gitdir: ")
	target = strings.TrimRight(target, "\r\n")
	if ok && target != "" {
		target = filepath.FromSlash(target)
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		if gitDirectory(target) {
			return filepath.Clean(target), nil
		}
	}
	return "", diag.New(diag.Refused, diag.Diagnostic{
		Code:    "git-broken",
		Summary: name + " does not lead to a git repository",
		Hint:    "repair it (git worktree repair, git submodule update --init) or remove the file",
		At:      diag.Pos{File: name},
	})
}

// commonDir follows the file commondir, by which a linked work tree shares the
// objects and branches of the main one.
func commonDir(gitDir string) (string, error) {
	data, err := readFile(filepath.Join(gitDir, "commondir"))
	if errors.Is(err, fs.ErrNotExist) {
		return gitDir, nil
	}
	if err != nil {
		return "", fmt.Errorf("read the git directory: %w", err)
	}
	dir := filepath.FromSlash(strings.TrimRight(string(data), "\r\n"))
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(gitDir, dir)
	}
	return filepath.Clean(dir), nil
}

// gitDirectory applies git's own test: a HEAD, a store of objects, a store of
// references.
func gitDirectory(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	common, err := commonDir(dir)
	return err == nil && isDir(filepath.Join(common, "objects")) && isDir(filepath.Join(common, "refs"))
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func bareConfig(gitDir string) bool {
	data, err := readFile(filepath.Join(gitDir, "config"))
	if err != nil {
		return false
	}
	entries, err := parseConfig(data)
	if err != nil {
		return false
	}
	isBare := false
	for _, e := range entries {
		switch e.key {
		case "core.bare":
			isBare = e.truth()
		case "core.worktree":
			return false
		}
	}
	return isBare
}

func bare(dir string) error {
	return diag.New(diag.Refused, diag.Diagnostic{
		Code:    "git-bare",
		Summary: dir + " belongs to a git repository without a work tree",
		Hint:    "choose a directory outside it, or add a work tree with git worktree add",
	})
}

// Unborn reports whether HEAD is a branch that has no commit yet.
func (r Repo) Unborn() (bool, error) {
	_, hash, err := r.head()
	return hash == "", err
}

// Branch returns the name of the branch that HEAD is, empty when it is detached.
func (r Repo) Branch() (string, error) {
	ref, _, err := r.head()
	return strings.TrimPrefix(ref, "refs/heads/"), err
}

// head returns the reference that HEAD is, empty when it is detached, and the
// commit there, empty when there is none.
func (r Repo) head() (ref, hash string, err error) {
	data, err := readFile(filepath.Join(r.GitDir, "HEAD"))
	if err != nil {
		return "", "", fmt.Errorf("read HEAD: %w", err)
	}
	ref, symbolic := strings.CutPrefix(strings.TrimSpace(string(data)), "ref:")
	if !symbolic {
		return "", ref, nil
	}
	ref = strings.TrimSpace(ref)
	if isDir(filepath.Join(r.CommonDir, "reftable")) {
		return ref, r.anyObject(), nil
	}
	data, err = readFile(filepath.Join(r.CommonDir, filepath.FromSlash(ref)))
	if err == nil {
		return ref, strings.TrimSpace(string(data)), nil
	}
	hash, err = packedRef(r.CommonDir, ref)
	return ref, hash, err
}

// anyObject stands in for the commit of HEAD where references are in a format
// that only git reads: a repository without objects has no commit.
func (r Repo) anyObject() string {
	dirs, err := os.ReadDir(filepath.Join(r.CommonDir, "objects"))
	if err != nil {
		return ""
	}
	for _, d := range dirs {
		if len(d.Name()) == len("00") {
			return d.Name()
		}
	}
	packs, err := os.ReadDir(filepath.Join(r.CommonDir, "objects", "pack"))
	if err != nil || len(packs) == 0 {
		return ""
	}
	return packs[0].Name()
}

func packedRef(commonDir, ref string) (string, error) {
	data, err := readFile(filepath.Join(commonDir, "packed-refs"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", ref, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		if hash, name, ok := strings.Cut(lines.Text(), " "); ok && name == ref {
			return hash, nil
		}
	}
	return "", lines.Err()
}

// readFile reads a file of git's, at a place that git's rules give.
func readFile(name string) ([]byte, error) {
	return os.ReadFile(name) //nolint:gosec // The name comes from git's rules, not from a blueprint.
}
