package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
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
