package merge

import (
	"fmt"
	"go/scanner"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// often is how often files say a thing that is worth a name.
const often = 4

// checkNeighbours warns of new files of Go with literals that the user has
// replaced in the files beside them, by a constant perhaps: the new file still
// has what they had.
func (t *trees) checkNeighbours() {
	replaced := map[string]map[string]bool{}
	for p, f := range t.target {
		_, was := t.Base.File(p)
		_, there := t.Ours.File(p)
		dir := path.Dir(p.String())
		if was || there || path.Ext(p.String()) != ".go" {
			continue
		}
		if replaced[dir] == nil {
			replaced[dir] = t.replaced(dir)
		}
		if said := says(f.Data, replaced[dir]); said != "" {
			t.warnings = append(t.warnings, fmt.Sprintf("%s has %s: in the files beside it you have something else in place of that.", p, said))
		}
	}
}

// replaced returns the words of literals that the files of a directory had
// often, and that are in one place at most since the user changed them.
func (t *trees) replaced(dir string) map[string]bool {
	was, is := map[string]int{}, map[string]int{}
	edited := false
	for p, b := range t.Base.All() {
		o, there := t.Ours.File(p)
		if there && path.Dir(p.String()) == dir && path.Ext(p.String()) == ".go" {
			edited = edited || !o.Equal(b)
			literals(b.Data, func(_ string, words []string) { count(was, words) })
			literals(o.Data, func(_ string, words []string) { count(is, words) })
		}
	}
	gone := map[string]bool{}
	for word, n := range was {
		if edited && n >= often && is[word] <= 1 {
			gone[word] = true
		}
	}
	return gone
}

// says returns the first literal of a file that has one of some words.
func says(data []byte, some map[string]bool) string {
	said := ""
	if len(some) > 0 {
		literals(data, func(literal string, words []string) {
			if said == "" && slices.ContainsFunc(words, func(w string) bool { return some[w] }) {
				said = literal
			}
		})
	}
	return said
}

func count(n map[string]int, words []string) {
	for _, w := range words {
		n[w]++
	}
}

// literals calls a function with each string of a file of Go and its words.
func literals(data []byte, each func(literal string, words []string)) {
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile("", files.Base(), len(data)), data, nil, 0)
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			return
		}
		if text, err := strconv.Unquote(lit); tok == token.STRING && err == nil {
			each(lit, strings.FieldsFunc(text, func(r rune) bool { return !significant(string(r)) }))
		}
	}
}
