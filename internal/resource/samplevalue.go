package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	longestBad = 20000   // characters of a text that is only there to be too long
	maxStale   = 128     // candidates in a row that bring nothing new
	maxWork    = 1 << 24 // code points of all candidates for a pattern
	maxOptions = 95      // characters of a class that are tried
)

// Sample returns the text of a JSON value that keeps every rule of the field:
// the n-th of a row that starts at 1. Values differ as far as the field has so
// many; then they repeat. It reports false where there is none to be had: for
// references, and for patterns and lengths that no tried text fits.
//
// The values are part of what blueprints render and do not change within an
// engine number.
func (f Field) Sample(n int) (text string, ok bool) {
	n = max(n, 1)
	switch f.Type {
	case String, Text:
		return quoted(f.sampleText(n))
	case Integer, Bigint, Decimal, Date, Datetime:
		l, ok := f.line()
		if !ok {
			return "", false
		}
		return f.literal(l.at(n)), true
	case Float:
		return f.sampleFloat(n)
	case Boolean:
		return strconv.FormatBool(n%2 == 1), true
	case UUID:
		return quoted(fmt.Sprintf("019b76da-a800-7000-8000-%012d", n%1e12), true)
	case Enum:
		if len(f.Choices) == 0 {
			return "", false
		}
		return quoted(f.Choices[(n-1)%len(f.Choices)], true)
	case References:
	}
	return "", false
}

// BadSample returns the text of a JSON value that is of the right JSON type
// and breaks a rule of the field. It reports false where every value of the
// type is fine, and where only a text that is too long for a request is not.
func (f Field) BadSample() (text string, ok bool) {
	switch f.Type {
	case String, Text:
		return quoted(f.badText())
	case Integer, Bigint, Decimal:
		return f.badNumber()
	case Float:
		return f.badFloat()
	case Date:
		return quoted("2026-02-30", true)
	case Datetime:
		return quoted("2026-02-30T08:30:00.000Z", true)
	case UUID, References:
		return quoted("not-a-uuid", true)
	case Enum:
		return quoted(f.badChoice(), true)
	case Boolean:
	}
	return "", false
}

// quoted returns a string as JSON writes it, if there is one.
func quoted(value string, there bool) (text string, ok bool) {
	if !there {
		return "", false
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "", false
	}
	return strings.TrimSuffix(b.String(), "\n"), true
}

// line is the row of whole units that a number, day or time is one of. Samples
// go from start upwards in steps, then fill the gaps, then go on from lo.
type line struct{ lo, hi, start, step int64 }

// line returns the units between min and max of the field, and whether there
// are any.
func (f Field) line() (l line, ok bool) {
	l = f.wholeLine()
	if f.Min != nil {
		least, ok := f.units(*f.Min)
		if !ok {
			return l, false
		}
		l.lo = least
	}
	if f.Upper != nil {
		greatest, ok := f.units(*f.Upper)
		if !ok {
			return l, false
		}
		l.hi = greatest
	}
	l.start = min(max(l.start, l.lo), l.hi)
	return l, l.lo <= l.hi
}

// wholeLine returns the units that the type has.
func (f Field) wholeLine() line {
	switch f.Type {
	case Integer:
		return line{lo: math.MinInt32, hi: math.MaxInt32, start: 1, step: 1}
	case Decimal:
		most, one := power(f.Precision)-1, power(f.Scale)
		return line{lo: -most, hi: most, start: one, step: one}
	case Date, Datetime:
		return f.calendar()
	case Bigint, Float, Boolean, String, Text, UUID, Enum, References:
	}
	return line{lo: math.MinInt64, hi: math.MaxInt64, start: 1, step: 1}
}

// calendar counts days for a date and milliseconds for a datetime.
func (f Field) calendar() line {
	unit, day := time.Millisecond, (24 * time.Hour).Milliseconds()
	if f.Type == Date {
		unit, day = 24*time.Hour, 1
	}
	count := func(t time.Time) int64 { return t.UnixMilli() / unit.Milliseconds() }
	return line{
		lo:    count(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)),
		hi:    count(time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)),
		start: count(time.Date(2026, 1, 1, 8, 30, 0, 0, time.UTC)),
		step:  day,
	}
}

