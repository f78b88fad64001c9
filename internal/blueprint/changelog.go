package blueprint

import (
	"regexp"
	"strings"

	"groundsill.example/internal/tree"
)

const changelogName = "CHANGELOG.md"

// versionHeading is a heading of a version, as in Keep a Changelog.
var versionHeading = regexp.MustCompile(`^## \[?v?(\d+\.\d+\.\d+(?:-[0-9a-z.]+)?)\]?(?:[\s(]|$)`)

// maxChanges bounds what is shown of a changelog, in bytes.
const maxChanges = 16 << 10

// Changes returns the parts of a blueprint's CHANGELOG.md about the versions
// after from, up to its own, as they stand there. It is empty where there are
// none, and says so where it is not all of them.
func (b *Blueprint) Changes(from string) string {
	p, err := tree.ParsePath(changelogName)
	if err != nil {
		return ""
	}
	file, _ := b.Content.File(p)
	var out strings.Builder
	wanted := false
	for line := range strings.Lines(string(file.Data)) {
		if strings.HasPrefix(line, "## ") {
			m := versionHeading.FindStringSubmatch(line)
			wanted = m != nil && Older(from, m[1]) && !Older(b.Version, m[1])
		}
		if !wanted {
			continue
		}
		if out.Len()+len(line) > maxChanges {
			return out.String() + "…\n\nThe rest is in " + changelogName + " of the blueprint."
		}
		out.WriteString(line)
	}
	return strings.TrimSpace(out.String())
}
