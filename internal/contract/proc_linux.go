package contract

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// listeners returns the TCP ports that a process listens on, sorted.
func listeners(pid int) ([]int, error) {
	own, err := sockets(pid)
	if err != nil {
		return nil, err
	}
	var ports []int
	for _, table := range []string{"tcp", "tcp6"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue // a machine without IPv6
		}
		for line := range strings.Lines(string(data)) {
			w := strings.Fields(line)
			if len(w) < 10 || w[3] != "0A" || !own[w[9]] {
				continue
			}
			_, last, _ := strings.Cut(w[1], ":")
			if port, err := strconv.ParseInt(last, 16, 32); err == nil {
				ports = append(ports, int(port))
			}
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports), nil
}

// sockets returns the inodes of a process's sockets.
func sockets(pid int) (map[string]bool, error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, e := range entries {
		target, err := os.Readlink(dir + "/" + e.Name())
		if err != nil {
			continue // closed meanwhile
		}
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return own, nil
}

// resident returns the memory in use by a process in bytes and its number of
// open files.
func resident(pid int) (rss int64, files int, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, 0, err
	}
	words := strings.Fields(string(data))
	if len(words) < 2 {
		return 0, 0, errors.New("statm has another form")
	}
	pages, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return 0, 0, err
	}
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return pages * int64(os.Getpagesize()), len(entries), err
}
