package gitrepo

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// library is what Dirty does without git. A file that a filter would change
// on its way into git counts as changed.
func (d *dirt) library(env Env) error {
	settings, err := readSettings(env, d.repo.Root)
	if err != nil {
		return err
	}
	entries, err := d.repo.libraryEntries()
	if err != nil {
		return err
	}
	head, err := d.repo.headTree()
	if err != nil {
		return withoutGit(err)
	}
	known := map[string]staged{}
	for _, e := range entries {
		known[e.Name] = e
	}
	inside := d.dropForeign()
	for _, p := range inside {
		if err := d.compare(d.repo.full(p), known, head, settings); err != nil {
			return withoutGit(err)
		}
	}
	d.unknown(inside, entries)
	return nil
}

// headTree returns the tree at HEAD, one without entries where there is none.
func (r Repo) headTree() (*object.Tree, error) {
	repo, err := r.library()
	if err != nil {
		return nil, err
	}
	commit, err := headCommit(repo)
	if commit == nil {
		return &object.Tree{}, err
	}
	return commit.Tree()
}

// compare notes how a name differs, but for a file that is unknown to git.
func (d *dirt) compare(name string, known map[string]staged, head *object.Tree, settings *configReader) error {
	now, tracked := known[name]
	before, err := entryAt(head, name)
	if err != nil {
		return err
	}
	sameAsHead := tracked == (before != nil)
	if tracked && before != nil {
		sameAsHead = now.Hash == before.Hash.String() && now.Mode == fmt.Sprintf("%06o", uint32(before.Mode))
	}
	if tracked && now.Stage != stageMerged {
		d.kinds[name] = KindUnmerged
		return nil
	}
	if tracked && now.Mode != modeGitlink {
		same, err := d.sameOnDisk(now, settings)
		if err != nil {
			return err
		}
		if !same {
			d.kinds[name] = KindUnstaged
			return nil
		}
	}
	if !sameAsHead {
		d.kinds[name] = KindStaged
	}
	return nil
}

// sameOnDisk reports whether the file of an entry is what the entry says.
func (d *dirt) sameOnDisk(e staged, settings *configReader) (bool, error) {
	info, there := d.ground.file(e.Name)
	if !there {
		return e.Skip, nil
	}
	if e.Intent {
		return false, nil
	}
	data, mode, err := readForGit(d.repo.disk(e.Name), info)
	if err != nil || mode == "" {
		return false, err
	}
	if mode != e.Mode && (settings.fileMode() || mode == modeLink || e.Mode == modeLink) {
		return false, nil
	}
	for _, form := range [][]byte{data, d.repo.clean(settings.config(), mode, data)} {
		if plumbing.ComputeHash(plumbing.BlobObject, form).String() == e.Hash {
			return true, nil
		}
	}
	return false, nil
}

// readForGit returns the content and the mode that git would store.
func readForGit(name string, info fs.FileInfo) (data []byte, mode string, err error) {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(name)
		return []byte(filepath.ToSlash(target)), modeLink, err
	case !info.Mode().IsRegular():
		return nil, "", nil
	}
	mode = modeFile
	if info.Mode()&0o100 != 0 {
		mode = modeExec
	}
	data, err = readFile(name)
	return data, mode, err
}

// clean returns data with the line endings that git stores, as far as that
// can be told without git.
func (r Repo) clean(config Config, mode string, data []byte) []byte {
	if mode == modeLink || bytes.IndexByte(data, 0) >= 0 {
		return data
	}
	text := config.autoCRLF
	attributes := []string{config.attributes}
	for dir := r.Prefix; ; dir = path.Dir(dir) {
		if own, err := readFile(filepath.Join(r.disk(dir), ".gitattributes")); err == nil {
			attributes = append(attributes, string(own))
		}
		if dir == "" || dir == "." {
			break
		}
	}
	for _, a := range attributes {
		_, speaks := conversions(a)
		text = text || speaks
	}
	if !text {
		return data
	}
	return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
}

// librarySetUnmerged is SetUnmerged without git.
func (r Repo) librarySetUnmerged(env Env, conflicts []Unmerged) error {
	config, err := ReadConfig(env, r.Root)
	if err != nil {
		return err
	}
	repo, err := r.library()
	if err != nil {
		return withoutGit(err)
	}
	var names []string
	var entries []staged
	for _, u := range conflicts {
		name := r.full(u.Path)
		names = append(names, name)
		for stage, f := range u.sides() {
			if f == nil {
				continue
			}
			mode, _ := indexMode(f.Mode)
			hash, err := storeBlob(repo.Storer, r.clean(config, mode, f.Data))
			if err != nil {
				return withoutGit(err)
			}
			entries = append(entries, staged{Name: name, Stage: stage, Mode: mode, Hash: hash})
		}
	}
	return r.libraryReplace(names, entries)
}