func power(exponent int) int64 {
	p := int64(1)
	for range min(max(exponent, 0), maxPrecision) {
		p *= 10
	}
	return p
}

// near returns the line without what is so far from start that counting could
// overflow.
func (l line) near() line {
	const reach = 1 << 61
	if l.hi/2-l.start/2 > reach/2 {
		l.hi = l.start + reach
	}
	if l.start/2-l.lo/2 > reach/2 {
		l.lo = l.start - reach
	}
	return l
}

// at returns the n-th unit, each of them once before the first comes again.
func (l line) at(n int) int64 {
	l = l.near()
	i := int64(n-1) % (l.hi - l.lo + 1)
	above := l.hi - l.start + 1
	steps := (above-1)/l.step + 1
	switch {
	case i < steps:
		return l.start + i*l.step
	case i < above:
		gap := l.step - 1
		return l.start + (i-steps)/gap*l.step + 1 + (i-steps)%gap
	}
	return l.lo + i - above
}

// units returns a value of the field as a place on its line.
func (f Field) units(value string) (n int64, ok bool) {
	switch f.Type {
	case Date:
		day, err := time.Parse(dateForm, value)
		return day.Unix() / (24 * 60 * 60), err == nil
	case Datetime:
		at, err := time.Parse(time.RFC3339, value)
		return at.UnixMilli(), err == nil
	case Decimal:
		value, problem := f.decimal(value)
		n, err := strconv.ParseInt(strings.Replace(value, ".", "", 1), 10, 64)
		return n, err == nil && problem == ""
	case Integer, Bigint, Float, Boolean, String, Text, UUID, Enum, References:
	}
	n, err := strconv.ParseInt(value, 10, 64)
	return n, err == nil
}

// literal returns a place on the line as JSON.
func (f Field) literal(n int64) string {
	switch f.Type {
	case Date:
		return `"` + time.Unix(n*24*60*60, 0).UTC().Format(dateForm) + `"`
	case Datetime:
		return `"` + time.UnixMilli(n).UTC().Format(datetimeForm) + `"`
	case Decimal:
		return `"` + pointed(n, f.Scale) + `"`
	case Bigint:
		return `"` + strconv.FormatInt(n, 10) + `"`
	case Integer, Float, Boolean, String, Text, UUID, Enum, References:
	}
	return strconv.FormatInt(n, 10)
}

