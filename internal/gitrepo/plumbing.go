package gitrepo

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"

	"groundsill.example/internal/tree"
)

// reader returns the system git for questions: it runs no hook and no file
// system monitor, takes no lock, fetches nothing, and takes every path for
// what it says. Filters that attributes name do run: without them git cannot
// tell whether a file has changed.
func (r Repo) reader(env Env, git string) command {
	c := r.writer(env, git)
	c.extra = []string{"GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1"}
	return c
}

// writer returns the system git for changes of the index: no hook runs.
func (r Repo) writer(env Env, git string) command {
	return command{
		env: env, git: git, dir: r.Root,
		flags: []string{
			"--literal-pathspecs", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null",
			"-c", "core.safecrlf=false",
		},
		hint: "solve what git says and run the command again",
	}
}

// lines splits what git prints with -z.
func lines(out string) []string {
	if out == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
}

// records runs git with args and returns what it prints with -z.
func (c command) records(ctx context.Context, args ...string) ([]string, error) {
	out, err := c.output(ctx, args...)
	return lines(out), err
}

// full returns the name that git has for p: relative to the root of the work
// tree.
func (r Repo) full(p tree.Path) string { return path.Join(r.Prefix, p.String()) }

// local returns the path for a name of git's, and false for one that is not
// below the prefix or that is no path on every system.
func (r Repo) local(name string) (tree.Path, bool) {
	if r.Prefix != "" {
		rest, below := strings.CutPrefix(name, r.Prefix+"/")
		if !below {
			return tree.Path{}, false
		}
		name = rest
	}
	p, err := tree.ParsePath(name)
	return p, err == nil
}

// disk returns where the file with git's name lies.
func (r Repo) disk(name string) string { return filepath.Join(r.Root, filepath.FromSlash(name)) }

// specs returns arguments that make git look at paths.
func (r Repo) specs(paths []tree.Path) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = r.full(p)
	}
	return r.specsOf(names)
}

// specsOf returns arguments that make git look at names below the prefix, and
// at more where they would not fit on a command line: whoever uses it looks at
// the names that come back.
func (r Repo) specsOf(names []string) []string {
	const longest = 16 << 10 // half of what Windows allows
	size := 0
	for _, name := range names {
		size += len(name) + 1
	}
	if size > longest {
		return r.everything()
	}
	return append([]string{"--"}, names...)
}

// everything returns arguments that make git look at all below the prefix.
func (r Repo) everything() []string {
	if r.Prefix == "" {
		return nil
	}
	return []string{"--", r.Prefix}
}

// ground knows which places of a work tree are files of the repository's own:
// not behind a link and not in another repository.
type ground struct {
	root string
	dirs map[string]dirKind
}

type dirKind int

const (
	dirOwn     dirKind = iota + 1
	dirAbsent          // nothing is there, or something that is no directory
	dirForeign         // another repository begins there or above
)

func (r Repo) ground() ground { return ground{r.Root, map[string]dirKind{".": dirOwn}} }

// dir says what is at name, a slash-separated path below the root.
func (g ground) dir(name string) dirKind {
	kind, known := g.dirs[name]
	if known {
		return kind
	}
	if kind = g.dir(path.Dir(name)); kind == dirOwn {
		kind = dirAt(filepath.Join(g.root, filepath.FromSlash(name)))
	}
	g.dirs[name] = kind
	return kind
}

func dirAt(name string) dirKind {
	info, err := os.Lstat(name)
	if err != nil || !info.IsDir() {
		return dirAbsent
	}
	if _, err := os.Lstat(filepath.Join(name, ".git")); err == nil {
		return dirForeign
	}
	return dirOwn
}

// file returns what is at name if that is a file or a link of the
// repository's own.
func (g ground) file(name string) (os.FileInfo, bool) {
	if g.dir(path.Dir(name)) != dirOwn {
		return nil, false
	}
	info, err := os.Lstat(filepath.Join(g.root, filepath.FromSlash(name)))
	return info, err == nil && !info.IsDir()
}
