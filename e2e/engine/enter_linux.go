package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// enter becomes the process of a container, in the namespaces that start gave
// it. It returns only when that fails.
func enter(given string) error {
	runtime.LockOSThread() // rights belong to a thread, and so does exec
	var c container
	if err := json.Unmarshal([]byte(given), &c); err != nil {
		return err
	}
	if err := c.mount(); err != nil {
		return err
	}
	if err := c.surrender(); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", c.Argv[0], unix.Exec(c.Argv[0], c.Argv, c.Env))
}

// mount makes the files of the image the root, which nobody can write to but
// where that was asked for.
func (c *container) mount() error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("take the mounts of the machine apart: %w", err)
	}
	if err := unix.Mount(c.Root, c.Root, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount the root: %w", err)
	}
	const plain = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("proc", filepath.Join(c.Root, "proc"), "proc", plain, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, dir := range c.Writable {
		if err := unix.Mount("tmpfs", filepath.Join(c.Root, dir), "tmpfs", plain, "mode=1777"); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	for dir, from := range c.Mounts {
		if err := unix.Mount(from, filepath.Join(c.Root, dir), "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	if err := unix.Mount("", c.Root, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("make the root read-only: %w", err)
	}
	if err := unix.Chroot(c.Root); err != nil {
		return fmt.Errorf("enter the root: %w", err)
	}
	return unix.Chdir(c.Dir)
}

// surrender gives up every right, for good.
func (c *container) surrender() error {
	for right := range uintptr(unix.CAP_LAST_CAP + 1) {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, right, 0, 0, 0); err != nil {
			return fmt.Errorf("drop the right %d: %w", right, err)
		}
	}
	if err := unix.Setgroups(nil); err != nil {
		return err
	}
	if err := unix.Setresgid(c.GID, c.GID, c.GID); err != nil {
		return err
	}
	if err := unix.Setresuid(c.UID, c.UID, c.UID); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}
