package gitrepo

import (
	"errors"
	"fmt"
	"strings"
)

// entry is one setting of a configuration file. The key is
// section.subsection.name with section and name in lower case.
type entry struct {
	key, value string
	bare       bool // written without "=", which means true
}

// truth returns the value as git's booleans go; what is no boolean is true,
// so that an odd value never switches a precaution off.
func (e entry) truth() bool {
	if e.bare {
		return true
	}
	switch strings.ToLower(e.value) {
	case "", "false", "no", "off", "0":
		return false
	}
	return true
}

var errConfigSyntax = errors.New("not in the form of a git configuration")

// parseConfig returns the settings of a configuration file in their order,
// by the rules that git-config(1) gives under "Syntax".
func parseConfig(data []byte) ([]entry, error) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	p := configParser{text: strings.ReplaceAll(text, "\r\n", "\n")}
	for p.skipSpace(); p.more(); p.skipSpace() {
		if err := p.item(); err != nil {
			read := p.text[:min(max(p.at-1, 0), len(p.text))]
			line := 1 + strings.Count(read, "\n")
			return p.entries, fmt.Errorf("line %d: %w", line, err)
		}
	}
	return p.entries, nil
}

type configParser struct {
	text    string
	at      int
	section string
	entries []entry
}

func (p *configParser) more() bool { return p.at < len(p.text) }

// peek returns the next byte, and a line end when there is none.
func (p *configParser) peek() byte {
	if !p.more() {
		return '\n'
	}
	return p.text[p.at]
}

// next returns the next byte and steps over it.
func (p *configParser) next() byte {
	c := p.peek()
	p.at++
	return c
}

// skipSpace steps over white space, line ends and comments.
func (p *configParser) skipSpace() {
	for p.more() {
		switch p.peek() {
		case '#', ';':
			for p.more() && p.peek() != '\n' {
				p.at++
			}
		case ' ', '\t', '\n', '\r', '\v', '\f':
			p.at++
		default:
			return
		}
	}
}

func (p *configParser) item() error {
	if p.peek() == '[' {
		p.at++
		return p.header()
	}
	return p.setting()
}

// header reads [section], [section "subsection"] or [section.subsection].
func (p *configParser) header() error {
	start := p.at
	for nameByte(p.peek()) || p.peek() == '.' {
		p.at++
	}
	p.section = strings.ToLower(p.text[start:p.at])
	if p.section == "" {
		return errConfigSyntax
	}
	for p.peek() == ' ' || p.peek() == '\t' {
		p.at++
	}
	if p.peek() == '"' {
		p.at++
		if err := p.subsection(); err != nil {
			return err
		}
	}
	if p.next() != ']' {
		return errConfigSyntax
	}
	return nil
}

func (p *configParser) subsection() error {
	var b strings.Builder
	for {
		c := p.next()
		switch c {
		case '\\':
			c = p.next()
		case '"':
			p.section += "." + b.String()
			return nil
		}
		if c == '\n' {
			return errConfigSyntax
		}
		b.WriteByte(c)
	}
}

func (p *configParser) setting() error {
	start := p.at
	for nameByte(p.peek()) {
		p.at++
	}
	name := strings.ToLower(p.text[start:p.at])
	if name == "" || name[0] == '-' || name[0] >= '0' && name[0] <= '9' {
		return errConfigSyntax
	}
	for p.peek() == ' ' || p.peek() == '\t' {
		p.at++
	}
	e := entry{key: strings.TrimPrefix(p.section+"."+name, "."), bare: true}
	switch p.peek() {
	case '=':
		p.at++
		value, err := p.value()
		if err != nil {
			return err
		}
		e.value, e.bare = value, false
	case '\n', '#', ';':
	default:
		return errConfigSyntax
	}
	p.entries = append(p.entries, e)
	return nil
}

// value reads to the end of the line: quotes keep white space and comment
// signs, a backslash escapes, and at the end of a line joins it to the next.
func (p *configParser) value() (string, error) {
	var b strings.Builder
	quoted, end := false, 0 // end is where trailing white space begins
	for {
		c := p.next()
		switch {
		case c == '\n' && quoted:
			return "", errConfigSyntax
		case c == '\n':
			p.at--
			return b.String()[:end], nil
		case !quoted && (c == '#' || c == ';'):
			p.at--
			return b.String()[:end], nil
		case !quoted && (c == ' ' || c == '\t'):
			if b.Len() > 0 {
				b.WriteByte(c)
			}
			continue
		case c == '"':
			quoted = !quoted
		case c == '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
		}
		end = b.Len()
	}
}

func (p *configParser) escape(b *strings.Builder) error {
	if !p.more() {
		return errConfigSyntax
	}
	switch c := p.next(); c {
	case '\n':
	case 't':
		b.WriteByte('\t')
	case 'n':
		b.WriteByte('\n')
	case 'b':
		b.WriteByte('\b')
	case '\\', '"':
		b.WriteByte(c)
	default:
		return errConfigSyntax
	}
	return nil
}

func nameByte(c byte) bool {
	return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
