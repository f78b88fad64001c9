package document

import "strings"

// quotedValue is the Value of text, plainValue that of a word which some reader
// takes for something else than text.
func quotedValue(text string) string { return "=" + text }

// plainValue returns the Value of a scalar without quotes. One that every YAML
// reader takes for text is the same as with quotes; any other is not, so that
// to put quotes around a number is a change.
func plainValue(text string) string {
	if text == "" || text[0] >= '0' && text[0] <= '9' || strings.ContainsRune("+-.~<=", rune(text[0])) {
		return text
	}
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return text
	}
	return quotedValue(text)
}
