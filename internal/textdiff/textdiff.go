// Package textdiff finds the line differences of two texts and writes them as
// unified diffs.
//
// It works on bytes, knows no colour and no disk. A line includes its newline,
// so a missing final newline is a difference like any other. Joining the
// common lines with the lines of either side gives that side back exactly.
package textdiff

import (
	"bytes"
	"slices"
)

// Edit says that the lines [AStart, AEnd) of the first text became the lines
// [BStart, BEnd) of the second. Lines count from zero. One of the two ranges
// may be empty, never both.
type Edit struct {
	AStart, AEnd int
	BStart, BEnd int
}

// Split returns the lines of data, each with its newline; only the last one can
// be without. Empty data has no lines. The lines share memory with data.
func Split(data []byte) [][]byte {
	lines := make([][]byte, 0, bytes.Count(data, []byte{'\n'})+1)
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n') + 1
		if end == 0 {
			end = len(data)
		}
		lines = append(lines, data[:end:end])
		data = data[end:]
	}
	return lines
}

// Lines returns the edits that turn a into b, in order. Between two edits there
// is at least one common line. The result is the shortest there is unless the
// texts differ in very many places; then it is still correct, and found in time
// that grows with the number of lines. Equal texts have no edits.
func Lines(a, b []byte) []Edit {
	return SplitLines(Split(a), Split(b))
}

// SplitLines is [Lines] for texts that are split already, at whatever border:
// two lines are common when their bytes are equal.
func SplitLines(a, b [][]byte) []Edit {
	ids := make(map[string]int, len(a))
	as, bs := number(a, ids), number(b, ids)
	changedA, changedB := make([]bool, len(as)), make([]bool, len(bs))
	mark(as, bs, changedA, changedB)
	edits := collect(changedA, changedB)
	for i := range edits {
		slide(edits, i, a, b, as, bs)
	}
	return join(edits)
}

// Strings is [Lines] for lines that are compared by their keys.
func Strings(a, b []string) []Edit {
	bytesOf := func(list []string) [][]byte {
		all := make([][]byte, len(list))
		for i, s := range list {
			all[i] = []byte(s)
		}
		return all
	}
	return SplitLines(bytesOf(a), bytesOf(b))
}

// number replaces each line by a number that stands for its bytes.
func number(lines [][]byte, ids map[string]int) []int {
	nums := make([]int, len(lines))
	for i, line := range lines {
		id, ok := ids[string(line)]
		if !ok {
			id = len(ids)
			ids[string(line)] = id
		}
		nums[i] = id
	}
	return nums
}

// mark sets the lines that are not common. Lines that the other text does not
// hold at all are marked at once: they can be in no common subsequence, and
// without them the search is much smaller.
func mark(a, b []int, changedA, changedB []bool) {
	keepA, atA := shared(a, b, changedA)
	keepB, atB := shared(b, a, changedB)
	s := newSearch(keepA, keepB)
	s.compare(0, len(keepA), 0, len(keepB))
	for i, changed := range s.changedA {
		changedA[atA[i]] = changed
	}
	for i, changed := range s.changedB {
		changedB[atB[i]] = changed
	}
}

// shared returns the numbers of a that b holds too, and where they are in a.
// The others are marked as changed.
func shared(a, b []int, changed []bool) (kept, at []int) {
	top := -1
	if len(b) > 0 {
		top = slices.Max(b)
	}
	held := make([]bool, top+1)
	for _, n := range b {
		held[n] = true
	}
	for i, n := range a {
		if n > top || !held[n] {
			changed[i] = true
			continue
		}
		kept, at = append(kept, n), append(at, i)
	}
	return kept, at
}

func collect(changedA, changedB []bool) []Edit {
	var edits []Edit
	i, j := 0, 0
	for i < len(changedA) || j < len(changedB) {
		e := Edit{AStart: i, BStart: j}
		for i < len(changedA) && changedA[i] {
			i++
		}
		for j < len(changedB) && changedB[j] {
			j++
		}
		e.AEnd, e.BEnd = i, j
		if e.AStart < i || e.BStart < j {
			edits = append(edits, e)
		}
		i, j = i+1, j+1
	}
	return edits
}

// join unites edits that touch after they were moved.
func join(edits []Edit) []Edit {
	var out []Edit
	for _, e := range edits {
		if n := len(out); n > 0 && out[n-1].AEnd == e.AStart && out[n-1].BEnd == e.BStart {
			out[n-1].AEnd, out[n-1].BEnd = e.AEnd, e.BEnd
			continue
		}
		out = append(out, e)
	}
	return out
}
