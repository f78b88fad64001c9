package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"groundsill.example/internal/lock"
)

// remade is a lock that was made again.
type remade struct {
	name          string // of the file
	before, after []byte
	newer         func(ctx context.Context, w io.Writer) error // prints which packages have newer versions
}

// refresh makes the lock of a blueprint, and reports what changed.
func refresh(ctx context.Context, o options, stdout io.Writer) (err error) {
	scratch, err := os.MkdirTemp("", "refresh-")
	if err != nil {
		return fmt.Errorf("make a scratch directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	remake := remakeGo
	if _, err := os.Stat(filepath.Join(o.dir, npmLockFile)); err == nil {
		remake = remakeNpm
	}
	lock, err := remake(ctx, o, scratch, stdout)
	if err != nil {
		return err
	}
	pins, err := pinsOf(o.dir, filepath.Join(filepath.Dir(o.dir), "shared"))
	if err != nil {
		return err
	}
	if o.offline {
		reportPins(ctx, stdout, pins, nil)
	} else {
		reportPins(ctx, stdout, pins, newRegistries(toolchain{scratch}).ask)
		if err := lock.newer(ctx, stdout); err != nil {
			return err
		}
	}
	return save(lock.name, lock.before, lock.after, o.check, stdout)
}

// remakeGo makes the Go lock of a blueprint from its list, in a scratch module.
func remakeGo(ctx context.Context, o options, dir string, stdout io.Writer) (remade, error) {
	listFile := filepath.Join(o.dir, "locks", "go.packages")
	data, err := os.ReadFile(listFile)
	if err != nil {
		return remade{}, fmt.Errorf("read list of packages: %w", err)
	}
	l, err := parseList(listFile, data)
	if err != nil {
		return remade{}, err
	}
	made := remade{name: filepath.Join(o.dir, "locks", "go.json")}
	before, old, err := readLock(made.name)
	if err != nil {
		return remade{}, err
	}
	s := &scratch{tool: toolchain{dir}, list: l}
	table, err := s.table(ctx, old, o.upgrade)
	if err != nil {
		return remade{}, err
	}
	made.before = before
	if made.after, err = table.Format(); err != nil {
		return remade{}, err
	}
	made.newer = func(ctx context.Context, w io.Writer) error { return s.reportNewer(ctx, w, table) }
	report(stdout, old, table)
	return made, reportUsage(stdout, o.dir, l.packages)
}

// readLock returns the lock as it is. One that is not there is an empty table.
func readLock(name string) ([]byte, *lock.Table, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &lock.Table{}, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read lock: %w", err)
	}
	table, err := lock.ParseTable(data)
	if err != nil {
		return nil, nil, fmt.Errorf("read lock %s: %w", name, err)
	}
	return data, table, nil
}

func save(name string, before, after []byte, check bool, stdout io.Writer) error {
	switch {
	case bytes.Equal(before, after):
		fmt.Fprintf(stdout, "%s is up to date\n", name)
		return nil
	case check:
		return fmt.Errorf("%s is not up to date", name)
	}
	if err := os.WriteFile(name, after, 0o644); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	fmt.Fprintf(stdout, "wrote %s, %d bytes\n", name, len(after))
	return nil
}

// scratch is a module that imports everything on the list.
type scratch struct {
	tool toolchain
	list list
}

// table has the go command choose the versions, and looks up the rest.
func (s *scratch) table(ctx context.Context, old *lock.Table, upgrade bool) (*lock.Table, error) {
	if err := s.create(old, upgrade); err != nil {
		return nil, err
	}
	if args := s.wanted(upgrade); len(args) > 0 {
		if _, err := s.tool.run(ctx, append([]string{"get"}, args...)...); err != nil {
			return nil, err
		}
	}
	if _, err := s.tool.run(ctx, "mod", "tidy"); err != nil {
		return nil, err
	}
	file, err := s.tool.gomod()
	if err != nil {
		return nil, err
	}
	if err := s.verify(file); err != nil {
		return nil, err
	}
	b := newBuilder(s.tool, file)
	spares := map[string]string{}
	if !upgrade {
		spares = versionsOf(old, func(m lock.Module) bool { return m.Spare })
	}
	table, err := s.complete(ctx, b, spares)
	return table, errors.Join(err, b.verify(s.list.matches))
}

// create writes the module. Without an upgrade it starts from the versions the
// lock has of what templates import, so that nothing moves on its own. The
// versions of everything else follow from these.
func (s *scratch) create(old *lock.Table, upgrade bool) error {
	var mod strings.Builder
	fmt.Fprintf(&mod, "module example.com/scratch\n\ngo %s\n", s.list.language)
	if !upgrade {
		direct := providersOf(old)
		for p, v := range versionsOf(old, func(m lock.Module) bool { return m.Chosen && direct[m.Path] }) {
			fmt.Fprintf(&mod, "require %s %s\n", p, v)
		}
	}
	if err := s.tool.write("go.mod", mod.String()); err != nil {
		return err
	}
	return s.tool.write("scratch.go", importing(s.list.packages))
}

func importing(packages []string) string {
	var src strings.Builder
	src.WriteString("package scratch\n")
	for _, p := range packages {
		fmt.Fprintf(&src, "\nimport _ %q\n", p)
	}
	return src.String()
}

// wanted returns the arguments of "go get": the pins, and in an upgrade the
// newest version of everything else.
func (s *scratch) wanted(upgrade bool) []string {
	var args []string
	for _, m := range slices.Sorted(maps.Keys(s.list.pins)) {
		args = append(args, m+"@"+s.list.pins[m])
	}
	if !upgrade {
		return args
	}
	for _, p := range s.list.packages {
		if !s.pinned(p) {
			args = append(args, p+"@latest")
		}
	}
	return args
}

func (s *scratch) pinned(pkg string) bool {
	for m := range s.list.pins {
		if pkg == m || strings.HasPrefix(pkg, m+"/") {
			return true
		}
	}
	return false
}

// verify demands that the go command left the language version and the pins
// as the list has them.
func (s *scratch) verify(file *modfile.File) error {
	var errs []error
	if file.Go == nil || file.Go.Version != s.list.language {
		errs = append(errs, fmt.Errorf("a module asks for a newer go than %s: pin an older version of it", s.list.language))
	}
	for _, r := range file.Require {
		if pin := s.list.pins[r.Mod.Path]; pin != "" && pin != r.Mod.Version {
			errs = append(errs, fmt.Errorf("%s is pinned at %s, and another module requires %s", r.Mod.Path, pin, r.Mod.Version))
		}
	}
	return errors.Join(errs...)
}
