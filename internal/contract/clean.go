package contract

import (
	"context"
	"regexp"
	"strings"
)

// cleanFiles is RP-2, but for rendering twice, which is the generator's.
func cleanFiles(_ context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	s.check(files[".gitattributes"] != "", ".gitattributes", "it is there", "it is not")
	config, has := files[".editorconfig"]
	s.check(has, ".editorconfig", "it is there", "it is not")
	rules := parseEditorConfig(config)
	for name, data := range files {
		if fault := unclean(data); fault != "" {
			s.broken(Must, name, "no template tokens, TODO of the generator, CRLF or trailing space", fault)
		}
		if fault := rules.breaks(name, data); fault != "" {
			s.broken(Must, name, ".editorconfig is obeyed", fault)
		}
	}
	s.note("that sill makes the same bytes twice: its own tests show that")
	return nil
}

// unclean returns a leftover of the generator in a file.
func unclean(data string) string {
	if strings.Contains(data, "\r\n") {
		return "CRLF"
	}
	leftover := regexp.MustCompile(`\{\{-?\s*\.\w+|<no value>|\{\{-?\s*(?:end|if|range|template|include)\b|%!\w\(|TODO\(sill\)|(?m:[ \t]+$)`)
	return clip(leftover.FindString(data), 60)
}
