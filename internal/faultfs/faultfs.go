// Package faultfs is a directory on the disk whose calls are counted, and one of
// which acts: it fails, or it ends the process. Tests of what writes let each
// call act in turn and look at what is left. It simulates nothing: the calls
// that do not act are real.
package faultfs

import (
	"io/fs"
	"os"
	"slices"
	"sync"
)

// Faults counts the calls of every directory that it opens. Writing to an open
// file counts as a call.
type Faults struct {
	At  int                     // the call that acts, from one; none for what is less
	Act func(name string) error // an error makes the call fail

	mu    sync.Mutex
	calls []string
}

// Calls returns the names that the calls were about, in order.
func (f *Faults) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Call counts a call, and fails when it is the one that acts and that says so.
// Steps that are no calls of a directory can be counted with it.
func (f *Faults) Call(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
	if len(f.calls) != f.At {
		return nil
	}
	if err := f.Act(name); err != nil {
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return nil
}

// Open opens a directory.
func (f *Faults) Open(dir string) (*Dir, error) {
	if err := f.Call("open", dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Dir{root, f}, nil
}

// Dir is a directory whose calls are counted.
type Dir struct {
	*os.Root

	faults *Faults
}

// FS reads what is below the directory.
func (d *Dir) FS() fs.FS { return reader{d.Root.FS(), d.faults} }

// OpenFile opens a file. When the write acts, the file is there and cannot be
// written to.
func (d *Dir) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if err := d.faults.Call("open", name); err != nil {
		return nil, err
	}
	file, err := d.Root.OpenFile(name, flag, perm)
	if err != nil || flag&os.O_WRONLY == 0 || d.faults.Call("write", name) == nil {
		return file, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	return d.Root.OpenFile(name, os.O_RDONLY, 0)
}

// Mkdir makes a directory.
func (d *Dir) Mkdir(name string, perm fs.FileMode) error {
	if err := d.faults.Call("mkdir", name); err != nil {
		return err
	}
	return d.Root.Mkdir(name, perm)
}

// Rename moves a file or a directory.
func (d *Dir) Rename(oldname, newname string) error {
	if err := d.faults.Call("rename", newname); err != nil {
		return err
	}
	return d.Root.Rename(oldname, newname)
}

// Remove removes a file or an empty directory.
func (d *Dir) Remove(name string) error {
	if err := d.faults.Call("remove", name); err != nil {
		return err
	}
	return d.Root.Remove(name)
}

// reader is the reading side of a Dir.
type reader struct {
	fs.FS

	faults *Faults
}

// Lstat describes a file, and of a link the link.
func (r reader) Lstat(name string) (fs.FileInfo, error) {
	if err := r.faults.Call("lstat", name); err != nil {
		return nil, err
	}
	return fs.Lstat(r.FS, name)
}

// ReadLink returns where a link leads.
func (r reader) ReadLink(name string) (string, error) {
	if err := r.faults.Call("readlink", name); err != nil {
		return "", err
	}
	return fs.ReadLink(r.FS, name)
}

// ReadFile returns the content of a file.
func (r reader) ReadFile(name string) ([]byte, error) {
	if err := r.faults.Call("read", name); err != nil {
		return nil, err
	}
	return fs.ReadFile(r.FS, name)
}

// ReadDir lists a directory.
func (r reader) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := r.faults.Call("readdir", name); err != nil {
		return nil, err
	}
	return fs.ReadDir(r.FS, name)
}
