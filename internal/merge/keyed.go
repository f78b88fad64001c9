package merge

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// mergeSet merges a file whose lines are a sorted set, such as go.sum: a line is
// there when both sides have it, or when one side has added it.
func mergeSet(base, ours, theirs []byte) []byte {
	b, o, t := split(base), split(ours), split(theirs)
	was, has := setOf(b.lines), setOf(t.lines)
	var all []string
	for _, l := range o.lines {
		if has[l] || !was[l] {
			all = append(all, l)
		}
	}
	kept := setOf(o.lines)
	for _, l := range t.lines {
		if !was[l] && !kept[l] {
			all = append(all, l)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	ending := o.ending()
	if len(all) == 0 {
		return nil
	}
	return []byte(strings.Join(all, ending) + ending)
}

// united returns ours and, after it, the lines of theirs that it lacks. Line
// endings stay as ours has them.
func united(ours, theirs []byte) []byte {
	ending := []byte("\n")
	if bytes.Contains(ours, []byte("\r\n")) {
		ending = []byte("\r\n")
	}
	have := map[string]bool{}
	for line := range bytes.Lines(ours) {
		have[string(bytes.TrimRight(line, "\r\n"))] = true
	}
	var more []byte
	for line := range bytes.Lines(theirs) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > 0 && !have[string(line)] {
			more = append(append(more, line...), ending...)
		}
	}
	if len(more) == 0 {
		return ours
	}
	all := bytes.Clone(ours)
	if len(all) > 0 && !bytes.HasSuffix(all, []byte("\n")) {
		all = append(all, ending...)
	}
	return append(append(all, ending...), more...)
}

func setOf(lines []string) map[string]bool {
	set := make(map[string]bool, len(lines))
	for _, l := range lines {
		set[l] = true
	}
	return set
}

// mergeEnv merges settings, NAME=value a line, by their names: what theirs adds
// stands after the line that it follows there.
func mergeEnv(base, ours, theirs []byte) ([]byte, bool) {
	sides := texts{split(base), split(ours), split(theirs)}
	out := merger{base: sides.base.keys, ours: sides.ours.keys, theirs: sides.theirs.keys, union: true}.run()
	if len(out.conflicts()) > 0 {
		return nil, false
	}
	data := out.write(sides, Labels{})
	return data, !repeats(data, ours)
}

// repeats reports whether a merge has a name twice that ours has once.
func repeats(data, ours []byte) bool {
	count := func(text []byte) map[string]int {
		n := map[string]int{}
		for line := range bytes.Lines(text) {
			if key := declared(string(line)); key != "" {
				n[key]++
			}
		}
		return n
	}
	before := count(ours)
	for key, n := range count(data) {
		if n > 1 && n > before[key] {
			return true
		}
	}
	return false
}

// mergeGoMod merges the requirements of go.mod by module and everything else by
// lines. Where both sides moved to another version the higher one wins.
func mergeGoMod(base, ours, theirs []byte) ([]byte, bool) {
	b, errB := modfile.Parse("go.mod", base, nil)
	o, errO := modfile.Parse("go.mod", ours, nil)
	t, errT := modfile.Parse("go.mod", theirs, nil)
	if errB != nil || errO != nil || errT != nil || !sameShell(b, t) {
		return nil, false
	}
	has := requires(o)
	all := wanted(requires(b), has, requires(t))
	for path, want := range all {
		var err error
		if want.version == "" {
			err = o.DropRequire(path)
		} else if have, there := has[path]; !there {
			o.AddNewRequire(path, want.version, want.indirect)
		} else if have.version != want.version {
			err = o.AddRequire(path, want.version)
		}
		if err != nil {
			return nil, false
		}
	}
	mergeTools(b, o, t)
	o.Cleanup()
	o.SetRequireSeparateIndirect(withMarks(o, all))
	o.Cleanup()
	data, err := o.Format()
	return data, err == nil
}

// requirement is a line of require.
type requirement struct {
	version  string
	indirect bool
}

func requires(f *modfile.File) map[string]requirement {
	all := map[string]requirement{}
	for _, r := range f.Require {
		all[r.Mod.Path] = requirement{r.Mod.Version, r.Indirect}
	}
	return all
}

// wanted returns for each module what the merge has; no version for none.
func wanted(b, o, t map[string]requirement) map[string]requirement {
	all := map[string]requirement{}
	for _, side := range []map[string]requirement{b, o, t} {
		for path := range side {
			all[path] = choose(b[path], o[path], t[path])
		}
	}
	return all
}

func choose(b, o, t requirement) requirement {
	switch {
	case t == b:
		return o
	case o == b:
		return t
	}
	return requirement{higher(o.version, t.version), o.indirect && t.indirect}
}

// higher returns the higher of two versions; none is the lowest.
func higher(a, b string) string {
	if a == "" || b != "" && semver.Compare(a, b) < 0 {
		return b
	}
	return a
}

func withMarks(f *modfile.File, want map[string]requirement) []*modfile.Require {
	var list []*modfile.Require
	for _, r := range f.Require {
		one := *r
		if w, known := want[r.Mod.Path]; known {
			one.Indirect = w.indirect
		}
		list = append(list, &one)
	}
	return list
}

func mergeTools(b, o, t *modfile.File) {
	has := func(f *modfile.File, path string) bool {
		return slices.ContainsFunc(f.Tool, func(x *modfile.Tool) bool { return x.Path == path })
	}
	for _, x := range t.Tool {
		if !has(b, x.Path) && !has(o, x.Path) {
			_ = o.AddTool(x.Path) // it parsed as one in theirs
		}
	}
	for _, x := range b.Tool {
		if !has(t, x.Path) && has(o, x.Path) {
			_ = o.DropTool(x.Path) // it is there
		}
	}
}

// sameShell reports whether theirs changes nothing of go.mod but requirements
// and tools: all else is then as ours has it.
func sameShell(b, t *modfile.File) bool {
	shell := func(f *modfile.File) string {
		var s strings.Builder
		if f.Module != nil {
			s.WriteString(f.Module.Mod.Path)
		}
		if f.Go != nil {
			s.WriteString(" go " + f.Go.Version)
		}
		if f.Toolchain != nil {
			s.WriteString(" " + f.Toolchain.Name)
		}
		for _, r := range f.Replace {
			s.WriteString(" " + r.Old.String() + "=>" + r.New.String())
		}
		for _, x := range f.Exclude {
			s.WriteString(" !" + x.Mod.String())
		}
		return s.String()
	}
	return shell(b) == shell(t)
}
