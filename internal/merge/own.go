package merge

import (
	"bytes"
	"strings"

	"groundsill.example/internal/tree"
)

// own reports whether a file of ours has a line that is the user's own: one that
// says something, is not of the base and is not of a header that other files
// have too. Who only moves lines, takes some out or lays them out otherwise has
// written nothing that is lost with the file.
func (t *trees) own(s sides) bool {
	text := bytes.TrimPrefix(s.ours.Data, t.header(s))
	was := wordCounts(s.base.Data)
	for line, n := range wordCounts(text) {
		if n > was[line] {
			return true
		}
	}
	return false
}

// wordCounts returns how often a text has each line that says something, by its
// words.
func wordCounts(data []byte) map[string]int {
	var lines []string
	for _, l := range split(data).lines {
		lines = append(lines, strings.Join(strings.Fields(l), " "))
	}
	return countKeys(lines)
}

// header returns what the user has put in front of the first line of the base,
// if another file that stays begins with it too.
func (t *trees) header(s sides) []byte {
	first, _, _ := bytes.Cut(s.base.Data, []byte("\n"))
	at := bytes.Index(s.ours.Data, first)
	if len(first) == 0 || at <= 0 {
		return nil
	}
	header := s.ours.Data[:at]
	for p, f := range t.Ours.All() {
		if _, stays := t.Theirs.File(p); stays && bytes.HasPrefix(f.Data, header) && !begins(t.Base, p, header) {
			return header
		}
	}
	return nil
}

func begins(t tree.Tree, p tree.Path, header []byte) bool {
	f, there := t.File(p)
	return there && bytes.HasPrefix(f.Data, header)
}

// rewritten reports whether a file of ours has next to nothing of the base. Of a
// few lines nobody can tell that they were not just changed.
func rewritten(s sides) bool {
	const remains, few = 0.1, 5
	was, is := counts(s.base.Data), counts(s.ours.Data)
	total, common := 0, 0
	for line, n := range was {
		total += n
		common += min(n, is[line])
	}
	return total >= few && float64(common) <= remains*float64(total)
}
