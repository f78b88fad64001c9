package gitrepo

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// fillSystem notes what only this system knows of a file. Git keeps the lower
// 32 bits of device and inode.
func fillSystem(e *index.Entry, info fs.FileInfo) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	e.CreatedAt = time.Unix(s.Ctim.Unix())
	e.Dev, e.Inode = uint32(s.Dev), uint32(s.Ino) //nolint:gosec // Git cuts them off, too.
	e.UID, e.GID = s.Uid, s.Gid
}
