package gitrepo

import (
	"context"
	"strconv"
	"strings"

	"groundsill.example/internal/diag"
)

// The modes of index entries.
const (
	modeFile    = "100644"
	modeExec    = "100755"
	modeLink    = "120000"
	modeGitlink = "160000"
)

// The stages of index entries.
const (
	stageMerged = iota
	stageBase
	stageOurs
	stageTheirs
)

// staged is what the index says of one name at one stage.
type staged struct {
	Name   string `json:"name"` // relative to the root of the work tree
	Stage  int    `json:"stage,omitempty"`
	Mode   string `json:"mode"`
	Hash   string `json:"hash"`
	Assume bool   `json:"assume,omitempty"` // assumed to be unchanged
	Skip   bool   `json:"skip,omitempty"`   // not in the work tree: sparse checkout
	Intent bool   `json:"intent,omitempty"` // git add --intent-to-add
}

// flagged reports whether git does not look at the file.
func (e staged) flagged() bool { return e.Assume || e.Skip }

// listed returns what the index says of the names that specs allow. It does
// not tell Intent.
func (c command) listed(ctx context.Context, specs []string) ([]staged, error) {
	records, err := c.records(ctx, append([]string{"ls-files", "-z", "-v", "--stage"}, specs...)...)
	if err != nil {
		return nil, err
	}
	entries := make([]staged, 0, len(records))
	for _, record := range records {
		e, ok := parseListed(record)
		if !ok {
			return nil, unexpected("ls-files", record)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// parseListed reads "tag mode hash stage TAB name".
func parseListed(record string) (staged, bool) {
	front, name, ok := strings.Cut(record, "\t")
	words := strings.Split(front, " ")
	const count = 4
	if !ok || len(words) != count {
		return staged{}, false
	}
	stage, err := strconv.Atoi(words[3])
	return staged{
		Name: name, Stage: stage, Mode: words[1], Hash: words[2],
		Assume: strings.ToLower(words[0]) == words[0],
		Skip:   strings.EqualFold(words[0], "S"),
	}, err == nil
}

// unexpected is for a git that answers in a way that no git does.
func unexpected(verb, record string) error {
	return diag.New(diag.Environment, diag.Diagnostic{
		Code:    CodeFailed,
		Summary: "git " + verb + " answers with " + strconv.Quote(record),
		Hint:    "check that the git on PATH is git",
	})
}
