package e2e

import (
	"cmp"
	"hash/fnv"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// turnVariable is whose turn it is of parts that are tried by turns, a number.
// Without it the clock says so: SOURCE_DATE_EPOCH where it is set.
const turnVariable = "SILL_TEST_TURN"

// turn returns the number of the turn; a new one begins after every such time.
func turn(t *testing.T, every time.Duration) int64 {
	t.Helper()
	now := time.Now().Unix()
	for _, c := range []struct {
		variable string
		unit     int64 // in which it counts
	}{{turnVariable, 1}, {"SOURCE_DATE_EPOCH", int64(every / time.Second)}} {
		if text := os.Getenv(c.variable); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			must(t, err)
			return n / c.unit
		}
	}
	return now / int64(every/time.Second)
}

// byTurns returns one of so many parts of what there is, or everything where
// the variable full is set. As many turns as there are parts, one after the
// other, see everything; the names decide what is in a part, not the order, and
// parts differ by one at the most.
func byTurns[T any](t *testing.T, all []T, parts int, every time.Duration, full string, name func(T) string) []T {
	t.Helper()
	all = slices.Clone(all)
	if os.Getenv(full) != "" || parts < 2 {
		return all
	}
	rank := func(one T) uint64 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(name(one)))
		return h.Sum64()
	}
	slices.SortFunc(all, func(a, b T) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(name(a), name(b)))
	})
	n := turn(t, every)
	var part []T
	for i := int(n % int64(parts)); i < len(all); i += parts {
		part = append(part, all[i])
	}
	t.Logf("part %d of %d, %d of %d; %s=%d tries it again", n%int64(parts)+1, parts, len(part), len(all), turnVariable, n)
	return part
}

// TestByTurns demands that a week of turns sees everything once, that a turn can
// be had again, and that everything can be had at once.
func TestByTurns(t *testing.T) {
	const full = "SILL_TEST_ALL_TURNS"
	t.Setenv(full, "")
	t.Setenv("SOURCE_DATE_EPOCH", "")
	var all []int
	for i := range 33 {
		all = append(all, i)
	}
	const day = 24 * time.Hour
	part := func() []int { return byTurns(t, all, 7, day, full, strconv.Itoa) }
	seen := map[int]int{}
	for n := range int64(7) {
		t.Setenv(turnVariable, strconv.FormatInt(20_000+n, 10))
		one := part()
		if len(one) < 4 || len(one) > 5 || !slices.Equal(one, part()) {
			t.Errorf("turn %d has %v", n, one)
		}
		for _, i := range one {
			seen[i]++
		}
		t.Setenv(turnVariable, "")
		t.Setenv("SOURCE_DATE_EPOCH", strconv.FormatInt((20_000+n)*86_400+3600*n, 10))
		if got := part(); !slices.Equal(one, got) {
			t.Errorf("day %d has %v, turn %d has %v", n, got, n, one)
		}
		t.Setenv("SOURCE_DATE_EPOCH", "")
	}
	for _, i := range all {
		if seen[i] != 1 {
			t.Errorf("%d was seen %d times", i, seen[i])
		}
	}
	t.Setenv(full, "1")
	if got := part(); len(got) != len(all) {
		t.Errorf("all are %v", got)
	}
}
