package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"groundsill.example/internal/lock"
)

// report prints which packages and which chosen versions differ.
func report(w io.Writer, old, table *lock.Table) {
	chosen := func(m lock.Module) bool { return m.Chosen }
	spare := func(m lock.Module) bool { return m.Spare }
	diff(w, "module", versionsOf(old, chosen), versionsOf(table, chosen))
	diff(w, "spare", versionsOf(old, spare), versionsOf(table, spare))
	diff(w, "package", namesOf(old), namesOf(table))
}

func diff(w io.Writer, what string, was, is map[string]string) {
	names := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		before, had := was[name]
		after, has := is[name]
		switch {
		case !had:
			fmt.Fprintf(w, "new %s %s %s\n", what, name, after)
		case !has:
			fmt.Fprintf(w, "gone %s %s %s\n", what, name, before)
		case before != after:
			fmt.Fprintf(w, "changed %s %s %s -> %s\n", what, name, before, after)
		}
	}
}

func versionsOf(t *lock.Table, which func(lock.Module) bool) map[string]string {
	versions := map[string]string{}
	for _, m := range t.Modules {
		if which(m) {
			versions[m.Path] = m.Version
		}
	}
	return versions
}

// providersOf returns the modules that templates import from.
func providersOf(t *lock.Table) map[string]bool {
	mods := map[string]bool{}
	for _, p := range t.Packages {
		mods[p.Module] = true
	}
	return mods
}

func namesOf(t *lock.Table) map[string]string {
	names := map[string]string{}
	for p, entry := range t.Packages {
		names[p] = "of " + entry.Module
	}
	return names
}

// reportNewer prints newer versions of the modules that templates import from.
func (s *scratch) reportNewer(ctx context.Context, w io.Writer, t *lock.Table) error {
	args := []string{"list", "-m", "-u", "-json"}
	args = append(args, slices.Sorted(maps.Keys(providersOf(t)))...)
	data, err := s.tool.run(ctx, args...)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var m struct {
			Path, Version string
			Update        *struct{ Version string }
		}
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the answer of the go command: %w", err)
		}
		if m.Update != nil {
			fmt.Fprintf(w, "newer %s %s -> %s%s\n", m.Path, m.Version, m.Update.Version, s.pinNote(m.Path))
		}
	}
}

func (s *scratch) pinNote(path string) string {
	if s.list.pins[path] == "" {
		return ""
	}
	return " (pinned)"
}
