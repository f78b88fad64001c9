package merge

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mergeGo merges Go files: imports are a set, white space between words does not
// count, and names that ours has given to things are those of theirs too. Where
// all sides are formatted as gofmt does, the result is. It leaves what it cannot
// read to the lines.
func mergeGo(base, ours, theirs []byte, rule Rule, l Labels) (Result, bool) {
	base, theirs = renamed(base, ours, theirs)
	b, okB := readGo(base)
	o, okO := readGo(ours)
	t, okT := readGo(theirs)
	if !okB || !okO || !okT {
		return Result{}, false
	}
	clean := b.formatted && o.formatted && t.formatted
	m := merger{base: b.keys(), ours: o.keys(), theirs: t.keys(), union: rule.Union, words: goWords}
	out := m.run()
	data := out.write(texts{b.body, o.body, t.body}, l)
	hunks := out.hunks()
	data = bytes.Replace(data, []byte(importsLine), []byte(strings.TrimSuffix(mergeImports(b, o, t, data), "\n")), 1)
	ending := func(data []byte) []byte { return data }
	if split(ours).ending() == "\r\n" {
		ending = func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")) }
	}
	if len(hunks) > 0 {
		return Result{Data: ending(data), Hunks: hunks}, true
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "", data, parser.SkipObjectResolution); err != nil {
		return Result{}, false
	}
	if formatted, err := format.Source(data); clean && err == nil {
		data = formatted
	}
	return Result{Data: ending(data)}, true
}

// importsLine stands for the imports of a file while the rest is merged.
const importsLine = "import _ \"sill/imports\""

// goFile is a Go file with its imports taken out.
type goFile struct {
	body      text
	raw       map[int]bool // lines of body that lie in a literal of several lines
	imports   []string     // lines between the parentheses
	formatted bool
}

var importBlock = regexp.MustCompile(`(?m)^import \(\n((?:[ \t].*\n|\n)*)\)$|^import ((?:[\w.]+ )?"[^"]+")$`)

func readGo(data []byte) (goFile, bool) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if _, err := parser.ParseFile(token.NewFileSet(), "", data, parser.SkipObjectResolution); err != nil {
		return goFile{}, false
	}
	f := goFile{}
	if clean, err := format.Source(data); err == nil {
		f.formatted = bytes.Equal(clean, data)
	}
	blocks := importBlock.FindAllSubmatchIndex(data, -1)
	if len(blocks) > 1 {
		return goFile{}, false
	}
	if len(blocks) == 1 {
		at := blocks[0]
		list := "\t" + string(data[max(at[4], 0):max(at[5], 0)]) + "\n"
		if at[2] >= 0 {
			list = string(data[at[2]:at[3]])
		}
		f.imports = strings.Split(strings.TrimSuffix(list, "\n"), "\n")
		data = slices.Concat(data[:at[0]], []byte(importsLine), data[at[1]:])
	}
	f.body = split(data)
	f.raw = rawLines(data)
	return f, true
}

// rawLines returns the lines after the first of literals and comments that span
// several: white space counts there.
func rawLines(data []byte) map[int]bool {
	raw := map[int]bool{}
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(data))
	var s scanner.Scanner
	s.Init(file, data, nil, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return raw
		}
		if tok != token.STRING && tok != token.COMMENT {
			continue
		}
		first := file.Line(pos)
		for i := range strings.Count(lit, "\n") {
			raw[first+i] = true // lines count from one, so this is the index of the next
		}
	}
}

// keys returns what lines are compared by.
func (f goFile) keys() []string {
	keys := make([]string, len(f.body.lines))
	for i, line := range f.body.lines {
		keys[i] = line
		if !f.raw[i] {
			keys[i] = loose(line)
		}
	}
	return keys
}

// loose returns a line with runs of white space outside of quotes as one space
// and none at the ends.
func loose(line string) string {
	var out strings.Builder
	quote, space := rune(0), false
	escaped := false
	for _, r := range strings.TrimSpace(line) {
		if quote == 0 && (r == ' ' || r == '\t') {
			space = true
			continue
		}
		if space {
			out.WriteByte(' ')
			space = false
		}
		out.WriteRune(r)
		switch {
		case escaped:
			escaped = false
		case quote != 0 && r == '\\' && quote != '`':
			escaped = true
		case quote == r:
			quote = 0
		case quote == 0 && (r == '"' || r == '\'' || r == '`'):
			quote = r
		}
	}
	return out.String()
}

