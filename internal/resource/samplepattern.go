package resource

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// matching returns the n-th text that the pattern and the other rules let
// through.
func (f Field) matching(n int) (text string, ok bool) {
	pattern, err := regexp.Compile(anchored(f.Pattern))
	if err != nil {
		return "", false
	}
	tree, err := syntax.Parse(anchored(f.Pattern), syntax.Perl)
	if err != nil {
		return "", false
	}
	least, most := f.lengths()
	g := &generator{tree: tree, longest: most, classes: map[class][]rune{}, repeats: map[*syntax.Regexp]int{}}
	g.number(tree)
	s := search{generator: g, want: n, seen: map[string]bool{}, fits: func(text string) bool { return f.fits(text, pattern) }}
	s.run(least)
	if len(s.found) == 0 {
		return "", false
	}
	return s.found[(n-1)%len(s.found)], true
}

// search collects texts of a generator, in order and each once.
type search struct {
	*generator

	want  int
	fits  func(text string) bool
	seen  map[string]bool
	found []string
}

// run tries the shortest repetitions that make a text long enough, for all
// repeats of the pattern together and for each alone, then longer ones, and
// last every mixture.
func (s *search) run(least int) {
	if len(s.repeats) == 0 {
		s.tryAll(how{only: together})
		return
	}
	ways := min(len(s.repeats), 16)
	bases := make([]int, 0, ways+1)
	for only := together; only < ways; only++ {
		bases = append(bases, s.base(only, least))
	}
	for further := range min(s.want, 64) + 8 {
		for i, base := range bases {
			times := base + further
			if base == 0 && further < 2 {
				times = 1 - further // once reads better than never
			}
			s.tryAll(how{only: together + i, times: times})
		}
	}
	s.tryAll(how{only: mixed})
}

