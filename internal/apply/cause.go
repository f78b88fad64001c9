package apply

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"groundsill.example/internal/diag"
)

// codeCrossDevice is for a rename whose two ends are on different file systems.
const codeCrossDevice = "cross-device"

// failed makes a *diag.Error of a failed call on the disk. Errors that are one
// already stay as they are.
func failed(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*diag.Error](err); ok {
		return known
	}
	code, hint := cause(err)
	return diag.Wrap(diag.Environment, bare(err), diag.Diagnostic{
		Code: code, Summary: verb + " " + name, Hint: hint,
	})
}

// cause returns the code and the hint for a failed call on the disk.
func cause(err error) (code, hint string) {
	switch {
	case oneOf(err, syscall.ENOSPC, syscall.EDQUOT, windowsErr(39), windowsErr(112)):
		return "disk-full", "make room on the disk and run the command again"
	case oneOf(err, syscall.EROFS, windowsErr(19)):
		return "read-only", "the file system is mounted read-only: choose another directory"
	case errors.Is(err, fs.ErrPermission):
		return "permission", "check who owns the directory and whether you may write there"
	case oneOf(err, syscall.EXDEV, windowsErr(17)):
		return codeCrossDevice, "a part of the directory is mounted from elsewhere: unmount it for the run"
	default:
		return "disk", "nothing was changed: solve the cause and run the command again"
	}
}

// windowsErr returns a number of Windows' own, for which package syscall has no
// portable name, and on other systems no error at all.
func windowsErr(n syscall.Errno) syscall.Errno {
	if runtime.GOOS != "windows" {
		return 0
	}
	return n
}

func oneOf(err error, numbers ...syscall.Errno) bool {
	found, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return false
	}
	for _, n := range numbers {
		if n != 0 && n == found {
			return true
		}
	}
	return false
}

// bare returns err without the path and the name of the call that package os
// puts around it: ours say which of the user's paths it is about.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// interrupted returns the error that ctx was ended with, as it is when it is
// one of ours, and else in an error of class Interrupted.
func interrupted(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	err := context.Cause(ctx)
	if known, ok := errors.AsType[*diag.Error](err); ok {
		return known
	}
	return diag.Wrap(diag.Interrupted, err, diag.Diagnostic{
		Code: "interrupted", Summary: "stopped before the end, nothing is changed",
	})
}