// pointed writes n with its last digits after a point.
func pointed(n int64, scale int) string {
	digits, negative := strings.CutPrefix(strconv.FormatInt(n, 10), "-")
	if scale > 0 {
		digits = strings.Repeat("0", max(scale+1-len(digits), 0)) + digits
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if negative {
		return "-" + digits
	}
	return digits
}

// badNumber returns the number after the greatest, or before the least where
// only that has a limit of its own.
func (f Field) badNumber() (text string, ok bool) {
	l, ok := f.line()
	switch {
	case !ok:
		return "", false
	case f.Upper == nil && f.Min != nil && l.lo > math.MinInt64:
		return f.literal(l.lo - 1), true
	case l.hi < math.MaxInt64:
		return f.literal(l.hi + 1), true
	}
	return quoted("9223372036854775808", true)
}

// floats returns min and max of a float field, and what float64 has instead.
func (f Field) floats() (low, high float64, ok bool) {
	low, high = -math.MaxFloat64, math.MaxFloat64
	for _, bound := range []struct {
		text *string
		to   *float64
	}{{f.Min, &low}, {f.Upper, &high}} {
		if bound.text == nil {
			continue
		}
		v, err := strconv.ParseFloat(*bound.text, 64)
		if err != nil {
			return 0, 0, false
		}
		*bound.to = v
	}
	return low, high, low <= high
}

// sampleFloat counts 1.5, 2.5 and so on where there is room, and cuts the room
// in halves, quarters and eighths where it is narrow.
func (f Field) sampleFloat(n int) (text string, ok bool) {
	const room = 1e6
	low, high, ok := f.floats()
	if !ok {
		return "", false
	}
	start := max(low, 1.5)
	if start < 1<<50 && high-start >= room && n <= room {
		return jsonFloat(start + float64(n-1))
	}
	part := halves(n)
	v := low*(1-part) + high*part
	return jsonFloat(min(max(v, low), high))
}

// halves returns the n-th of 1/2, 1/4, 3/4, 1/8, 5/8, 3/8, …: the bits of n
// mirrored behind the point.
func halves(n int) float64 {
	v, bit := 0.0, 0.5
	for ; n > 0; n /= 2 {
		v += float64(n%2) * bit
		bit /= 2
	}
	return v
}

func jsonFloat(v float64) (text string, ok bool) {
	form, err := json.Marshal(v)
	return string(form), err == nil
}

func (f Field) badFloat() (text string, ok bool) {
	low, high, ok := f.floats()
	switch {
	case !ok:
		return "", false
	case f.Upper != nil && high < math.MaxFloat64:
		return jsonFloat(max(high+1, math.Nextafter(high, math.Inf(1))))
	case f.Min != nil && low > -math.MaxFloat64:
		return jsonFloat(min(low-1, math.Nextafter(low, math.Inf(-1))))
	}
	return "", false
}

func (f Field) badChoice() string {
	choice := "unknown"
	for slices.ContainsFunc(f.Choices, func(c string) bool { return strings.EqualFold(c, choice) }) {
		choice += "-x"
	}
	return choice
}

// lengths returns the fewest and the most code points of the field.
func (f Field) lengths() (least, most int) {
	most = f.Max
	if most == 0 {
		most = f.Type.DefaultMax()
	}
	return f.MinLength(), most
}

func (f Field) sampleText(n int) (text string, ok bool) {
	least, most := f.lengths()
	switch {
	case least > most || most < 1:
		return "", false
	case f.Pattern != "":
		return f.matching(n)
	}
	return readable(Title(f.Name), n, least, most), true
}

// readable returns a text like "Order item 1": the words again and again until
// it is long enough, cut where it is too long. The number stays whole, so that
// texts differ; where even that has no room, there are letters.
func readable(words string, n, least, most int) string {
	number := strconv.Itoa(n)
	if len(number) > most {
		return letters(n, most)
	}
	if words == "" {
		words = "Value"
	}
	long := words
	for again := " " + strings.ToLower(words); utf8.RuneCountInString(long)+1+len(number) < least; {
		long += strings.Repeat(again, max((least-len(long))/len(again), 1))
	}
	runes := []rune(long)
	if room := max(most-1-len(number), 0); len(runes) > room {
		runes = runes[:room]
	}
	head := strings.TrimSpace(string(runes))
	if head != "" {
		head += " "
	}
	missing := least - utf8.RuneCountInString(head) - len(number)
	return head + strings.Repeat("0", max(missing, 0)) + number
}

// letters writes n in so many letters.
func letters(n, length int) string {
	const all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	text := make([]byte, length)
	n -= int(power(length))
	for i := length - 1; i >= 0; i-- {
		text[i] = all[n%len(all)]
		n /= len(all)
	}
	return string(text)
}

// fits reports whether a text keeps the rules of the field.
func (f Field) fits(text string, pattern *regexp.Regexp) bool {
	least, most := f.lengths()
	n := utf8.RuneCountInString(text)
	blank := f.Type == String && !f.Blank && strings.TrimSpace(text) == ""
	return n >= least && n <= most && !blank && !strings.ContainsRune(text, 0) &&
		(pattern == nil || pattern.MatchString(text))
}

// badText returns the shortest text that says what is wrong: one that does not
// match, else a blank one, else one that is too short or too long.
func (f Field) badText() (text string, ok bool) {
	var pattern *regexp.Regexp
	if f.Pattern != "" {
		re, err := regexp.Compile(anchored(f.Pattern))
		if err != nil {
			return "", false
		}
		pattern = re
	}
	least, most := f.lengths()
	for _, seed := range []string{"!", "a", "A", "1", "-", "_", " "} {
		text := strings.Repeat(seed, max(least, 1))
		if len(text) <= longestBad && !f.fits(text, pattern) {
			return text, true
		}
	}
	switch {
	case !f.fits("", pattern):
		return "", true
	case most < longestBad:
		return strings.Repeat("x", most+1), true
	}
	return "", false
}

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
