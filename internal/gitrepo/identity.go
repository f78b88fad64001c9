package gitrepo

import (
	"strings"

	"groundsill.example/internal/diag"
)

// The codes of the errors that callers tell apart.
const (
	CodeIdentity = "git-identity" // git does not know who commits; the files are fine
	CodeExists   = "git-exists"   // there is a .git where a new one was to be made
	CodeFailed   = "git-failed"   // git itself refused; Detail is what it said
)

// Identity is the name and the e-mail address of an author or a committer.
type Identity struct{ Name, Email string }

// Complete reports whether git would commit under this identity.
func (i Identity) Complete() bool {
	clean := i.clean()
	return clean.Name != "" && clean.Email != ""
}

// clean leaves out what git leaves out of an identity, because it would break
// the form of a commit.
func (i Identity) clean() Identity {
	return Identity{Name: cleanIdent(i.Name), Email: cleanIdent(i.Email)}
}

func cleanIdent(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(".,:;<>\"\\'", r)
	})
	return strings.NewReplacer("\n", "", "<", "", ">", "", "\x00", "").Replace(s)
}

// or returns i with what it lacks taken from other.
func (i Identity) or(other Identity) Identity {
	if i.Name == "" {
		i.Name = other.Name
	}
	if i.Email == "" {
		i.Email = other.Email
	}
	return i
}

func identityMissing() error {
	return diag.New(diag.Environment, diag.Diagnostic{
		Code:    CodeIdentity,
		Summary: "git does not know your name and e-mail address, so there is no commit yet",
		Hint: "git config --global user.name 'Your Name' && " +
			"git config --global user.email you@example.com, then git add -A && git commit",
	})
}
