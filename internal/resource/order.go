package resource

import (
	"slices"
	"strings"
)

// Sorted returns the resources in canonical order: one that others refer to
// before those, else by name. It does not change rs. References know the
// plural of their target afterwards. Resources in a cycle come last, by name.
func Sorted(rs []Resource) []Resource {
	byName := make(map[string]Resource, len(rs))
	for _, r := range rs {
		byName[r.Name] = r
	}
	sorted := make([]Resource, 0, len(rs))
	done := map[string]bool{}
	left := slices.SortedFunc(slices.Values(rs), func(a, b Resource) int { return strings.Compare(a.Name, b.Name) })
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(r Resource) bool { return ready(r, byName, done) })
		i = max(i, 0)
		done[left[i].Name] = true
		sorted = append(sorted, linked(left[i], byName))
		left = slices.Delete(left, i, i+1)
	}
	return sorted
}

// ready reports whether everything that r refers to is there before it.
func ready(r Resource, all map[string]Resource, done map[string]bool) bool {
	for _, target := range r.targets() {
		if _, known := all[target]; known && target != r.Name && !done[target] {
			return false
		}
	}
	return true
}

func linked(r Resource, all map[string]Resource) Resource {
	r.Fields = slices.Clone(r.Fields)
	for i, f := range r.Fields {
		if target, ok := all[f.Target]; ok && f.Type == References {
			r.Fields[i].Table = target.Plural
		}
	}
	return r
}

// targets returns the names that r refers to, sorted, each once.
func (r Resource) targets() []string {
	var names []string
	for _, f := range r.Fields {
		if f.Type == References {
			names = append(names, f.Target)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// cycle returns the names on one way from a resource back to itself over
// others, the least name first, and nil where there is none.
func cycle(rs []Resource) []string {
	edges := make(map[string][]string, len(rs))
	for _, r := range rs {
		edges[r.Name] = r.targets()
	}
	sorted := Sorted(rs)
	for _, r := range slices.SortedFunc(slices.Values(sorted), func(a, b Resource) int {
		return strings.Compare(a.Name, b.Name)
	}) {
		if way := wayBack(r.Name, edges); way != nil {
			return way
		}
	}
	return nil
}

// wayBack returns the shortest way from name over other resources to itself.
func wayBack(name string, edges map[string][]string) []string {
	ways := [][]string{{name}}
	seen := map[string]bool{}
	for len(ways) > 0 {
		way := ways[0]
		ways = ways[1:]
		last := way[len(way)-1]
		for _, next := range edges[last] {
			switch {
			case next == name && last != name:
				return append(slices.Clone(way), name)
			case next != last && !seen[next]:
				seen[next] = true
				ways = append(ways, append(slices.Clone(way), next))
			}
		}
	}
	return nil
}
