package apply

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

func TestRunRefusesOtherRepositories(t *testing.T) {
	for name, sign := range map[string]func(dir string) error{
		"submodule": func(dir string) error {
			return os.WriteFile(dir+"/.git", []byte("gitdir: ../.git/modules/sub\n"), 0o600)
		},
		"nested repository": func(dir string) error { return os.Mkdir(dir+"/.git", 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			ours := mustTree("a", "1", "sub/deep/c", "2", "sub/d", "3")
			at := newTarget(t, ours)
			check(t, sign(filepath.Join(at.Dir, "sub")))
			before := detailed(t, at.Dir)
			target := mustTree("a", "new", "sub/deep/c", "new", "sub/new/e", "new")
			_, err := Run(t.Context(), at, planOf(ours, target), options)
			wantRefused(t, err, "other-repository", "sub/d", "sub/deep/c", "sub/new/e")
			same(t, "tree", detailed(t, at.Dir), before)
		})
	}
}

func TestRunRefusesWhatIsReadOnly(t *testing.T) {
	ours := mustTree("a", "1", "b", "2", "c/d", "3", "e/f", "4", "kept", "5")
	target := mustTree("a", "new", "c/new", "new", "c/d", "3", "e/f", "4", "kept", "5")
	at := newTarget(t, ours)
	for name, mode := range map[string]fs.FileMode{"a": 0o444, "b": 0o500, "kept": 0o444, "e/f": 0o400, "e": 0o555} {
		check(t, os.Chmod(filepath.Join(at.Dir, name), mode))
	}
	before := detailed(t, at.Dir)
	ours = ours.With(mustPath("b"), tree.File{Data: []byte("2"), Mode: tree.Executable})
	_, err := Run(t.Context(), at, planOf(ours, target), options)
	wantRefused(t, err, "read-only-file", "a", "b")
	same(t, "tree", detailed(t, at.Dir), before)

	check(t, os.Chmod(filepath.Join(at.Dir, "c"), 0o555))
	before = detailed(t, at.Dir)
	p := plan.Plan{Root: ".", Changes: planOf(tree.Tree{}, mustTree("c/new", "new")).Changes}
	_, err = Run(t.Context(), at, p, options)
	wantRefused(t, err, "read-only-directory", "c/new")
	same(t, "tree", detailed(t, at.Dir), before)
	if left := litter(t, at); left != nil {
		t.Errorf("left in the state directory: %v", left)
	}
	check(t, os.Chmod(filepath.Join(at.Dir, "c"), 0o755))
	_, err = Run(t.Context(), at, p, options)
	check(t, err)
}
