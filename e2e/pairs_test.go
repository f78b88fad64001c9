package e2e

import (
	"slices"
	"testing"
)

// pair is two choices: a level of one factor and a level of a later one.
type pair struct{ factor, level, other, otherLevel int }

// cover returns few rows in which every two levels of two factors meet, given
// how many levels each factor has. A row has the level of each factor. The
// same sizes give the same rows.
//
// It is greedy: a row begins with two levels that have not met, and each factor
// after these takes the level that meets most others for the first time, of
// equals the one that was taken least.
func cover(sizes []int) [][]int {
	left := map[pair]bool{}
	var order []pair
	for i, size := range sizes {
		for j := i + 1; j < len(sizes); j++ {
			for a := range size {
				for b := range sizes[j] {
					order = append(order, pair{i, a, j, b})
					left[order[len(order)-1]] = true
				}
			}
		}
	}
	used := map[[2]int]int{}
	var rows [][]int
	for _, first := range order {
		if !left[first] {
			continue
		}
		row := make([]int, len(sizes))
		fixed := []int{first.factor, first.other}
		row[first.factor], row[first.other] = first.level, first.otherLevel
		for i, size := range sizes {
			if !slices.Contains(fixed, i) {
				row[i] = best(size, func(level int) (gain, cost int) {
					return meetings(left, row, fixed, i, level), used[[2]int{i, level}]
				})
				fixed = append(fixed, i)
			}
		}
		for i, level := range row {
			used[[2]int{i, level}]++
			for j := range i {
				delete(left, pair{j, row[j], i, level})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// best returns the level with the highest gain, of equals that with the lowest
// cost, of these the first.
func best(levels int, worth func(level int) (gain, cost int)) int {
	found, most, least := 0, -1, 0
	for level := range levels {
		gain, cost := worth(level)
		if gain > most || gain == most && cost < least {
			found, most, least = level, gain, cost
		}
	}
	return found
}

// meetings returns with how many levels of a row a level would meet for the
// first time.
func meetings(left map[pair]bool, row, fixed []int, factor, level int) int {
	n := 0
	for _, other := range fixed {
		one := pair{factor, level, other, row[other]}
		if other < factor {
			one = pair{other, row[other], factor, level}
		}
		if left[one] {
			n++
		}
	}
	return n
}

// TestCover demands that all pairs meet, in not many more rows than the two
// largest factors make necessary.
func TestCover(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		limit int
	}{
		{[]int{2, 2}, 4},
		{[]int{3, 1, 2}, 6},
		{[]int{2, 2, 2, 2, 2, 2}, 10},
		{[]int{3, 3, 3, 3}, 14},
		{[]int{2, 2, 2, 3, 10, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3}, 38},
	} {
		rows := cover(c.sizes)
		if len(rows) > c.limit {
			t.Errorf("%v: %d rows", c.sizes, len(rows))
		}
		met := map[pair]bool{}
		for _, row := range rows {
			for i, level := range row {
				if level < 0 || level >= c.sizes[i] {
					t.Fatalf("%v: %v is no row", c.sizes, row)
				}
				for j := range i {
					met[pair{j, row[j], i, level}] = true
				}
			}
		}
		want := 0
		for i, size := range c.sizes {
			for j := range i {
				want += size * c.sizes[j]
			}
		}
		if len(met) != want {
			t.Errorf("%v: %d of %d pairs meet", c.sizes, len(met), want)
		}
		if again := cover(c.sizes); !slices.EqualFunc(rows, again, slices.Equal) {
			t.Errorf("%v: another run has other rows", c.sizes)
		}
	}
}
