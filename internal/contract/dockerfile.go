package contract

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// instruction is one instruction of a Dockerfile, its lines joined.
type instruction struct {
	word  string            // as it is written
	name  string            // in upper case
	flags map[string]string // of --name=value
	args  string            // what follows the flags, here-documents included
	exec  []string          // the arguments when they are a JSON array of strings
	line  int
}

// stage is a FROM and what follows it.
type stage struct {
	from  instruction
	image string // with the default values of global arguments
	name  string
	base  *stage // the earlier stage that the image names
	steps []instruction
}

// dockerfile is a Dockerfile: its stages and what is wrong with its form.
type dockerfile struct {
	text    string
	globals []instruction // before the first FROM
	stages  []*stage
}

// dockerfile reads the Dockerfile of the repository.
func (s *Session) dockerfile() (dockerfile, error) {
	data, err := os.ReadFile(filepath.Join(s.suite.Dir, "Dockerfile"))
	if err != nil {
		return dockerfile{}, err
	}
	return parseDockerfile(string(data)), nil
}

func parseDockerfile(text string) dockerfile {
	d := dockerfile{text: text}
	for _, i := range instructions(text) {
		switch {
		case i.name == "FROM":
			d.from(i)
		case len(d.stages) == 0:
			d.globals = append(d.globals, i)
		default:
			last := d.stages[len(d.stages)-1]
			last.steps = append(last.steps, i)
		}
	}
	return d
}

// from begins a stage.
func (d *dockerfile) from(i instruction) {
	words := strings.Fields(i.args)
	g := &stage{from: i}
	if len(words) > 0 {
		g.image = d.expand(words[0])
		g.base = d.stage(g.image)
	}
	if len(words) == 3 && strings.EqualFold(words[1], "AS") {
		g.name = words[2]
	}
	d.stages = append(d.stages, g)
}

// stage returns the stage of a name, or nil.
func (d *dockerfile) stage(name string) *stage {
	for _, g := range d.stages {
		if g.name != "" && strings.EqualFold(g.name, name) {
			return g
		}
	}
	return nil
}

// last returns the steps of the stage that becomes the image, after those of
// the stages it is built on.
func (d *dockerfile) last() []instruction {
	if len(d.stages) == 0 {
		return nil
	}
	var all []instruction
	for g := d.stages[len(d.stages)-1]; g != nil; g = g.base {
		all = slices.Concat(g.steps, all)
	}
	return all
}

// steps returns all instructions but FROM.
func (d *dockerfile) steps() []instruction {
	all := slices.Clone(d.globals)
	for _, g := range d.stages {
		all = append(all, g.steps...)
	}
	return all
}

// images returns the images that come from outside: what stages are built on
// and files are copied from.
func (d *dockerfile) images() []string {
	var all []string
	for i, g := range d.stages {
		if g.base == nil && g.image != "scratch" {
			all = append(all, g.image)
		}
		for _, step := range g.steps {
			from := d.expand(step.flags["from"])
			byNumber := i > 0 && strings.Trim(from, "0123456789") == ""
			if from != "" && !byNumber && d.stage(from) == nil {
				all = append(all, from)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// expand puts the defaults of global arguments into a word.
func (d *dockerfile) expand(word string) string {
	return regexp.MustCompile(`\$\{?(\w+)(?::-([^}]*))?\}?`).ReplaceAllStringFunc(word, func(use string) string {
		m := regexp.MustCompile(`^\$\{?(\w+)(?::-([^}]*))?`).FindStringSubmatch(use)
		for _, i := range d.globals {
			if name, value, has := strings.Cut(i.args, "="); i.name == "ARG" && has && name == m[1] {
				return strings.Trim(value, `"'`)
			}
		}
		return m[2]
	})
}

// instructions divides a Dockerfile: escape directive, comments, continued
// lines and here-documents are understood.
func instructions(text string) []instruction {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	escape := escapeOf(lines)
	var all []instruction
	for n := 0; n < len(lines); n++ {
		begun, part := n+1, ""
		for ; n < len(lines); n++ {
			line := strings.TrimSpace(lines[n])
			if strings.HasPrefix(line, "#") || line == "" && part != "" {
				continue
			}
			more, continued := strings.CutSuffix(line, escape)
			part += more
			if !continued {
				break
			}
			part += " "
		}
		if strings.TrimSpace(part) == "" {
			continue
		}
		i := instructionOf(part, begun)
		if slices.Contains([]string{"RUN", "COPY", "ADD"}, i.name) {
			var document string
			document, n = hereDocuments(i.args, lines, n)
			i.args += document
		}
		all = append(all, i)
	}
	return all
}

// escapeOf returns the character that continues a line.
func escapeOf(lines []string) string {
	directive := regexp.MustCompile(`(?i)^#\s*(\w+)\s*=\s*(\S+)`)
	for _, line := range lines {
		m := directive.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			break // directives come first
		}
		if strings.EqualFold(m[1], "escape") {
			return m[2]
		}
	}
	return `\`
}

func instructionOf(text string, line int) instruction {
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	i := instruction{word: word, name: strings.ToUpper(word), flags: map[string]string{}, line: line}
	rest = strings.TrimSpace(rest)
	for strings.HasPrefix(rest, "--") {
		var flag string
		flag, rest, _ = strings.Cut(rest, " ")
		name, value, _ := strings.Cut(flag[2:], "=")
		i.flags[name] = value
		rest = strings.TrimSpace(rest)
	}
	i.args = rest
	if strings.HasPrefix(rest, "[") && json.Unmarshal([]byte(rest), &i.exec) != nil {
		i.exec = nil
	}
	return i
}

// hereDocuments returns the here-documents that follow the arguments of an
// instruction, and the number of their last line.
func hereDocuments(args string, lines []string, n int) (text string, last int) {
	var b strings.Builder
	for _, m := range regexp.MustCompile(`<<-?["']?(\w+)["']?`).FindAllStringSubmatch(args, -1) {
		for n++; n < len(lines) && strings.TrimLeft(lines[n], "\t") != m[1]; n++ {
			b.WriteString("\n" + lines[n])
		}
	}
	return b.String(), n
}

// pairs returns the names and values that ENV, ARG and LABEL set.
func (i instruction) pairs() [][2]string {
	if name, value, _ := strings.Cut(i.args, " "); i.name == "ENV" && !strings.Contains(name, "=") {
		return [][2]string{{name, value}}
	}
	var all [][2]string
	for _, m := range regexp.MustCompile(`([\w.-]+)(?:=("(?:[^"\\]|\\.)*"|'[^']*'|\S*))?`).FindAllStringSubmatch(i.args, -1) {
		all = append(all, [2]string{m[1], strings.Trim(m[2], `"'`)})
	}
	return all
}

// commands divides the shell text of a RUN.
func (i instruction) commands() []string {
	return regexp.MustCompile(`&&|\|\||[;|\n]`).Split(i.args, -1)
}
