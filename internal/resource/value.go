package resource

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	dateForm     = "2006-01-02"
	datetimeForm = "2006-01-02T15:04:05.000Z"
)

// canonical returns text in the one form that a value of the field has in
// JSON, without the quotes, or says what is wrong with it.
func (f Field) canonical(text string) (value, problem string) {
	switch f.Type {
	case Integer:
		return whole(text, 32)
	case Bigint:
		return whole(text, 64)
	case Decimal:
		return f.decimal(text)
	case Float:
		return float(text)
	case Date:
		return date(text)
	case Datetime:
		return datetime(text)
	case UUID:
		return uuid(text)
	case Boolean:
		if text != "true" && text != "false" {
			return "", "is not true or false"
		}
	case Enum:
		if !slices.Contains(f.Choices, text) {
			return "", "is not one of " + strings.Join(f.Choices, ", ")
		}
	case References:
		return "", "is a value, and references have none"
	case String, Text:
	}
	return text, ""
}

func whole(text string, bits int) (value, problem string) {
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return "", fmt.Sprintf("is not a whole number of %d bits", bits)
	}
	return strconv.FormatInt(n, 10), ""
}

// decimal keeps exactly Scale digits after the point.
func (f Field) decimal(text string) (value, problem string) {
	digits, negative := strings.CutPrefix(text, "-")
	before, after, point := strings.Cut(digits, ".")
	switch {
	case before == "" || point && after == "" || !allDigits(before) || !allDigits(after):
		return "", "is not a decimal number"
	case len(after) > f.Scale:
		return "", fmt.Sprintf("has more than %d digits after the point", f.Scale)
	}
	before = strings.TrimLeft(before, "0")
	if len(before) > f.Precision-f.Scale {
		return "", fmt.Sprintf("has more than %d digits before the point", f.Precision-f.Scale)
	}
	after += strings.Repeat("0", f.Scale-len(after))
	zero := strings.Trim(before+after, "0") == ""
	value = before
	if value == "" {
		value = "0"
	}
	if f.Scale > 0 {
		value += "." + after
	}
	if negative && !zero {
		value = "-" + value
	}
	return value, ""
}

func allDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

func float(text string) (value, problem string) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || strings.ContainsAny(text, "xX_") {
		return "", "is not a finite number"
	}
	form, err := json.Marshal(n)
	if err != nil {
		return "", "is not a finite number"
	}
	return string(form), ""
}

func date(text string) (value, problem string) {
	day, err := time.Parse(dateForm, text)
	if err != nil || day.Year() < 1 {
		return "", "is not a day like 2026-01-31"
	}
	return day.Format(dateForm), ""
}

func datetime(text string) (value, problem string) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.UTC().Year() < 1 || at.UTC().Year() > 9999 {
		return "", "is not a time with its zone like 2026-01-31T09:30:00Z"
	}
	return at.UTC().Format(datetimeForm), ""
}

func uuid(text string) (value, problem string) {
	value = strings.ToLower(text)
	parts := strings.Split(value, "-")
	lengths := []int{8, 4, 4, 4, 12}
	ok := len(parts) == len(lengths)
	for i := 0; ok && i < len(parts); i++ {
		ok = len(parts[i]) == lengths[i] && strings.Trim(parts[i], "0123456789abcdef") == ""
	}
	if !ok {
		return "", "is not a UUID"
	}
	return value, ""
}

// compareValues orders two values in their JSON form. Both are canonical.
func (f Field) compareValues(a, b string) int {
	switch f.Type {
	case Integer, Bigint:
		return cmp.Compare(integer(a), integer(b))
	case Decimal:
		// At most 18 digits, all of them counted in the same unit.
		return cmp.Compare(integer(strings.Replace(a, ".", "", 1)), integer(strings.Replace(b, ".", "", 1)))
	case Float:
		return cmp.Compare(number(a), number(b))
	case String, Text, Boolean, Date, Datetime, UUID, Enum, References:
	}
	return strings.Compare(a, b)
}

func integer(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func number(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return n
}
