package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The kinds of what templates name by its version.
const (
	action  = "action"  // of GitHub
	image   = "image"   // of a container
	program = "program" // that go run builds
)

// pin is something that templates name by its version, and some by the very
// content: the commit of an action, the digest of an image.
type pin struct {
	kind, name, version, exact string
}

func (p pin) String() string { return p.kind + " " + p.name + " " + p.version }

// pinForms are what pins look like, with their name, version and content.
func pinForms() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		action:  regexp.MustCompile(`\buses: (?P<name>[\w.-]+/[\w.-]+)[\w./-]*@(?P<exact>[0-9a-f]{40}) # (?P<version>v[\w.]+)`),
		image:   regexp.MustCompile(`(?m)^\s*\w*image: (?P<name>[a-z0-9./-]+):(?P<version>[\w.-]+)(?:@(?P<exact>sha256:[0-9a-f]{64}))?$`),
		program: regexp.MustCompile(`\bgo run (?P<name>[\w./-]+)@(?P<version>v[\w.-]+)(?P<exact>)`),
	}
}

// pinsOf returns what the files below directories pin, in order and once each.
func pinsOf(dirs ...string) ([]pin, error) {
	var text strings.Builder
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(name, ".json") {
				return err
			}
			data, err := os.ReadFile(name)
			text.Write(append(data, '\n'))
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read templates: %w", err)
		}
	}
	all := findPins(text.String())
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: there is no pin, so their form is not known any more", strings.Join(dirs, ", "))
	}
	return all, nil
}

func findPins(text string) []pin {
	stated := regexp.MustCompile(`\{\{ \.facts\.(\w+) \}\}`)
	text = stated.ReplaceAllStringFunc(text, func(use string) string {
		fact := regexp.MustCompile(`(?m)^  ` + stated.FindStringSubmatch(use)[1] + `: (\S+)$`).FindStringSubmatch(text)
		if fact == nil {
			return use
		}
		return fact[1]
	})
	var all []pin
	for kind, form := range pinForms() {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			part := func(name string) string { return m[form.SubexpIndex(name)] }
			all = append(all, pin{kind: kind, name: part("name"), version: part("version"), exact: part("exact")})
		}
	}
	slices.SortFunc(all, func(a, b pin) int { return cmp.Compare(a.String()+a.exact, b.String()+b.exact) })
	return slices.Compact(all)
}

// latest is what a registry says of a pin.
type latest struct {
	version string // the newest release of the same kind
	exact   string // its content, where it is known
	current string // the content of the release that is pinned, where it is known
}

// reportPins prints what is pinned and, where something can be asked, what is
// newer. A registry that does not answer fails nothing: its line says why.
func reportPins(ctx context.Context, w io.Writer, pins []pin, ask func(context.Context, pin) (latest, error)) {
	for _, p := range pins {
		if ask == nil {
			fmt.Fprintf(w, "pin %s\n", p)
			continue
		}
		switch l, err := ask(ctx, p); {
		case err != nil:
			reason, _, _ := strings.Cut(err.Error(), "\n")
			fmt.Fprintf(w, "unknown %s: %s\n", p, reason)
		case p.exact != "" && l.current != "" && p.exact != l.current:
			fmt.Fprintf(w, "moved %s: it is %s now, and %s here\n", p, l.current, p.exact)
		case l.version != p.version:
			fmt.Fprintln(w, strings.TrimSpace(fmt.Sprintf("newer %s -> %s %s", p, l.version, l.exact)))
		default:
			fmt.Fprintf(w, "pin %s is the newest\n", p)
		}
	}
}