// base returns how often to repeat for a text that is long enough.
func (s *search) base(only, least int) int {
	low, high := 0, least
	for low < high {
		middle := (low + high) / 2
		text, over := s.candidate(how{only: only, times: middle}, 0)
		if over || utf8.RuneCountInString(text) >= least {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// tryAll takes candidates until there are enough, or nothing new comes.
func (s *search) tryAll(h how) {
	stale := 0
	for seed := 0; len(s.found) < s.want && stale < maxStale && s.work < maxWork; seed++ {
		stale++
		text, over := s.candidate(h, seed)
		s.work++
		if over || s.seen[text] || !s.fits(text) {
			continue
		}
		stale = 0
		s.seen[text] = true
		s.found = append(s.found, text)
	}
}

// The values of only that are no number of a repeat.
const (
	mixed    = -2
	together = -1
)

// how says how often what repeats is repeated: times, within the limits of the
// pattern, all together or only the one of that number while the others are as
// short as they can be; or mixed, as the seed has it.
type how struct{ only, times int }

// class names the characters of one place; last is the end of the text.
type class struct {
	re   *syntax.Regexp
	last bool
}

// generator writes texts that match a pattern, from right to left, so that
// counting the seed up changes the end first. Assertions like \b are left to
// whoever checks the text.
type generator struct {
	tree    *syntax.Regexp
	longest int
	classes map[class][]rune
	repeats map[*syntax.Regexp]int
	work    int

	how      how
	seed     int
	reversed []rune
	lettered bool
}

// number gives every repeat of the pattern its number.
func (g *generator) number(re *syntax.Regexp) {
	if re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpQuest || re.Op == syntax.OpRepeat {
		g.repeats[re] = len(g.repeats)
	}
	for _, sub := range re.Sub {
		g.number(sub)
	}
}

// candidate returns the text of a seed, and whether it is longer than the
// longest.
func (g *generator) candidate(h how, seed int) (text string, over bool) {
	g.how, g.seed, g.reversed, g.lettered = h, seed, g.reversed[:0], false
	g.write(g.tree)
	g.work += len(g.reversed)
	if g.over() {
		return "", true
	}
	slices.Reverse(g.reversed)
	return string(g.reversed), false
}

func (g *generator) over() bool { return len(g.reversed) > g.longest }

// draw takes a number below the given one out of the seed.
func (g *generator) draw(below int) int {
	drawn := g.seed % below
	g.seed /= below
	return drawn
}

func (g *generator) write(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range slices.Backward(re.Rune) {
			if fold := unicode.SimpleFold(r); re.Flags&syntax.FoldCase != 0 && fold != r {
				r = []rune{r, fold}[g.draw(2)]
			}
			g.reversed = append(g.reversed, r)
		}
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		g.letter(re)
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range slices.Backward(re.Sub) {
			if !g.over() {
				g.write(sub)
			}
		}
	case syntax.OpAlternate:
		g.write(re.Sub[g.draw(len(re.Sub))])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		g.repeat(re)
	case syntax.OpNoMatch, syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText,
		syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
	}
}

// repeat stops where a round writes nothing: the rest may be nothing too.
func (g *generator) repeat(re *syntax.Regexp) {
	for range g.times(re) {
		before := len(g.reversed)
		g.write(re.Sub[0])
		if len(g.reversed) == before || g.over() {
			return
		}
	}
}

func (g *generator) times(re *syntax.Regexp) int {
	least, most := limitsOf(re)
	if most < 0 {
		most = max(g.longest+1, least)
	}
	switch g.how.only {
	case mixed:
		return least + g.draw(min(most-least, 15)+1)
	case together, g.repeats[re]:
		return min(max(g.how.times, least), most)
	}
	return least
}

// limitsOf returns how often a repeat repeats; -1 is without end.
func limitsOf(re *syntax.Regexp) (least, most int) {
	if re.Op == syntax.OpRepeat {
		return re.Min, re.Max
	}
	if re.Op == syntax.OpPlus {
		least = 1
	}
	if re.Op == syntax.OpQuest {
		return 0, 1
	}
	return least, -1
}

func (g *generator) letter(re *syntax.Regexp) {
	key := class{re, !g.lettered}
	options, known := g.classes[key]
	if !known {
		options = key.options()
		g.classes[key] = options
	}
	if len(options) > 0 {
		g.lettered = true
		g.reversed = append(g.reversed, options[g.draw(len(options))])
	}
}

// options returns characters of the class, those that read well first: small
// letters, capitals, digits, and at the end of a text the digits first.
func (c class) options() []rune {
	const small, capital, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "1234567890"
	order := small + capital + digits
	if c.last {
		order = digits + small + capital
	}
	order += "-_./:+#@!$%&*=?~^|,;'\"`()<>[]{}\\ "
	var options []rune
	for _, r := range order {
		if c.has(r) {
			options = append(options, r)
		}
	}
	return c.foreign(options)
}

func (c class) ranges() []rune {
	if c.re.Op == syntax.OpCharClass {
		return c.re.Rune
	}
	return []rune{0, unicode.MaxRune} // without the end of a line, which is no option
}

func (c class) has(r rune) bool {
	for pair := range slices.Chunk(c.ranges(), 2) {
		if pair[0] <= r && r <= pair[1] {
			return true
		}
	}
	return false
}

// foreign adds the printable characters that are not ASCII, and where there
// are none at all the first others that a JSON string can hold.
func (c class) foreign(options []rune) []rune {
	var rest []rune
	for pair := range slices.Chunk(c.ranges(), 2) {
		for r := max(pair[0], 1); r <= pair[1] && r < pair[0]+1000; r++ {
			switch {
			case len(options) >= maxOptions:
				return options
			case r > unicode.MaxASCII && unicode.IsPrint(r):
				options = append(options, r)
			case len(rest) < maxOptions && utf8.ValidRune(r) && !unicode.IsPrint(r):
				rest = append(rest, r)
			}
		}
	}
	if len(options) == 0 {
		return rest
	}
	return options
}
