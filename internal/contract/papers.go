package contract

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// papers is RP-5.
func papers(ctx context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	licence, holder := strings.ToLower(files["LICENSE"]), fmt.Sprint(s.suite.record.Answers["author"])
	chosen, _ := s.suite.record.Answers["license"].(string)
	s.check(licence != "", "LICENSE", "it is there", "it is not")
	if word := licenceWord(chosen); word != "" {
		s.check(strings.Contains(licence, word), "LICENSE", "the text of "+chosen, clip(files["LICENSE"], 100))
	}
	if slices.Contains([]string{"MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "proprietary"}, chosen) && holder != "" {
		s.check(strings.Contains(files["LICENSE"], holder), "LICENSE", "the holder "+holder, clip(files["LICENSE"], 100))
	}
	s.securityPolicy(files["SECURITY.md"])
	if s.check(files["README.md"] != "", "README.md", "it is there", "it is not") {
		return s.quickStart(ctx, files["README.md"])
	}
	return nil
}

// securityPolicy holds SECURITY.md to the text rules of Scorecard, and to
// addresses that somebody gave.
func (s *Session) securityPolicy(policy string) {
	lower := strings.ToLower(policy)
	s.check(strings.Contains(lower, "vuln") && strings.Contains(lower, "disclos"), "SECURITY.md", "how vulnerabilities are disclosed", clip(policy, 100))
	s.check(regexp.MustCompile(`\d+\s+(?:\w+\s+)?days?\b`).MatchString(lower), "SECURITY.md", "in how many days", clip(policy, 100))
	contact, _ := s.suite.record.Answers["contact"].(string)
	for _, address := range regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`).FindAllString(policy, -1) {
		s.check(strings.Contains(contact, address), "SECURITY.md", "no invented address", address)
	}
	link := regexp.MustCompile(`https?://|@`).MatchString(policy)
	private := strings.Contains(lower, "private") || strings.Contains(lower, "privately")
	s.check(link || private, "SECURITY.md", "an address or the host's private reporting", clip(policy, 100))
	s.check(contact == "" || strings.Contains(policy, contact), "SECURITY.md", "the contact "+contact, clip(policy, 100))
}

// licenceWord returns words that occur in the text of a licence, in lower case.
func licenceWord(id string) string {
	return map[string]string{
		"MIT": "permission is hereby granted, free of charge", "Apache-2.0": "apache license", "BSD-2-Clause": "redistribution and use in source and binary forms",
		"BSD-3-Clause": "neither the name", "ISC": "permission to use, copy, modify", "MPL-2.0": "mozilla public license", "GPL-3.0-or-later": "gnu general public license",
		"GPL-3.0-only": "gnu general public license", "AGPL-3.0-or-later": "affero", "AGPL-3.0-only": "affero", "proprietary": "all rights reserved",
		"Unlicense": "free and unencumbered software released into the public domain",
	}[id]
}
