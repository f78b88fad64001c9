package gitrepo

import (
	"context"
	"slices"
	"strings"

	"groundsill.example/internal/tree"
)

// Files returns, in the order of [tree.Path.Compare], the files and links
// below the prefix of r that git tracks, or would offer to: those that are on
// disk and not ignored. What is in a submodule or in another repository is
// not among them, and neither is a file whose name is no [tree.Path].
func Files(ctx context.Context, env Env, r Repo) ([]tree.Path, error) {
	var names []string
	var err error
	if git, ok := env.Git(); ok {
		args := []string{"ls-files", "-z", "--cached", "--others", "--exclude-standard"}
		names, err = r.reader(env, git).records(ctx, append(args, r.everything()...)...)
	} else {
		names, err = r.libraryFiles(env)
	}
	if err != nil {
		return nil, err
	}
	ground := r.ground()
	var paths []tree.Path
	for _, name := range names {
		if strings.HasSuffix(name, "/") {
			continue // another repository
		}
		p, ok := r.local(name)
		if _, there := ground.file(name); ok && there {
			paths = append(paths, p)
		}
	}
	slices.SortFunc(paths, tree.Path.Compare)
	return slices.Compact(paths), nil // an unmerged file is listed for each stage
}
