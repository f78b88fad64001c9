package gitrepo

import (
	"context"
	"errors"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/tree"
)

// Published reports whether others may have the file at p, as far as this
// clone knows: a remote-tracking branch has it at its tip, or it is in the
// last commit that HEAD and the remote-tracking branches have in common (so
// it counts after a remote branch has dropped it again). Without a remote
// nothing is published. Published asks no remote: what others have pushed
// since the last fetch is not known.
func Published(ctx context.Context, env Env, r Repo, p tree.Path) (bool, error) {
	git, ok := env.Git()
	if !ok {
		return r.libraryPublished(p)
	}
	c := r.reader(env, git)
	refs, err := c.run(ctx, "for-each-ref", "--format=%(objectname)", "refs/remotes")
	tips := strings.Fields(refs)
	if err != nil || len(tips) == 0 {
		return false, err
	}
	slices.Sort(tips)
	tips = slices.Compact(tips)
	common, err := c.common(ctx, r, tips)
	if err != nil {
		return false, err
	}
	return c.holds(ctx, append(tips, common...), r.full(p))
}

// common returns the last commits that HEAD shares with tips.
func (c command) common(ctx context.Context, r Repo, tips []string) ([]string, error) {
	if unborn, err := r.Unborn(); unborn || err != nil {
		return nil, err
	}
	const most = 256 // hashes on a command line
	var bases []string
	for some := range slices.Chunk(tips, most) {
		out, err := c.run(ctx, append([]string{"merge-base", "--all", "HEAD"}, some...)...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
			continue // they have none
		}
		if err != nil {
			return nil, err
		}
		bases = append(bases, strings.Fields(out)...)
	}
	return bases, nil
}

// holds reports whether one of commits has a file at name. It reads trees and
// no files, so that it works where files are fetched when they are needed.
func (c command) holds(ctx context.Context, commits []string, name string) (bool, error) {
	var b strings.Builder
	dir := strings.TrimSuffix(path.Dir(name), ".")
	for _, commit := range commits {
		b.WriteString(commit + ":" + dir + "\n")
	}
	c.stdin = b.String()
	out, err := c.output(ctx, "cat-file", "--batch")
	if err != nil {
		return false, err
	}
	for range commits {
		var o gitObject
		if o, out, err = nextObject(out); err != nil {
			return false, err
		}
		if o.holds(path.Base(name)) {
			return true, nil
		}
	}
	return false, nil
}

// gitObject is what git cat-file --batch says of one object.
type gitObject struct {
	hash, kind, content string // all empty for an object that is missing
}

// nextObject returns the first object that out begins with, and the rest.
func nextObject(out string) (gitObject, string, error) {
	line, rest, ok := strings.Cut(out, "\n")
	if ok && strings.HasSuffix(line, " missing") {
		return gitObject{}, rest, nil
	}
	words := strings.Split(line, " ")
	const count = 3
	if !ok || len(words) != count {
		return gitObject{}, "", unexpected("cat-file", line)
	}
	size, err := strconv.Atoi(words[2])
	if err != nil || size < 0 || size >= len(rest) {
		return gitObject{}, "", unexpected("cat-file", line)
	}
	return gitObject{words[0], words[1], rest[:size]}, rest[size+1:], nil
}

// holds reports whether an object is a tree with a file called base: entries
// are mode, space, name, NUL and the bytes of a hash.
func (o gitObject) holds(base string) bool {
	if o.kind != "tree" {
		return false
	}
	for content := o.content; content != ""; {
		front, rest, ok := strings.Cut(content, "\x00")
		size := len(o.hash) / 2 // hexadecimal has two digits for a byte
		if !ok || len(rest) < size {
			return false
		}
		if mode, name, _ := strings.Cut(front, " "); name == base {
			return mode != "40000"
		}
		content = rest[size:]
	}
	return false
}
