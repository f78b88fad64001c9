package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"groundsill.example/e2e/editions"
)

// largeService are the resources of a service of more than 200 files.
const largeService = "alpha beta gamma delta epsilon zeta eta theta iota kappa"

// changes times sill add and sill update on a repository of more than 200 files
// that people have edited, against git merge of a branch with the same change.
func (b *bench) changes() error {
	older, newer, err := b.versions()
	if err != nil {
		return err
	}
	fields := "name:string,80:required total:decimal,10,2:required placed_at:datetime"
	args := []string{"new", "changed", "-b", older, "--name", "orders", "--yes"}
	for name := range strings.FieldsSeq(largeService) {
		args = append(args, "--resource", name+" "+fields)
	}
	if err := b.command(b.dir, b.sill, args...); err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "changed")
	files, err := b.output(dir, "git", "ls-files")
	if err != nil {
		return err
	}
	size := fmt.Sprintf("%d files, ", strings.Count(files, "\n"))
	return errors.Join(
		b.change(dir, size+"sill add resource", append([]string{"add", "resource", "payment"}, strings.Fields(fields)...)),
		b.change(dir, size+"sill update", []string{"update", "-b", newer}),
	)
}

// versions copies the Go blueprint, and makes its next version with the first
// patch of the history that the tests have.
func (b *bench) versions() (older, newer string, err error) {
	older, newer = filepath.Join(b.dir, "older", "go"), filepath.Join(b.dir, "newer", "go")
	patch, err := filepath.Abs(filepath.Join("e2e", "testdata", "history", "go", "0.2.0.patch"))
	if err != nil {
		return "", "", err
	}
	for _, dir := range []string{older, newer} {
		if err := editions.Copy(".", "go", dir); err != nil {
			return "", "", err
		}
	}
	return older, newer, b.command(newer, "git", "apply", "--whitespace=nowarn", patch)
}

// change times a run of sill and a merge by git. The branch that git merges is
// what sill makes of the repository before its people edited it.
func (b *bench) change(dir, title string, args []string) error {
	err := errors.Join(
		b.command(dir, "git", "checkout", "-q", "-b", "theirs"),
		b.command(dir, b.sill, append(args, "--commit")...),
		b.command(dir, "git", "checkout", "-q", "main"),
		edit(filepath.Join(dir, "README.md"), "\nWritten by people.\n"),
		edit(filepath.Join(dir, "internal", "model", "alpha.go"), "\n// Written by people.\n"),
		b.command(dir, "git", "commit", "-q", "-a", "-m", "edits"),
	)
	if err != nil {
		return err
	}
	var ours, theirs []time.Duration
	for range runs {
		one, err := b.undone(dir, b.sill, args...)
		if err != nil {
			return err
		}
		two, err := b.undone(dir, "git", "merge", "-q", "--no-commit", "--no-ff", "theirs")
		if err != nil {
			return err
		}
		ours, theirs = append(ours, one), append(theirs, two)
	}
	a, c := median(ours), median(theirs)
	fmt.Printf("%-40s %8.1f ms   git merge of the same change %8.1f ms\n", title, ms(a), ms(c))
	return errors.Join(
		b.command(dir, "git", "reset", "-q", "--hard", "HEAD~"),
		b.command(dir, "git", "branch", "-q", "-D", "theirs"))
}

// undone times a command and takes back what it did.
func (b *bench) undone(dir, name string, args ...string) (time.Duration, error) {
	start := time.Now()
	err := b.command(dir, name, args...)
	took := time.Since(start)
	return took, errors.Join(err,
		b.command(dir, "git", "reset", "-q", "--hard"),
		b.command(dir, "git", "clean", "-q", "-d", "-f"))
}

func edit(name, text string) (err error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString(text)
	return err
}
