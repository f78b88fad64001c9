package textdiff

import "math"

// minCost is the number of differences up to which one step of the search
// always looks for the best answer.
const minCost = 256

// search is Myers' linear-space comparison: find a point in the middle of a
// shortest path from both ends at once, divide there, repeat ("An O(ND)
// Difference Algorithm and Its Variations", 1986, part 4b). A step that meets
// more differences than limit divides at the furthest point it has reached, so
// the whole costs at most about limit times the number of lines.
type search struct {
	a, b               []int
	changedA, changedB []bool
	forward, backward  []int // furthest x on each diagonal; index is diagonal + offset
	offset             int
	limit              int
}

func newSearch(a, b []int) *search {
	diagonals := len(a) + len(b) + 5
	return &search{
		a: a, b: b,
		changedA: make([]bool, len(a)), changedB: make([]bool, len(b)),
		forward: make([]int, diagonals), backward: make([]int, diagonals),
		offset: len(b) + 2,
		limit:  max(minCost, int(math.Sqrt(float64(diagonals)))),
	}
}

// box is a part of the comparison: a[a0:a1] against b[b0:b1].
type box struct{ a0, a1, b0, b1 int }

// compare marks the lines of the box that are not common.
func (s *search) compare(a0, a1, b0, b1 int) {
	for a0 < a1 && b0 < b1 && s.a[a0] == s.b[b0] {
		a0, b0 = a0+1, b0+1
	}
	for a0 < a1 && b0 < b1 && s.a[a1-1] == s.b[b1-1] {
		a1, b1 = a1-1, b1-1
	}
	if a0 == a1 || b0 == b1 {
		s.markBox(box{a0, a1, b0, b1})
		return
	}
	x, y := s.middle(box{a0, a1, b0, b1})
	if (x == a0 && y == b0) || (x == a1 && y == b1) {
		s.markBox(box{a0, a1, b0, b1})
		return
	}
	s.compare(a0, x, b0, y)
	s.compare(x, a1, y, b1)
}

func (s *search) markBox(q box) {
	for i := q.a0; i < q.a1; i++ {
		s.changedA[i] = true
	}
	for i := q.b0; i < q.b1; i++ {
		s.changedB[i] = true
	}
}

// span is a range of diagonals that one direction of the search looks at.
type span struct{ low, high int }

// grow widens the range by a diagonal at each end, or narrows it where the end
// of the box is reached. The diagonals just outside get the value that loses
// every comparison.
func (r *span) grow(line []int, offset, lowest, highest, outside int) {
	if r.low > lowest {
		r.low--
		line[r.low-1+offset] = outside
	} else {
		r.low++
	}
	if r.high < highest {
		r.high++
		line[r.high+1+offset] = outside
	} else {
		r.high--
	}
}

func (r *span) has(k int) bool { return r.low <= k && k <= r.high }

// middle returns a point to divide the box at. The box is empty on neither
// side, and neither its first nor its last lines are equal.
func (s *search) middle(q box) (x, y int) {
	lowest, highest := q.a0-q.b1, q.a1-q.b0
	f, b := span{q.a0 - q.b0, q.a0 - q.b0}, span{q.a1 - q.b1, q.a1 - q.b1}
	odd := (f.low-b.low)&1 != 0
	s.forward[f.low+s.offset], s.backward[b.low+s.offset] = q.a0, q.a1
	for cost := 1; ; cost++ {
		f.grow(s.forward, s.offset, lowest, highest, -1)
		if x, y, met := s.stepForward(q, f, b, odd); met {
			return x, y
		}
		b.grow(s.backward, s.offset, lowest, highest, math.MaxInt)
		if x, y, met := s.stepBackward(q, f, b, odd); met {
			return x, y
		}
		if cost >= s.limit {
			return s.furthest(q, f, b)
		}
	}
}

func (s *search) stepForward(q box, f, b span, odd bool) (x, y int, met bool) {
	for k := f.high; k >= f.low; k -= 2 {
		i := k + s.offset
		x := max(s.forward[i-1]+1, s.forward[i+1])
		y := x - k
		for x < q.a1 && y < q.b1 && s.a[x] == s.b[y] {
			x, y = x+1, y+1
		}
		s.forward[i] = x
		if odd && b.has(k) && s.backward[i] <= x {
			return x, y, true
		}
	}
	return 0, 0, false
}

func (s *search) stepBackward(q box, f, b span, odd bool) (x, y int, met bool) {
	for k := b.high; k >= b.low; k -= 2 {
		i := k + s.offset
		x := min(s.backward[i-1], s.backward[i+1]-1)
		y := x - k
		for x > q.a0 && y > q.b0 && s.a[x-1] == s.b[y-1] {
			x, y = x-1, y-1
		}
		s.backward[i] = x
		if !odd && f.has(k) && x <= s.forward[i] {
			return x, y, true
		}
	}
	return 0, 0, false
}

// furthest returns the point of either direction that is furthest from where it
// started.
func (s *search) furthest(q box, f, b span) (x, y int) {
	fx, fy := q.a0, q.b0
	for k := f.high; k >= f.low; k -= 2 {
		x := min(s.forward[k+s.offset], q.a1, q.b1+k)
		if x >= q.a0 && x-k >= q.b0 && x+x-k > fx+fy {
			fx, fy = x, x-k
		}
	}
	bx, by := q.a1, q.b1
	for k := b.high; k >= b.low; k -= 2 {
		x := max(s.backward[k+s.offset], q.a0, q.b0+k)
		if x <= q.a1 && x-k <= q.b1 && x+x-k < bx+by {
			bx, by = x, x-k
		}
	}
	if fx+fy-q.a0-q.b0 > q.a1+q.b1-bx-by {
		return fx, fy
	}
	return bx, by
}
