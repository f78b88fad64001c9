package resource

import (
	"strings"
	"unicode"
)

// Snake returns text as a snake_case name: "OrderItem", "order-item" and
// "Order item" are "order_item", "HTTPServer" is "http_server".
func Snake(text string) string {
	return strings.Join(wordsOf(text), "_")
}

// Kebab returns text in kebab-case: "order-item".
func Kebab(text string) string { return strings.Join(wordsOf(text), "-") }

// Pascal returns text in PascalCase: "OrderItem".
func Pascal(text string) string {
	var b strings.Builder
	for _, w := range wordsOf(text) {
		b.WriteString(upperFirst(w))
	}
	return b.String()
}

// Camel returns text in camelCase: "orderItem".
func Camel(text string) string {
	words := wordsOf(text)
	if len(words) == 0 {
		return ""
	}
	return words[0] + Pascal(strings.Join(words[1:], "_"))
}

// Title returns text as the start of a sentence: "Order item".
func Title(text string) string { return upperFirst(Sentence(text)) }

// Sentence returns text as words inside a sentence: "order item".
func Sentence(text string) string { return strings.Join(wordsOf(text), " ") }

// wordsOf cuts text into lower-case words: at everything that is no letter and
// no digit, and where a capital begins a word.
func wordsOf(text string) []string {
	var words []string
	var word []rune
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			words, word = flush(words, word), nil
			continue
		case unicode.IsUpper(r) && beginsWord(runes, i):
			words, word = flush(words, word), nil
		}
		word = append(word, unicode.ToLower(r))
	}
	return flush(words, word)
}

func flush(words []string, word []rune) []string {
	if len(word) == 0 {
		return words
	}
	return append(words, string(word))
}

// beginsWord reports whether the capital at i comes after a small letter or a
// digit, or ends a row of capitals: the "S" of "HTTPServer".
func beginsWord(runes []rune, i int) bool {
	if i == 0 {
		return false
	}
	if !unicode.IsUpper(runes[i-1]) {
		return true
	}
	return i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

func upperFirst(word string) string {
	for i, r := range word {
		return string(unicode.ToUpper(r)) + word[i+len(string(r)):]
	}
	return ""
}

// initialism reports whether Go writes the word in capitals: the list of its
// linters.
func initialism(word string) bool {
	switch word {
	case "acl", "api", "ascii", "cpu", "css", "dns", "eof", "guid", "html", "http", "https", "id", "ip",
		"json", "qps", "ram", "rpc", "sla", "smtp", "sql", "ssh", "tcp", "tls", "ttl", "udp", "ui", "gid",
		"uid", "uuid", "uri", "url", "utf8", "vm", "xml", "xmpp", "xsrf", "xss", "sip", "rtp", "amqp", "db", "ts":
		return true
	}
	return false
}

// GoPascal returns text as an exported Go name: "OrderItem", "ItemID".
func GoPascal(text string) string {
	var b strings.Builder
	for _, w := range wordsOf(text) {
		b.WriteString(goWord(w))
	}
	return b.String()
}

func goWord(word string) string {
	if initialism(word) {
		return strings.ToUpper(word)
	}
	return upperFirst(word)
}

// GoCamel returns text as a local Go name: "orderItem", "itemID", "url". A
// name that Go uses itself, like "type" or "len", gets the ending "Value".
func GoCamel(text string) string {
	words := wordsOf(text)
	if len(words) == 0 {
		return ""
	}
	name := words[0] + GoPascal(strings.Join(words[1:], "_"))
	if GoReserved(name) {
		return name + "Value"
	}
	return name
}

// GoReserved reports whether name is a keyword of Go or declared by the
// language.
func GoReserved(name string) bool {
	switch name {
	case "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func",
		"go", "goto", "if", "import", "interface", "map", "package", "range", "return", "select", "struct",
		"switch", "type", "var":
		return true
	case "any", "bool", "byte", "comparable", "complex64", "complex128", "error", "float32", "float64", "int",
		"int8", "int16", "int32", "int64", "rune", "string", "uint", "uint8", "uint16", "uint32", "uint64",
		"uintptr", "true", "false", "iota", "nil", "append", "cap", "clear", "close", "complex", "copy", "delete",
		"imag", "len", "make", "max", "min", "new", "panic", "print", "println", "real", "recover", "init", "main":
		return true
	}
	return false
}

// GoFile returns the name of a Go file without its ending. Names that the go
// command would take for a test or for the file of one system, like "unit_test"
// or "release_linux", lose the last underscore.
func GoFile(text string) string {
	name := Snake(text)
	head, last := lastWord(name)
	if head != "" && goSuffix(last) {
		return GoFile(strings.TrimSuffix(head, "_")) + last
	}
	return name
}

// goSuffix reports the last words of file names that go/build reads: "test"
// and every known system and processor.
func goSuffix(word string) bool {
	switch word {
	case "test", "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux",
		"nacl", "netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows", "zos",
		"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64",
		"mips64le", "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x",
		"sparc", "sparc64", "wasm":
		return true
	}
	return false
}
