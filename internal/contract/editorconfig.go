package contract

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// editorSection is a part of an .editorconfig: which files, and what for them.
type editorSection struct {
	files *regexp.Regexp
	rules map[string]string
}

// editorConfig is an .editorconfig; later sections win.
type editorConfig []editorSection

func parseEditorConfig(text string) editorConfig {
	var all editorConfig
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			all = append(all, editorSection{files: editorGlob(line[1 : len(line)-1]), rules: map[string]string{}})
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if ok && len(all) > 0 {
			all[len(all)-1].rules[strings.ToLower(strings.TrimSpace(key))] = strings.ToLower(strings.TrimSpace(value))
		}
	}
	return all
}

// editorGlob turns a glob of .editorconfig into a regular expression over a
// path; one without a slash is about the name alone.
func editorGlob(glob string) *regexp.Regexp {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString("[^/]*")
		case c == '?':
			b.WriteString("[^/]")
		case c == '{':
			b.WriteString("(?:")
			depth++
		case c == '}' && depth > 0:
			b.WriteString(")")
			depth--
		case c == ',' && depth > 0:
			b.WriteString("|")
		case c == '[' || c == ']' || c == '-':
			b.WriteByte(c)
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	text := strings.TrimPrefix(b.String(), "/")
	if !strings.Contains(glob, "/") {
		text = "(?:.*/)?" + text
	}
	r, err := regexp.Compile("^" + text + "$")
	if err != nil {
		return regexp.MustCompile(`$^`) // a glob that is none matches nothing
	}
	return r
}

// rule returns what the file has to keep.
func (e editorConfig) rule(name, key string) string {
	value := ""
	for _, s := range e {
		if v, has := s.rules[key]; has && s.files.MatchString(path.Clean(name)) {
			value = v
		}
	}
	return value
}

// breaks says which rule a file breaks.
func (e editorConfig) breaks(name, data string) string {
	if data == "" {
		return ""
	}
	if e.rule(name, "insert_final_newline") == "true" && !strings.HasSuffix(data, "\n") {
		return "no newline at the end"
	}
	if e.rule(name, "end_of_line") == "lf" && strings.Contains(data, "\r") {
		return "a carriage return"
	}
	trim, style := e.rule(name, "trim_trailing_whitespace") == "true", e.rule(name, "indent_style")
	number := 0
	for line := range strings.SplitSeq(data, "\n") {
		number++
		if trim && strings.TrimRight(line, " \t") != line {
			return fmt.Sprintf("line %d: trailing space", number)
		}
		if style == "space" && strings.HasPrefix(line, "\t") {
			return fmt.Sprintf("line %d: indented with a tab", number)
		}
		if style == "tab" && strings.HasPrefix(line, "  ") {
			return fmt.Sprintf("line %d: indented with spaces", number)
		}
	}
	return ""
}
