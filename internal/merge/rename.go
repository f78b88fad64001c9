package merge

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"

	"groundsill.example/internal/textdiff"
)

// word is a token of Go and where it stands.
type word struct {
	text       string
	start, end int
	name       bool // it is a name that stands for itself: no field, method or key
}

// scan returns the words of a piece of Go, comments included; none where it
// cannot be read. Line breaks are not words, and neither are the commas that
// only they ask for.
func scan(data []byte) []word {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(data))
	var s scanner.Scanner
	failed := false
	s.Init(file, data, func(token.Position, string) { failed = true }, scanner.ScanComments)
	var all []word
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		text := lit
		if text == "" {
			text = tok.String()
		}
		start := file.Offset(pos)
		last := len(all) - 1
		if last >= 0 && all[last].text == "," && (tok == token.RPAREN || tok == token.RBRACE) {
			all = all[:last]
		}
		if last >= 0 && tok == token.COLON {
			all[last].name = false
		}
		all = append(all, word{text, start, start + len(text), tok == token.IDENT && (last < 0 || all[last].text != ".")})
	}
	if failed {
		return nil
	}
	return all
}

// goWords returns what lines of Go say, however they are laid out.
func goWords(lines []string) []string {
	var data []byte
	for _, l := range lines {
		data = append(append(data, l...), '\n')
	}
	return wordsOf(scan(data))
}

func wordsOf(words []word) []string {
	var all []string
	for _, w := range words {
		all = append(all, w.text)
	}
	return all
}

// renamed returns base and theirs with the names that ours has given to what
// declare and call otherwise, so that a renaming is no change: what theirs says anew
// about the thing then says it by its new name.
func renamed(base, ours, theirs []byte) (newBase, newTheirs []byte) {
	names := renames(scan(base), scan(ours))
	if len(names) == 0 {
		return base, theirs
	}
	foreign, taken := unresolved(base), unresolved(ours)
	has := map[string]bool{}
	for _, w := range scan(theirs) {
		has[w.text] = true
	}
	for old, name := range names {
		if has[name] || foreign[old] || taken[name] { // it is something else in theirs, or not declared here
			delete(names, old)
		}
	}
	return rename(base, names), rename(theirs, names)
}

// unresolved returns the names that a Go file uses and does not declare: those
// of its package, of the language and of what it imports.
func unresolved(data []byte) map[string]bool {
	names := map[string]bool{}
	if f, err := parser.ParseFile(token.NewFileSet(), "", data, 0); err == nil {
		for _, id := range f.Unresolved {
			names[id.Name] = true
		}
	}
	return names
}

// renames finds the names of base that have another one in ours, in each place
// that is still there.
func renames(base, ours []word) map[string]string {
	inBase, inOurs := map[string]bool{}, map[string]bool{}
	for _, w := range base {
		inBase[w.text] = true
	}
	for _, w := range ours {
		inOurs[w.text] = true
	}
	to, from := map[string]string{}, map[string]string{}
	bad := map[string]bool{}
	for _, e := range textdiff.Strings(wordsOf(base), wordsOf(ours)) {
		if e.AEnd-e.AStart != e.BEnd-e.BStart {
			continue
		}
		for i := range e.AEnd - e.AStart {
			old, now := base[e.AStart+i], ours[e.BStart+i]
			if old.text == now.text || !old.name || !now.name {
				continue
			}
			if name, known := to[old.text]; inOurs[old.text] || inBase[now.text] || known && name != now.text || from[now.text] != "" && from[now.text] != old.text {
				bad[old.text] = true
			}
			to[old.text], from[now.text] = now.text, old.text
		}
	}
	for old := range bad {
		delete(to, old)
	}
	return to
}

// rename exchanges names in a file of Go.
func rename(data []byte, names map[string]string) []byte {
	if len(names) == 0 {
		return data
	}
	words := scan(data)
	for _, w := range slices.Backward(words) {
		if name := names[w.text]; w.name && name != "" {
			data = slices.Concat(data[:w.start], []byte(name), data[w.end:])
		}
	}
	return data
}
