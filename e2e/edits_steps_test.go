package e2e

import (
	"fmt"
	slashed "path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

// userEdit is something that people do to a service.
type userEdit struct {
	name  string
	steps steps
	// renamed are names that a person has changed, in turn the old and the new
	// one: what the blueprint says about the thing has the new one too.
	renamed []string
	// docker says that it concerns files of the module docker.
	docker bool
	// warns says what the plan of an operation has to warn of, unless it has
	// conflicts: what would merge and not be what the user means.
	warns map[string]string
}

// edits returns the corpus.
func edits() []userEdit {
	return slices.Concat(wiringEdits(), resourceEdits(), testEdits(), formatEdits(), placeEdits(), projectEdits(), serviceEdits())
}

type steps []step

// step changes the files of a service, and says which files it moved: where a
// file is, and where it was.
type step func(files sources, moved map[string]string) error

// replace exchanges a text that a file has once.
func replace(name, old, now string) step {
	return func(files sources, _ map[string]string) error {
		if n := strings.Count(files[name], old); n != 1 {
			return fmt.Errorf("%q stands in %s %d times", old, name, n)
		}
		files[name] = strings.Replace(files[name], old, now, 1)
		return nil
	}
}

// before puts text before another, after behind it, and cut takes it out.
func before(name, anchor, text string) step { return replace(name, anchor, text+anchor) }
func after(name, anchor, text string) step  { return replace(name, anchor, anchor+text) }
func cut(name, text string) step            { return replace(name, text, "") }

// appendTo puts text at the end of a file.
func appendTo(name, text string) step {
	return func(files sources, _ map[string]string) error {
		if _, there := files[name]; !there {
			return fmt.Errorf("there is no %s", name)
		}
		files[name] += text
		return nil
	}
}

// everywhere exchanges a text in all files that a glob takes.
func everywhere(glob, old, now string) step {
	return each(glob, func(_, data string) string { return strings.ReplaceAll(data, old, now) })
}

// rename exchanges a name of Go in all files that a glob takes.
func rename(glob, old, now string) step {
	name := regexp.MustCompile(`\b` + old + `\b`)
	return each(glob, func(_, data string) string { return name.ReplaceAllString(data, now) })
}

// each changes all files that a glob takes, and at least one.
func each(glob string, change func(name, data string) string) step {
	return func(files sources, _ map[string]string) error {
		changed := false
		for name, data := range files {
			if ok, err := doublestar.Match(glob, name); err != nil || !ok {
				continue
			}
			files[name] = change(name, data)
			changed = changed || files[name] != data
		}
		if !changed {
			return fmt.Errorf("nothing to change in %s", glob)
		}
		return nil
	}
}

// create makes a file that is not there.
func create(name, data string) step {
	return func(files sources, _ map[string]string) error {
		if _, there := files[name]; there {
			return fmt.Errorf("there is a %s", name)
		}
		files[name] = data
		return nil
	}
}

// remove deletes files.
func remove(names ...string) step {
	return func(files sources, _ map[string]string) error {
		for _, name := range names {
			if _, there := files[name]; !there {
				return fmt.Errorf("there is no %s", name)
			}
			delete(files, name)
		}
		return nil
	}
}

// move gives a file another place.
func move(from, to string) step {
	return func(files sources, moved map[string]string) error {
		data, there := files[from]
		if _, taken := files[to]; !there || taken {
			return fmt.Errorf("%s cannot go to %s", from, to)
		}
		delete(files, from)
		files[to], moved[to] = data, from
		return nil
	}
}

// moveAll gives the files of a directory another one.
func moveAll(from, to string) step {
	return func(files sources, moved map[string]string) error {
		for name := range files.clone() {
			if slashed.Dir(name) != from {
				continue
			}
			if err := move(name, slashed.Join(to, slashed.Base(name)))(files, moved); err != nil {
				return err
			}
		}
		return nil
	}
}

// TestStepsFail demands that a step that has nothing to do says so: an edit that
// changes nothing would prove nothing.
func TestStepsFail(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]step{
		"replace":    replace("a", "z", "y"),
		"twice":      replace("a", "x", "y"),
		"append":     appendTo("b", "x"),
		"everywhere": everywhere("*", "z", "y"),
		"create":     create("a", ""),
		"remove":     remove("b"),
		"move":       move("b", "c"),
		"onto":       move("a", "a"),
	} {
		if err := s(sources{"a": "x x"}, map[string]string{}); err == nil {
			t.Errorf("%s does not fail", name)
		}
	}
}
