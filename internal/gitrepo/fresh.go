package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/index"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// fresh is a repository that is being made. As long as it has no HEAD, no git
// takes it for one.
type fresh struct {
	dir    string // the work tree
	gitDir string
	branch string
}

// begin makes the directory .git and all that does not depend on files.
func begin(dir, branch string) (fresh, error) {
	r := fresh{dir: dir, gitDir: filepath.Join(dir, ".git"), branch: CommitOptions{Branch: branch}.branch()}
	name := plumbing.NewBranchReferenceName(r.branch)
	if err := name.Validate(); err != nil || r.branch == "HEAD" {
		return fresh{}, diag.New(diag.Environment, diag.Diagnostic{
			Code:    "git-branch",
			Summary: fmt.Sprintf("%q is no name for a branch", r.branch),
			Hint:    "git config --global init.defaultBranch main",
		})
	}
	if err := absent(dir); err != nil {
		return fresh{}, err
	}
	if err := os.Mkdir(r.gitDir, dirMode); err != nil {
		return fresh{}, fmt.Errorf("make the repository: %w", err)
	}
	if err := r.skeleton(); err != nil {
		return fresh{}, r.undo(err)
	}
	return r, nil
}

// absent refuses a directory that has a .git of any kind.
func absent(dir string) error {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the repository: %w", err)
	}
	return diag.New(diag.Refused, diag.Diagnostic{
		Code:    CodeExists,
		Summary: dir + " has a .git already",
		Hint:    "commit to the repository that is there, or remove its .git",
	})
}

// The modes new files and directories ask for; the umask has the last word.
const (
	dirMode    fs.FileMode = 0o777
	fileMode   fs.FileMode = 0o666
	objectMode fs.FileMode = 0o444 // git's objects are never written again
)

func (r fresh) skeleton() error {
	for _, d := range []string{"hooks", "info", "objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(r.path(d), dirMode); err != nil {
			return fmt.Errorf("make the repository: %w", err)
		}
	}
	if err := r.write("info/exclude", []byte(excludeText), fileMode); err != nil {
		return err
	}
	if err := r.write("description", []byte(descriptionText), fileMode); err != nil {
		return err
	}
	return r.config()
}

const (
	excludeText     = "# Paths that git ignores in this clone alone, in the form of .gitignore.\n"
	descriptionText = "Unnamed repository; edit this file 'description' to name the repository.\n"
)

// config writes the configuration, with what this file system can do, as git
// init finds it out.
func (r fresh) config() error {
	executable, err := keepsExecutable(r.path("description"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "[core]\n\trepositoryformatversion = 0\n\tfilemode = %t\n", executable)
	b.WriteString("\tbare = false\n\tlogallrefupdates = true\n")
	if _, err := os.Lstat(r.path("DESCRIPTION")); err == nil {
		b.WriteString("\tignorecase = true\n")
	}
	switch runtime.GOOS {
	case "darwin":
		b.WriteString("\tprecomposeunicode = true\n")
	case "windows":
		b.WriteString("\tsymlinks = false\n")
	}
	return r.write("config", b.Bytes(), fileMode)
}

// keepsExecutable reports whether the file system keeps the executable bit.
func keepsExecutable(name string) (bool, error) {
	before, err := os.Lstat(name)
	if err != nil {
		return false, fmt.Errorf("make the repository: %w", err)
	}
	const owner = 0o100
	if refused := os.Chmod(name, before.Mode()^owner); refused != nil {
		return false, nil //nolint:nilerr // A file system that refuses is one that keeps nothing.
	}
	after, err := os.Lstat(name)
	if err != nil {
		return false, fmt.Errorf("make the repository: %w", err)
	}
	kept := before.Mode()&owner == 0 && after.Mode() != before.Mode()
	if err := os.Chmod(name, before.Mode()); err != nil {
		return false, fmt.Errorf("make the repository: %w", err)
	}
	return kept, nil
}

func (r fresh) path(name string) string { return filepath.Join(r.gitDir, filepath.FromSlash(name)) }

// write makes the file name, which must not exist, and the directories above.
func (r fresh) write(name string, data []byte, mode fs.FileMode) (err error) {
	path := r.path(name)
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fmt.Errorf("make the repository: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // It is below the .git we have made.
	if err != nil {
		return fmt.Errorf("make the repository: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("make the repository: %w", err)
	}
	return nil
}

// firstCommit writes the objects, the index, the branch and its log.
func (r fresh) firstCommit(files tree.Tree, o CommitOptions) (plumbing.Hash, error) {
	blobs, err := newBlobs(r.dir, files)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	p, err := newPacker()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	objects := make([]packed, 0, 2*len(blobs)+2)
	for _, b := range blobs {
		objects = append(objects, b.file)
	}
	root, objects, err := p.trees(blobs, objects)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	commit, err := p.commit(root, o)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if err := r.writePack(append(objects, commit)); err != nil {
		return plumbing.ZeroHash, err
	}
	if err := r.writeIndex(blobs); err != nil {
		return plumbing.ZeroHash, err
	}
	return commit.hash, r.writeBranch(commit.hash, o)
}

// writePack writes the pack file before its index: git looks for the index.
func (r fresh) writePack(objects []packed) error {
	pack, err := newPack(objects)
	if err != nil {
		return err
	}
	base := "objects/pack/pack-" + pack.sum.String()
	if err := r.write(base+".pack", pack.data, objectMode); err != nil {
		return err
	}
	return r.write(base+".idx", pack.index, objectMode)
}

func (r fresh) writeIndex(blobs []blob) error {
	idx := index.Index{Version: 2, Entries: make([]*index.Entry, len(blobs))}
	for i, b := range blobs {
		idx.Entries[i] = b.entry
	}
	var out bytes.Buffer
	if err := index.NewEncoder(&out).Encode(&idx); err != nil {
		return fmt.Errorf("encode the index: %w", err)
	}
	return r.write("index", out.Bytes(), fileMode)
}

func (r fresh) writeBranch(hash plumbing.Hash, o CommitOptions) error {
	ref := "refs/heads/" + r.branch
	if err := r.write(ref, []byte(hash.String()+"\n"), fileMode); err != nil {
		return err
	}
	log := []byte(o.logLine(hash))
	if err := r.write("logs/"+ref, log, fileMode); err != nil {
		return err
	}
	return r.write("logs/HEAD", log, fileMode)
}

// logLine returns the line of the reflog for a first commit.
func (o CommitOptions) logLine(hash plumbing.Hash) string {
	_, who := o.signatures()
	subject, _, _ := strings.Cut(o.message(), "\n")
	return fmt.Sprintf("%s %s %s <%s> %d %s\tcommit (initial): %s\n", plumbing.ZeroHash, hash,
		who.Name, who.Email, who.When.Unix(), who.When.Format("-0700"), subject)
}

// finish writes HEAD, which makes it a repository.
func (r fresh) finish() error {
	if err := r.write("HEAD", []byte("ref: refs/heads/"+r.branch+"\n"), fileMode); err != nil {
		return r.undo(err)
	}
	return nil
}

// undo removes what was made of the repository after err.
func (r fresh) undo(err error) error {
	return errors.Join(err, os.RemoveAll(r.gitDir))
}
