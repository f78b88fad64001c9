package merge

import (
	"groundsill.example/internal/textdiff"
	"groundsill.example/internal/tree"
)

// Move is where a file of the user went.
type Move struct {
	To   tree.Path
	File tree.File
}

// alike is the part of its lines that a file keeps where it was moved.
const alike = 0.6

// Moves finds the files of base that are gone from their places in ours while
// exactly one file that neither base nor theirs knows has most of their lines.
// Strays is asked for such files only when something is gone.
func Moves(base, ours, theirs tree.Tree, strays func() (tree.Tree, error)) (map[tree.Path]Move, error) {
	var gone []tree.Path
	for p, was := range base.All() {
		if _, there := ours.File(p); !there && len(was.Data) > 0 {
			gone = append(gone, p)
		}
	}
	if len(gone) == 0 || strays == nil {
		return nil, nil
	}
	loose, err := strays()
	if err != nil {
		return nil, err
	}
	candidates := map[tree.Path]map[string]int{}
	for p, f := range loose.All() {
		_, will := theirs.File(p)
		if !will && plain(&f) && !textdiff.Binary(f.Data) {
			candidates[p] = counts(f.Data)
		}
	}
	moves := map[tree.Path]Move{}
	taken := map[tree.Path]int{}
	for _, p := range gone {
		was, _ := base.File(p)
		if to, ok := only(counts(was.Data), candidates); ok {
			f, _ := loose.File(to)
			moves[p] = Move{to, f}
			taken[to]++
		}
	}
	for p, m := range moves {
		if taken[m.To] > 1 {
			delete(moves, p) // two files became one: that is no move
		}
	}
	return moves, nil
}

// only returns the one candidate that has most of the lines.
func only(lines map[string]int, candidates map[tree.Path]map[string]int) (tree.Path, bool) {
	total := 0
	for _, n := range lines {
		total += n
	}
	var found tree.Path
	number := 0
	for p, has := range candidates {
		common := 0
		for l, n := range lines {
			common += min(n, has[l])
		}
		if total > 0 && float64(common) >= alike*float64(total) {
			found = p
			number++
		}
	}
	return found, number == 1
}

// counts returns how often a text has each line that says something.
func counts(data []byte) map[string]int { return countKeys(split(data).keys) }

func countKeys(keys []string) map[string]int {
	n := map[string]int{}
	for _, key := range keys {
		if significant(key) {
			n[key]++
		}
	}
	return n
}
