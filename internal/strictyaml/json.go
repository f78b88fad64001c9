package strictyaml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// joinSurrogates returns data with each pair of escapes that JSON writes for a
// character past U+FFFF replaced by the one escape that YAML has for it. That
// is all in which JSON is not YAML; data that is no JSON is returned as it is.
func joinSurrogates(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\u`)) || !json.Valid(data) {
		return data
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		if r, ok := surrogatePair(data[i:]); ok {
			out = fmt.Appendf(out, `\U%08X`, r)
			i += len(`\ud83d\ude00`)
			continue
		}
		n := 1
		if data[i] == '\\' {
			n = 2
		}
		out = append(out, data[i:i+n]...)
		i += n
	}
	return out
}

// surrogatePair returns the character that the two escapes at the start of
// data stand for, and whether they are there.
func surrogatePair(data []byte) (rune, bool) {
	high, ok := unicodeEscape(data)
	if !ok {
		return 0, false
	}
	low, ok := unicodeEscape(data[6:])
	if !ok {
		return 0, false
	}
	r := utf16.DecodeRune(high, low)
	return r, r != utf8.RuneError
}

func unicodeEscape(data []byte) (rune, bool) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return rune(n), err == nil
}
