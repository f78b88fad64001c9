package textdiff

import "bytes"

// slide moves an edit that only inserts or only deletes to the place where it
// reads best. Such an edit can move by a line wherever the line it leaves
// behind equals the line it takes in; all places mean the same change. It never
// moves past its neighbours.
func slide(edits []Edit, i int, a, b [][]byte, as, bs []int) {
	e := edits[i]
	switch {
	case e.AStart == e.AEnd:
		low, high := bounds(edits, i, len(b), func(e Edit) (int, int) { return e.BStart, e.BEnd })
		edits[i] = e.move(best(b, bs, e.BStart, e.BEnd, low, high))
	case e.BStart == e.BEnd:
		low, high := bounds(edits, i, len(a), func(e Edit) (int, int) { return e.AStart, e.AEnd })
		edits[i] = e.move(best(a, as, e.AStart, e.AEnd, low, high))
	}
}

func (e Edit) move(by int) Edit {
	return Edit{e.AStart + by, e.AEnd + by, e.BStart + by, e.BEnd + by}
}

// bounds returns the lines of one side between the edits around edit i.
func bounds(edits []Edit, i, end int, side func(Edit) (int, int)) (low, high int) {
	high = end
	if i > 0 {
		_, low = side(edits[i-1])
	}
	if i+1 < len(edits) {
		high, _ = side(edits[i+1])
	}
	return low, high
}

// maxSlide bounds how far an edit looks for a better place, so that a text of
// one line repeated costs no more than any other.
const maxSlide = 200

// best returns by how many lines the block [start, end) moves to the place
// where its borders have the least indentation, if possible after a blank
// line. Among equals it is the last place.
func best(lines [][]byte, nums []int, start, end, low, high int) int {
	from, to := start, start
	n := end - start
	for from > low && start-from < maxSlide && nums[from-1] == nums[from-1+n] {
		from--
	}
	for to+n < high && to-start < maxSlide && nums[to] == nums[to+n] {
		to++
	}
	choice, least := start, 0
	for at := from; at <= to; at++ {
		score := border(lines, at) + border(lines, at+n)
		if at == from || score <= least {
			choice, least = at, score
		}
	}
	return choice - start
}

// border rates the border before line i: the less, the better a block starts
// or ends there. The ends of the text are as good as a blank line.
func border(lines [][]byte, i int) int {
	const afterBlank = 2
	score := 0
	for j := i; j < len(lines) && j < i+maxSlide; j++ {
		if !blank(lines[j]) {
			score = 4 * indent(lines[j])
			break
		}
	}
	if i == 0 || i == len(lines) || blank(lines[i-1]) {
		score -= afterBlank
	}
	return score
}

func blank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// indent counts the columns before the first letter, with tabs of four.
func indent(line []byte) int {
	n := 0
	for _, c := range line {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 4
		default:
			return n
		}
	}
	return n
}
