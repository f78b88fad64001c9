package gitrepo

import (
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"

	"groundsill.example/internal/tree"
)

// CommitOptions says what a commit holds beside its files.
type CommitOptions struct {
	Message   string
	Author    Identity
	Committer Identity  // what it lacks is the author's
	When      time.Time // of both; the zone is kept
	Committed time.Time // when the commit is made, if that is not When
	Branch    string    // of a new repository; empty is main

	// Deleted are files that the commit takes out. They are gone from the
	// disk already; those that git does not know are fine. A first commit
	// has none.
	Deleted []tree.Path
}

func (o CommitOptions) branch() string {
	if o.Branch == "" {
		return "main"
	}
	return o.Branch
}

// message returns the message as git cleans it.
func (o CommitOptions) message() string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(o.Message)) {
		b.WriteString(strings.TrimRight(line, " \t\r\n"))
		b.WriteByte('\n')
	}
	return b.String()
}

func (o CommitOptions) signatures() (author, committer object.Signature) {
	a, c := o.Author.clean(), o.Committer.or(o.Author).clean()
	committed := o.Committed
	if committed.IsZero() {
		committed = o.When
	}
	return object.Signature{Name: a.Name, Email: a.Email, When: o.When},
		object.Signature{Name: c.Name, Email: c.Email, When: committed}
}

func (o CommitOptions) complete() error {
	if !o.Author.Complete() || !o.Committer.or(o.Author).Complete() {
		return identityMissing()
	}
	return nil
}

// from returns o with what it leaves open taken from the configuration.
func (o CommitOptions) from(c Config) CommitOptions {
	o.Author = o.Author.or(c.Identity)
	o.Committer = o.Committer.or(c.Committer)
	if o.Branch == "" {
		o.Branch = c.DefaultBranch
	}
	if o.Committed.IsZero() {
		o.Committed = o.When
	}
	if !c.CommitterDate.IsZero() {
		o.Committed = c.CommitterDate
	}
	if !c.AuthorDate.IsZero() {
		o.When = c.AuthorDate
	}
	return o
}
