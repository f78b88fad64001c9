package apply

import (
	"errors"
	"io/fs"
	"runtime"
	"syscall"

	"groundsill.example/internal/tree"
)

// leftovers compares what is on the disk with what a run has left there.
type leftovers struct {
	fs    FS
	area  place
	files map[string]bool // the paths of the run; true for a file that it wrote
	made  map[string]bool // the directories that it made
}

// check says how an entry is not what the run has left, empty if it is.
func (l leftovers) check(i int, e entry) (string, error) {
	how, err := l.kept(i, e)
	if how != "" || err != nil {
		return how, err
	}
	path := e.Path.String()
	above, err := l.above(path)
	if err != nil {
		return "", err
	}
	var info fs.FileInfo
	switch above {
	case dirThere:
		info, err = lstat(l.fs, path)
		if missing(err) {
			info, err = nil, nil
		}
	case dirAbsent:
	default:
		return "is below something that the run has not made", nil
	}
	if err != nil {
		return "", err
	}
	return l.compare(e, info)
}

// compare says how what is at the path of an entry is not what the run left.
func (l leftovers) compare(e entry, info fs.FileInfo) (string, error) {
	switch {
	case info == nil && e.After != "" && e.Before != "":
		return "is gone since the run", nil
	case info == nil:
		return "", nil
	case e.After == "" && info.IsDir() && l.made[e.Path.String()]:
		return "", nil
	case e.After == "":
		return "is there again since the run", nil
	case !info.Mode().IsRegular():
		return "has changed since the run", nil
	}
	file, err := fileAt(l.fs, e.Path.String(), info)
	if err != nil {
		return "", err
	}
	executable := e.Exec && runtime.GOOS != "windows" // which has no such bit
	if file.Digest() != e.After || (file.Mode == tree.Executable) != executable {
		return "has changed since the run", nil
	}
	return "", nil
}

// kept says what is wrong with the file that the run has replaced: it has to
// be the one that the run found.
func (l leftovers) kept(i int, e entry) (string, error) {
	name := saved(l.area, i)
	there, err := l.area.sub(oldDir).real()
	if err != nil {
		return "", err
	}
	var info fs.FileInfo
	if there {
		info, err = lstat(l.fs, name)
	}
	switch {
	case missing(err):
		info = nil
	case err != nil:
		return "", err
	}
	const lost = "is not kept as it was before the run"
	if info == nil || e.Before == "" {
		if (info == nil) == (e.Before == "") {
			return "", nil
		}
		return lost, nil
	}
	file, err := fileAt(l.fs, name, info)
	if err != nil || file.Digest() != e.Before {
		return lost, err
	}
	return "", nil
}

// above says what is on the way to a path: directories, or nothing, which is
// also a file that goes when the run is undone.
func (l leftovers) above(path string) (dirState, error) {
	for d := range prefixes(path) {
		if d == path {
			break
		}
		info, err := lstat(l.fs, d)
		switch {
		case missing(err), errors.Is(err, syscall.ENOTDIR):
			return dirAbsent, nil
		case err != nil:
			return 0, err
		case info.IsDir():
		case l.files[d]:
			return dirAbsent, nil
		default:
			return dirBlocked, nil
		}
	}
	return dirThere, nil
}
