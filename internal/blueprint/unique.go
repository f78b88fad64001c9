package blueprint

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"groundsill.example/internal/strictyaml"
)

// Unique says which keys the files of a repository declare only once, such as
// routes: a merge that would declare one twice is a conflict.
type Unique struct {
	Name    string
	Glob    string
	Pattern *regexp.Regexp // with one group, the key
}

// Matches reports whether the keys of a file count.
func (u Unique) Matches(name string) bool {
	ok, _ := doublestar.Match(u.Glob, name) // the glob was checked
	return ok
}

func (r *manifest) uniques(m strictyaml.Map) []Unique {
	var all []Unique
	for _, n := range m.List("unique") {
		one := r.Map(n, "name", "path", "pattern")
		one.Require("name", "path", "pattern")
		u := Unique{Name: r.form(one, "name", nameForm), Glob: one.Str("path")}
		if u.Name != "" && slices.ContainsFunc(all, func(o Unique) bool { return o.Name == u.Name }) {
			r.failKey(one, "name", fmt.Sprintf("there is another entry %q", u.Name))
		}
		if !doublestar.ValidatePattern(u.Glob) {
			r.failKey(one, "path", fmt.Sprintf("the glob %q is malformed", u.Glob))
		}
		var err error
		u.Pattern, err = regexp.Compile("(?m)" + one.Str("pattern"))
		if err != nil || u.Pattern.NumSubexp() != 1 {
			r.failKey(one, "pattern", "a pattern is a regular expression (RE2) with one group, the key")
			continue
		}
		all = append(all, u)
	}
	return all
}