// mergeImports returns the import declaration of the merge: what both sides
// have or one side added, and whatever the merged body still uses. What one side
// imports from elsewhere under the same name it does not get twice.
func mergeImports(b, o, t goFile, body []byte) string {
	was, has := specs(b.imports), specs(t.imports)
	wasAt, ours, theirs := byName(b.imports), byName(o.imports), byName(t.imports)
	used := usedNames(body)
	var lines []string
	kept := map[string]bool{}
	for _, l := range o.imports {
		spec := strings.TrimSpace(l)
		name := localName(spec)
		if isSpec(spec) && was[spec] && !has[spec] && (!used[name] || theirs[name] != "") {
			continue
		}
		kept[spec] = true
		lines = append(lines, l)
	}
	for i, l := range t.imports {
		spec := strings.TrimSpace(l)
		name := localName(spec)
		// One of base that theirs has from elsewhere now, and ours too or no more.
		elsewhere := wasAt[name] != "" && wasAt[name] != ours[name] && (ours[name] != "" || !used[name])
		if spec != "" && !kept[spec] && (!was[spec] || used[name]) && !elsewhere {
			lines = insertImport(lines, t.imports, i)
			kept[spec] = true
		}
	}
	return importDecl(lines)
}

func isSpec(line string) bool { return line != "" && !strings.HasPrefix(line, "//") }

// byName returns the imports by the names that a file uses them by.
func byName(lines []string) map[string]string {
	all := map[string]string{}
	for _, l := range lines {
		if spec := strings.TrimSpace(l); isSpec(spec) && localName(spec) != "_" && localName(spec) != "." {
			all[localName(spec)] = spec
		}
	}
	return all
}

func specs(lines []string) map[string]bool {
	all := map[string]bool{}
	for _, l := range lines {
		all[strings.TrimSpace(l)] = true
	}
	return all
}

// insertImport puts a line of theirs into the group where its neighbour stands,
// or into one of its own at the end.
func insertImport(lines, theirs []string, i int) []string {
	neighbours := func(step int) (int, bool) {
		for j := i + step; j >= 0 && j < len(theirs) && strings.TrimSpace(theirs[j]) != ""; j += step {
			for at, l := range lines {
				if strings.TrimSpace(l) == strings.TrimSpace(theirs[j]) {
					return at, true
				}
			}
		}
		return 0, false
	}
	if at, ok := neighbours(-1); ok {
		return slices.Insert(lines, at+1, theirs[i])
	}
	if at, ok := neighbours(1); ok {
		return slices.Insert(lines, at, theirs[i])
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	return append(lines, theirs[i])
}

func importDecl(lines []string) string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	switch len(lines) {
	case 0:
		return ""
	case 1:
		if !strings.Contains(lines[0], "//") {
			return "import " + strings.TrimSpace(lines[0]) + "\n"
		}
	}
	return "import (\n" + strings.Join(lines, "\n") + "\n)\n"
}

// majorVersion is the last element of the path of a module from version 2 on.
var majorVersion = regexp.MustCompile(`^v\d+$`)

// localName returns the name by which a file uses an import, as far as its
// path tells.
func localName(spec string) string {
	spec, _, _ = strings.Cut(spec, " //")
	name, quoted, renamed := strings.Cut(spec, " ")
	if renamed {
		return name
	}
	p, err := strconv.Unquote(quotedOr(quoted, name))
	if err != nil {
		return ""
	}
	last := path.Base(p)
	if majorVersion.MatchString(last) {
		last = path.Base(path.Dir(p))
	}
	last, _, _ = strings.Cut(last, ".")
	return strings.TrimPrefix(last, "go-")
}

func quotedOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// usedNames returns the names before a dot in a file that may not parse.
func usedNames(body []byte) map[string]bool {
	used := map[string]bool{}
	f, _ := parser.ParseFile(token.NewFileSet(), "", body, parser.SkipObjectResolution)
	if f == nil {
		return used
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	return used
}
