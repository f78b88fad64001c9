package tree

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"groundsill.example/internal/diag"
)

// The longest path and the longest segment, in bytes. 255 is the limit of the
// common file systems for a name; the whole stays well below Windows' 32,767
// and Linux' 4,096.
const (
	maxPath    = 1024
	maxSegment = 255
)

// Path is a relative, slash-separated path that stays below its root on every
// system: no "..", no drive, no device name, no ".git". ParsePath is the only
// way to make one. Paths are comparable.
type Path struct{ name string }

// ParsePath checks s and returns it as a Path. The error is a *diag.Error of
// class Usage whose code says what is wrong with the path.
func ParsePath(s string) (Path, error) {
	if code, why := pathProblem(s); code != "" {
		return Path{}, diag.New(diag.Usage, diag.Diagnostic{
			Code:    code,
			Summary: fmt.Sprintf("path %s %s", quote(s), why),
			Hint:    "use a relative path with forward slashes that stays below its root on every system",
		})
	}
	return Path{s}, nil
}

// String returns the path with forward slashes.
func (p Path) String() string { return p.name }

// Base returns the last segment.
func (p Path) Base() string { return path.Base(p.name) }

// Dir returns the path above, and false when p is at the top.
func (p Path) Dir() (Path, bool) {
	d := path.Dir(p.name)
	if d == "." || d == "" {
		return Path{}, false
	}
	return Path{d}, true
}

// Compare orders paths segment by segment, so that the files of a directory
// stand together.
func (p Path) Compare(q Path) int {
	a, b := p.name, q.name
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] == b[i] {
			continue
		}
		if a[i] == '/' {
			return -1
		}
		if b[i] == '/' {
			return 1
		}
		return int(a[i]) - int(b[i])
	}
	return len(a) - len(b)
}

// Key returns the form in which two paths that one file system could take for
// the same name are equal: Unicode NFC, case folded.
func (p Path) Key() string {
	for i := range len(p.name) {
		if p.name[i] >= utf8.RuneSelf {
			return norm.NFC.String(cases.Fold().String(norm.NFD.String(p.name)))
		}
	}
	return strings.ToLower(p.name)
}

func pathProblem(s string) (code, why string) {
	switch {
	case s == "":
		return "path-empty", "is empty"
	case !utf8.ValidString(s):
		return "path-encoding", "is not UTF-8"
	case len(s) > maxPath:
		return "path-long", fmt.Sprintf("is longer than %d bytes", maxPath)
	case strings.HasPrefix(s, "/"):
		return "path-absolute", "is absolute"
	case strings.Contains(s, `\`):
		return "path-backslash", "holds a backslash"
	}
	for seg := range strings.SplitSeq(s, "/") {
		if code, why := segmentProblem(seg); code != "" {
			return code, why
		}
	}
	return "", ""
}

func segmentProblem(seg string) (code, why string) {
	switch {
	case seg == "":
		return "path-segment", "has an empty segment"
	case seg == "..":
		return "path-escapes", "leaves its root"
	case seg == ".":
		return "path-segment", `has a "." segment`
	case len(seg) > maxSegment:
		return "path-long", fmt.Sprintf("has a segment longer than %d bytes", maxSegment)
	case strings.HasSuffix(seg, ".") || strings.HasSuffix(seg, " "):
		return "path-trailing", "has a segment that ends in a dot or a space, which Windows drops"
	case strings.ContainsAny(seg, `<>:"|?*`):
		return "path-character", `holds one of < > : " | ? *, which Windows refuses`
	case strings.ContainsFunc(seg, invisible):
		return "path-character", "holds a control or invisible character"
	case gitName(seg):
		return "path-git", "reaches into .git"
	case deviceName(seg):
		return "path-device", "is the name of a Windows device"
	}
	return "", ""
}

// invisible reports the characters nobody can see in a name: controls, and the
// format characters that HFS+ ignores and that hid ".git" from checks
// (CVE-2014-9390).
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}

// gitName reports the spellings of ".git" that some file system takes for it:
// other case, and the short name that Windows gives it.
func gitName(seg string) bool {
	low := strings.ToLower(norm.NFKC.String(seg))
	return low == ".git" || low == "git~1"
}

// deviceName follows Microsoft's "Naming Files, Paths, and Namespaces": the
// name counts with any extension.
func deviceName(seg string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(seg), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "con", "prn", "aux", "nul", "conin$", "conout$", "clock$":
		return true
	}
	rest, ok := strings.CutPrefix(stem, "com")
	if !ok {
		rest, ok = strings.CutPrefix(stem, "lpt")
	}
	if !ok || utf8.RuneCountInString(rest) != 1 {
		return false
	}
	return strings.Contains("0123456789¹²³", rest)
}

func quote(s string) string {
	const limit = 80
	if len(s) > limit {
		s = s[:limit] + "…"
	}
	return fmt.Sprintf("%q", s)
}
