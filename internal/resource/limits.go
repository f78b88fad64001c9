package resource

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// limits checks the arguments of the type.
func (c *checker) limits(f Field) {
	switch f.Type {
	case String:
		most := maxString
		if f.Unique || f.Index {
			most = maxIndexed
		}
		c.length(f, most)
	case Text:
		c.length(f, maxText)
	case Decimal:
		if f.Precision < 1 || f.Precision > maxPrecision || f.Scale < 0 || f.Scale > f.Precision {
			c.fail("field-arguments", fmt.Sprintf("decimal,%d,%d is not possible", f.Precision, f.Scale),
				fmt.Sprintf("1 to %d digits in all, and at most as many after the point", maxPrecision))
		}
	case Enum:
		c.choices(f)
	case Integer, Bigint, Float, Boolean, Date, Datetime, UUID, References:
	}
	c.pattern(f)
}

func (c *checker) length(f Field, most int) {
	if f.Max < 1 || f.Max > most {
		hint := fmt.Sprintf("a %s holds 1 to %d characters", f.Type, most)
		if most == maxIndexed {
			hint = fmt.Sprintf("a string with an index holds 1 to %d characters", most)
		}
		c.fail("field-arguments", fmt.Sprintf("the longest length %d is not possible", f.Max), hint)
	}
	if f.Min == nil {
		return
	}
	n, err := strconv.Atoi(*f.Min)
	if err != nil || strconv.Itoa(n) != *f.Min || n < 0 || n > f.Max {
		c.fail("field-value", fmt.Sprintf("the least length %s is no number from 0 to %d", quote(*f.Min), f.Max), "")
	}
}

func (c *checker) choices(f Field) {
	if len(f.Choices) == 0 || len(f.Choices) > maxChoices {
		c.fail("field-arguments", fmt.Sprintf("has %d choices", len(f.Choices)),
			fmt.Sprintf("an enum has 1 to %d", maxChoices))
	}
	seen := map[string]bool{}
	for _, choice := range f.Choices {
		switch {
		case choice == "":
			c.fail("field-arguments", "has an empty choice", "")
		case seen[choice]:
			c.fail("field-arguments", fmt.Sprintf("has the choice %s twice", quote(choice)), "")
		case !printable(choice) || strings.TrimSpace(choice) != choice:
			c.fail("field-arguments", fmt.Sprintf("the choice %s has characters that one cannot see", quote(choice)), "")
		case utf8.RuneCountInString(choice) > maxChoice:
			c.fail("field-arguments", fmt.Sprintf("the choice %s is longer than %d characters", quote(choice), maxChoice), "")
		}
		seen[choice] = true
	}
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (c *checker) pattern(f Field) {
	if f.Pattern == "" {
		return
	}
	if len(f.Pattern) > maxPattern || !printable(f.Pattern) {
		c.fail("field-pattern", fmt.Sprintf("the pattern is longer than %d bytes or not printable", maxPattern), "")
		return
	}
	if _, err := regexp.Compile(anchored(f.Pattern)); err != nil {
		c.fail("field-pattern", fmt.Sprintf("the pattern %s does not compile: %s", quote(f.Pattern), err),
			"patterns have the syntax of RE2")
	}
}

func anchored(pattern string) string { return `\A(?:` + pattern + `)\z` }

// values checks default, min and max against the type and each other.
func (c *checker) values(f Field) {
	if f.Type == String || f.Type == Text {
		c.defaultText(f)
		return
	}
	low, lowOK := c.value(f, "min", f.Min)
	high, highOK := c.value(f, "max", f.Upper)
	if f.Type == References {
		return
	}
	def, defOK := c.value(f, "default", f.Default)
	if lowOK && highOK && f.compareValues(low, high) > 0 {
		c.fail("field-value", fmt.Sprintf("min %s is more than max %s", low, high), "")
	}
	if defOK && lowOK && f.compareValues(def, low) < 0 {
		c.fail("field-value", fmt.Sprintf("the default %s is less than min %s", def, low), "")
	}
	if defOK && highOK && f.compareValues(def, high) > 0 {
		c.fail("field-value", fmt.Sprintf("the default %s is more than max %s", def, high), "")
	}
}

// value returns the value of a modifier, and whether it is there and right.
func (c *checker) value(f Field, what string, v *string) (string, bool) {
	if v == nil {
		return "", false
	}
	text, problem := f.canonical(*v)
	if problem == "" && text != *v {
		problem = "is written " + text
	}
	if problem != "" {
		c.fail("field-value", fmt.Sprintf("%s %s %s", what, quote(*v), problem), "")
		return "", false
	}
	return text, true
}

func (c *checker) defaultText(f Field) {
	if f.Default == nil {
		return
	}
	text := *f.Default
	n := utf8.RuneCountInString(text)
	problem := ""
	switch {
	case !printable(text):
		problem = "has characters that one cannot see"
	case n < f.MinLength() || n > f.Max:
		problem = fmt.Sprintf("is not %d to %d characters long", f.MinLength(), f.Max)
	case f.Type == String && !f.Blank && strings.TrimSpace(text) == "":
		problem = "is blank"
	case f.Pattern != "":
		if re, err := regexp.Compile(anchored(f.Pattern)); err == nil && !re.MatchString(text) {
			problem = "does not match the pattern"
		}
	}
	if problem != "" {
		c.fail("field-value", fmt.Sprintf("the default %s %s", quote(text), problem), "")
	}
}
