package textdiff

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// context is how many common lines a diff shows around an edit.
const context = 3

// sniff is how much of a file tells whether it is binary, as in git.
const sniff = 8000

// Unified returns the difference of two texts in unified format, with the names
// from and to in its two header lines. It is empty for equal texts.
func Unified(from, to string, a, b []byte) string {
	if bytes.Equal(a, b) {
		return ""
	}
	var w strings.Builder
	fmt.Fprintf(&w, "--- %s\n+++ %s\n", from, to)
	writeHunks(&w, a, b)
	return w.String()
}

// Version is a file on one side of a [Git] diff. Mode is git's: "100644",
// "100755", "120000". An empty Mode says that the file is not there.
type Version struct {
	Data []byte
	Mode string
}

// Absent reports whether the file is not there.
func (v Version) Absent() bool { return v.Mode == "" }

// kind returns the part of the mode that tells files from links.
func (v Version) kind() string { return v.Mode[:min(len(v.Mode), 3)] }

// Git returns the difference of a file in the form of "git diff", which "git
// apply" takes: with mode lines, /dev/null for a side that is absent, and a
// notice in place of binary content. A link that becomes a file is deleted and
// created. The result is empty where both sides are the same.
func Git(path string, before, after Version) string {
	same := bytes.Equal(before.Data, after.Data)
	if before.Mode == after.Mode && same {
		return ""
	}
	if !before.Absent() && !after.Absent() && before.kind() != after.kind() {
		return Git(path, before, Version{}) + Git(path, Version{}, after)
	}
	var w strings.Builder
	a, b := quote("a/"+path), quote("b/"+path)
	fmt.Fprintf(&w, "diff --git %s %s\n", a, b)
	writeModes(&w, before, after)
	if same {
		return w.String()
	}
	if before.Absent() {
		a = "/dev/null"
	}
	if after.Absent() {
		b = "/dev/null"
	}
	if Binary(before.Data) || Binary(after.Data) {
		fmt.Fprintf(&w, "Binary files %s and %s differ\n", a, b)
		return w.String()
	}
	fmt.Fprintf(&w, "--- %s\n+++ %s\n", ended(a), ended(b))
	writeHunks(&w, before.Data, after.Data)
	return w.String()
}

// Binary reports whether data is no text: whether there is a zero byte near its
// beginning.
func Binary(data []byte) bool {
	return bytes.IndexByte(data[:min(len(data), sniff)], 0) >= 0
}

func writeModes(w *strings.Builder, before, after Version) {
	switch {
	case before.Absent():
		fmt.Fprintf(w, "new file mode %s\n", after.Mode)
	case after.Absent():
		fmt.Fprintf(w, "deleted file mode %s\n", before.Mode)
	case before.Mode != after.Mode:
		fmt.Fprintf(w, "old mode %s\nnew mode %s\n", before.Mode, after.Mode)
	}
}

// ended marks the end of a name that holds a space with a tab, as git does, so
// that no reader takes the rest of the name for a time stamp.
func ended(name string) string {
	if strings.Contains(name, " ") && !strings.HasPrefix(name, `"`) {
		return name + "\t"
	}
	return name
}

// quote returns name as git writes it: between quotes when a character would
// break the line apart.
func quote(name string) string {
	special := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }
	if !strings.ContainsFunc(name, special) {
		return name
	}
	var w strings.Builder
	w.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			w.WriteByte('\\')
			w.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&w, `\%03o`, c)
		default:
			w.WriteByte(c)
		}
	}
	w.WriteByte('"')
	return w.String()
}

func writeHunks(w *strings.Builder, a, b []byte) {
	as, bs := Split(a), Split(b)
	edits := SplitLines(as, bs)
	for len(edits) > 0 {
		n := 1
		for n < len(edits) && edits[n].AStart-edits[n-1].AEnd <= 2*context {
			n++
		}
		writeHunk(w, as, bs, edits[:n])
		edits = edits[n:]
	}
}

func writeHunk(w *strings.Builder, a, b [][]byte, edits []Edit) {
	first, last := edits[0], edits[len(edits)-1]
	lead := min(context, first.AStart)
	trail := min(context, len(a)-last.AEnd)
	from, to := first.AStart-lead, last.AEnd+trail
	fmt.Fprintf(w, "@@ -%s +%s @@\n", lineRange(from, to), lineRange(first.BStart-lead, last.BEnd+trail))
	for _, e := range edits {
		writeLines(w, ' ', a[from:e.AStart])
		writeLines(w, '-', a[e.AStart:e.AEnd])
		writeLines(w, '+', b[e.BStart:e.BEnd])
		from = e.AEnd
	}
	writeLines(w, ' ', a[from:to])
}

// lineRange returns the range [start, end) as a hunk header has it: lines count
// from one, an empty range names the line before it, and a length of one is
// left out.
func lineRange(start, end int) string {
	switch n := end - start; n {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return strconv.Itoa(start + 1)
	default:
		return fmt.Sprintf("%d,%d", start+1, n)
	}
}

func writeLines(w *strings.Builder, sign byte, lines [][]byte) {
	for _, line := range lines {
		w.WriteByte(sign)
		w.Write(line)
		if line[len(line)-1] != '\n' {
			w.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
