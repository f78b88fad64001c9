package contract

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// clip shortens text for a report and shows what would not print.
func clip(text string, longest int) string {
	if !utf8.ValidString(text) {
		text = strconv.QuoteToASCII(text)
	}
	if len(text) <= longest {
		return text
	}
	cut := strings.ToValidUTF8(text[:longest], "")
	return cut + "… (" + strconv.Itoa(len(text)) + " bytes)"
}

// random returns text of 2n hexadecimal digits that nobody has used before.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// randomBelow returns a number from 0 to below n, which is at most 65536.
func randomBelow(n int) int {
	b := make([]byte, 2)
	rand.Read(b)
	return (int(b[0])<<8 | int(b[1])) % n
}

// randomUUID returns a version 4 UUID that names nothing.
func randomUUID() string {
	h := random(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}
