package gitrepo

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// fillSystem notes what only this system knows of a file. Git for Windows
// keeps the time of creation and leaves device, inode and owner at zero.
func fillSystem(e *index.Entry, info fs.FileInfo) {
	if s, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		e.CreatedAt = time.Unix(0, s.CreationTime.Nanoseconds())
	}
}
