package eval

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"groundsill.example/internal/resource"
)

// borrowed are the functions of sprig that engine 1 has. They are named one by
// one, so that a newer sprig adds nothing. What is missing would make two
// renderings differ (random values, the clock, the order of a map, the rules
// of the machine for paths), changes a value that another template may be
// reading (set, unset, merge), costs without bound (keys, certificates, hashes
// of passwords, decimals of any length), returns something with methods
// (semver), or follows rules of inflection that are not ours.
func borrowed() []string {
	return []string{
		"abbrev", "abbrevboth", "add", "add1", "adler32sum", "all", "any", "append", "atoi",
		"b32dec", "b32enc", "b64dec", "b64enc", "base", "biggest",
		"cat", "ceil", "chunk", "clean", "coalesce", "compact", "concat", "contains",
		"deepEqual", "default", "dict", "dig", "dir", "div", "empty", "ext",
		"fail", "first", "float64", "floor", "fromJson", "get",
		"has", "hasKey", "hasPrefix", "hasSuffix", "indent", "initial", "initials", "int", "int64", "isAbs",
		"join", "kindIs", "kindOf", "last", "list", "lower",
		"max", "maxf", "min", "minf", "mod", "mul",
		"mustAppend", "mustChunk", "mustCompact", "mustFirst", "mustFromJson", "mustHas", "mustInitial", "mustLast",
		"mustPrepend", "mustPush", "mustRegexFind", "mustRegexFindAll", "mustRegexMatch", "mustRegexReplaceAll",
		"mustRegexReplaceAllLiteral", "mustRegexSplit", "mustRest", "mustReverse", "mustSlice", "mustToJson",
		"mustToPrettyJson", "mustToRawJson", "mustUniq", "mustWithout",
		"nindent", "nospace", "omit", "pick", "pluck", "prepend", "push",
		"regexFind", "regexFindAll", "regexMatch", "regexQuoteMeta", "regexReplaceAll", "regexReplaceAllLiteral",
		"regexSplit", "replace", "rest", "reverse", "round",
		"semverCompare", "sha1sum", "sha256sum", "sha512sum", "slice", "sortAlpha", "split", "splitList", "splitn",
		"squote", "sub", "substr", "swapcase",
		"ternary", "toJson", "toPrettyJson", "toRawJson", "toString", "toStrings", "trim", "trimAll", "trimPrefix",
		"trimSuffix", "trimall", "trunc", "tuple", "typeIs", "typeIsLike", "typeOf",
		"uniq", "untitle", "upper", "urlJoin", "urlParse", "without", "wrap", "wrapWith",
	}
}

// builtins are the functions of text/template that engine 1 has as they are.
// The function "call" is missing: no value is a function.
func builtins() []string {
	return []string{"and", "eq", "ge", "gt", "index", "le", "len", "lt", "ne", "not", "or"}
}

// functions returns the functions of engine 1 that cost by their arguments.
func functions() template.FuncMap {
	own := template.FuncMap{
		"plural":   resource.Plural,
		"singular": resource.Singular,
		"snake":    resource.Snake,
		"camel":    resource.Camel,
		"pascal":   resource.Pascal,
		"kebab":    resource.Kebab,
		"goPascal": resource.GoPascal,
		"goCamel":  resource.GoCamel,
		"title":    resource.Title,
		"sentence": resource.Sentence,
		"goFile":   resource.GoFile,
		"quote":    strconv.Quote,
		"goString": strconv.Quote,

		"print": fmt.Sprint, "printf": printf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
		"ecmaPattern": resource.ECMAPattern, "yamlString": yamlString, "yamlWord": yamlWord,
		"keys": sortedKeys, "repeat": repeat, "sampleJSON": sampleJSON, "until": until,
	}
	theirs := sprig.HermeticTxtFuncMap()
	for _, name := range borrowed() {
		own[name] = theirs[name]
	}
	return own
}

// yamlString returns a text as a scalar of YAML in quotes: double ones, but for
// a text on one line that has some or a backslash.
func yamlString(s string) string {
	if strings.ContainsAny(s, `"\\`) && !strings.Contains(s, "\n") {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.Quote(s)
}

// yamlWord returns a text as a scalar of YAML without quotes, where every reader
// takes that for a text: to YAML 1.1, y and off are booleans.
func yamlWord(s string) string {
	if !plainWord.MatchString(s) || yamlOther.MatchString(s) {
		return yamlString(s)
	}
	return s
}

var (
	plainWord = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	yamlOther = regexp.MustCompile(`^(true|false|null|yes|no|on|off|y|n)$`)
)

// repeat checks the size before it is made; sprig's own would make it first.
func repeat(count int, s string) (string, error) {
	if count < 0 || len(s) > 0 && count > maxValue/len(s) {
		return "", limitError{fmt.Sprintf("repeat makes more than %d bytes", maxValue)}
	}
	return strings.Repeat(s, count), nil
}

// printf refuses what would make a value of any width, and %p, which prints an
// address of this run.
func printf(format string, args ...any) (string, error) {
	if err := checkFormat(format); err != nil {
		return "", err
	}
	return fmt.Sprintf(format, args...), nil
}

func checkFormat(format string) error {
	for {
		_, rest, found := strings.Cut(format, "%")
		if !found {
			return nil
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r == '%' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
		if end < 0 {
			end = len(rest)
		}
		flags := rest[:end]
		if strings.Contains(flags, "*") || hasLongNumber(flags) {
			return limitError{"a width of printf is an argument or has more than three digits"}
		}
		if end < len(rest) && rest[end] == 'p' {
			return limitError{"printf has no verb p: an address differs from run to run"}
		}
		format = rest[min(end+1, len(rest)):]
	}
}

func hasLongNumber(flags string) bool {
	digits := 0
	for _, r := range flags {
		if r < '0' || r > '9' {
			digits = 0
			continue
		}
		if digits++; digits > 3 {
			return true
		}
	}
	return false
}

func until(count int) ([]int, error) {
	const most = 10_000
	if count < 0 || count > most {
		return nil, limitError{fmt.Sprintf("until counts further than %d", most)}
	}
	list := make([]int, count)
	for i := range list {
		list[i] = i
	}
	return list, nil
}

func sortedKeys(m map[string]any) []string {
	return slices.Sorted(maps.Keys(m))
}

// sampleJSON returns the n-th sample of a field, counted from one and starting
// over after the last.
func sampleJSON(field map[string]any, n int) (string, error) {
	list, _ := field["samples"].([]any)
	if len(list) == 0 || n < 1 {
		return "", fmt.Errorf("the field %v has no sample %d", field["name"], n)
	}
	text, _ := list[(n-1)%len(list)].(string)
	return text, nil
}
