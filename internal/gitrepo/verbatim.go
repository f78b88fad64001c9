package gitrepo

import (
	"bytes"
	"strings"

	"groundsill.example/internal/tree"
)

// Verbatim reports whether git, so configured, would store files byte for
// byte. It would not where attributes name a filter or an encoding, or where
// line endings are converted and a file has ones to convert. In doubt the
// answer is no.
func (c Config) Verbatim(files tree.Tree) bool {
	filters, text := conversions(c.attributes)
	for p, f := range files.All() {
		if p.Base() == ".gitattributes" {
			moreFilters, moreText := conversions(string(f.Data))
			filters, text = filters || moreFilters, text || moreText
		}
	}
	if filters {
		return false
	}
	if !text && !c.autoCRLF {
		return true
	}
	for _, f := range files.All() {
		if bytes.Contains(f.Data, []byte("\r\n")) && !bytes.ContainsRune(f.Data, 0) {
			return false
		}
	}
	return true
}

// conversions reports whether attributes ask for filters, and whether they
// speak of line endings.
func conversions(attributes string) (filters, text bool) {
	for line := range strings.Lines(attributes) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		for _, word := range strings.Fields(line)[1:] {
			name, _, _ := strings.Cut(word, "=")
			switch name {
			case "filter", "ident", "working-tree-encoding":
				filters = true
			case "text", "eol", "crlf":
				text = true
			}
		}
	}
	return filters, text
}
