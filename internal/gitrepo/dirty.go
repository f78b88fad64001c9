package gitrepo

import (
	"context"
	"os"
	"path"
	"strings"

	"groundsill.example/internal/tree"
)

// Kind is how a path differs from HEAD.
type Kind string

// The kinds. A path that is more than one of these is the first of them.
const (
	KindSubmodule Kind = "submodule" // below a submodule or another repository: not ours to change
	KindUnmerged  Kind = "unmerged"  // in a conflict that is not resolved
	KindUnstaged  Kind = "unstaged"  // the file differs from the index
	KindStaged    Kind = "staged"    // the index differs from HEAD
	KindUntracked Kind = "untracked" // git does not know the file, whether it ignores it or not
)

// State is a path that differs from HEAD, and how.
type State struct {
	Path tree.Path
	Kind Kind
}

// Dirty returns those of paths that differ from HEAD, in the order of paths.
// Where nothing is on disk, in the index and in HEAD there is no difference,
// and a directory at a path is none either unless it has replaced a file.
// Files that git was told not to look at (assume-unchanged, skip-worktree)
// are looked at if they are there. Dirty writes nothing.
func Dirty(ctx context.Context, env Env, r Repo, paths []tree.Path) ([]State, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	d := dirt{repo: r, ground: r.ground(), paths: paths, kinds: map[string]Kind{}}
	var err error
	if git, ok := env.Git(); ok {
		err = d.system(ctx, r.reader(env, git))
	} else {
		err = d.library(env)
	}
	if err != nil {
		return nil, err
	}
	var states []State
	for _, p := range paths {
		if kind, dirty := d.kinds[r.full(p)]; dirty {
			states = append(states, State{p, kind})
		}
	}
	return states, nil
}

// dirt collects what Dirty finds out, by git's names.
type dirt struct {
	repo   Repo
	ground ground
	paths  []tree.Path
	kinds  map[string]Kind
}

func (d *dirt) system(ctx context.Context, c command) error {
	inside := d.dropForeign()
	if len(inside) == 0 {
		return nil
	}
	specs := d.repo.specs(inside)
	records, err := c.status(ctx, specs)
	if err != nil {
		return err
	}
	for _, record := range records {
		if name, kind, ok := parseStatus(record); ok {
			d.kinds[name] = kind
		}
	}
	if len(specs) > 0 {
		specs = append(specs, d.mayBeGitlinks(inside)...)
	}
	entries, err := c.listed(ctx, specs)
	if err != nil {
		return err
	}
	if err := d.flagged(ctx, c, entries); err != nil {
		return err
	}
	d.unknown(inside, entries)
	return nil
}

// dropForeign notes the paths below another repository and returns the rest.
func (d *dirt) dropForeign() []tree.Path {
	var inside []tree.Path
	for _, p := range d.paths {
		name := d.repo.full(p)
		if d.ground.dir(path.Dir(name)) == dirForeign {
			d.kinds[name] = KindSubmodule
			continue
		}
		inside = append(inside, p)
	}
	return inside
}

// status asks git which tracked files differ.
func (c command) status(ctx context.Context, specs []string) ([]string, error) {
	return c.records(ctx, append([]string{
		"status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=all",
	}, specs...)...)
}

// parseStatus reads a record of git status --porcelain=v2: "1 XY" and six
// more words before the name for a change, "u" and nine for a conflict.
func parseStatus(record string) (string, Kind, bool) {
	const change, conflict = 9, 11
	switch {
	case strings.HasPrefix(record, "1 "):
		words := strings.SplitN(record, " ", change)
		if len(words) < change || len(words[1]) != len("XY") {
			return "", "", false
		}
		kind := KindStaged
		if words[1][1] != '.' {
			kind = KindUnstaged
		}
		return words[change-1], kind, true
	case strings.HasPrefix(record, "u "):
		words := strings.SplitN(record, " ", conflict)
		return words[len(words)-1], KindUnmerged, len(words) == conflict
	}
	return "", "", false
}

// mayBeGitlinks returns the directories above paths in which nothing is: a
// submodule that nobody has checked out looks like that.
func (d *dirt) mayBeGitlinks(paths []tree.Path) []string {
	seen := map[string]bool{}
	var names []string
	for _, p := range paths {
		for up, ok := p.Dir(); ok; up, ok = up.Dir() {
			name := d.repo.full(up)
			if seen[name] {
				break
			}
			seen[name] = true
			if entries, err := os.ReadDir(d.repo.disk(name)); err != nil || len(entries) == 0 {
				names = append(names, name)
			}
		}
	}
	return names
}

// flagged compares the files that git status does not look at.
func (d *dirt) flagged(ctx context.Context, c command, entries []staged) error {
	var there []staged
	var stdin strings.Builder
	for _, e := range entries {
		info, ok := d.ground.file(e.Name)
		if e.flagged() && ok && info.Mode().IsRegular() && d.asked(e.Name) {
			there = append(there, e)
			stdin.WriteString(e.Name + "\n") // a tree.Path holds no line end
		}
	}
	if len(there) == 0 {
		return nil
	}
	c.stdin = stdin.String()
	out, err := c.run(ctx, "hash-object", "--stdin-paths")
	if err != nil {
		return err
	}
	hashes := strings.Fields(out)
	for i, e := range there {
		if i < len(hashes) && hashes[i] != e.Hash {
			d.kinds[e.Name] = KindUnstaged
		}
	}
	return nil
}

func (d *dirt) asked(name string) bool {
	for _, p := range d.paths {
		if d.repo.full(p) == name {
			return true
		}
	}
	return false
}

// unknown notes the files that are not in the index, and what is below a
// submodule.
func (d *dirt) unknown(paths []tree.Path, entries []staged) {
	tracked, links := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		tracked[e.Name] = true
		if e.Mode == modeGitlink {
			links[e.Name] = true
		}
	}
	for _, p := range paths {
		name := d.repo.full(p)
		if d.belowLink(p, links) {
			d.kinds[name] = KindSubmodule
		}
		if _, dirty := d.kinds[name]; dirty || tracked[name] {
			continue
		}
		if _, there := d.ground.file(name); there {
			d.kinds[name] = KindUntracked
		}
	}
}

// belowLink reports whether p is one of links, or below one.
func (d *dirt) belowLink(p tree.Path, links map[string]bool) bool {
	for ok := true; ok; p, ok = p.Dir() {
		if links[d.repo.full(p)] {
			return true
		}
	}
	return false
}
