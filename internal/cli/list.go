package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/source"
	"groundsill.example/internal/strictyaml"
	"groundsill.example/internal/view"
)

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the blueprints",
		Long:    "List shows the built-in blueprints: name, version, modules and what each is.",
		Example: "  sill list\n  sill list --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			names, err := source.Names()
			if err != nil {
				return err
			}
			t := view.Table{Name: "blueprints", Columns: []string{"blueprint", "version", "description"}}
			for _, name := range names {
				s, err := source.Open(".", name)
				if err != nil {
					return err
				}
				b := s.Blueprint
				t.Rows = append(t.Rows, []string{b.Name, b.Version, b.Description})
			}
			return a.view().Table(t)
		},
	}
}

func (a *app) showCommand() *cobra.Command {
	var ref string
	cmd := &cobra.Command{
		Use:   "show [BLUEPRINT | MODULE | QUESTION | FILE]",
		Short: "Show a blueprint, or a part of it",
		Long: `Show tells what a blueprint asks and makes: its questions, modules, commands and
files. It also shows one module, one question, or the text of one file.

Inside a repository that sill made it speaks of the blueprint that the
repository carries, as it was when the repository was made; elsewhere of a
built-in one.`,
		Example:           "  sill show go\n  sill show docker\n  sill show database\n  sill show -b ./my-blueprint files/README.md.tmpl",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeShow,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runShow(ref, args) },
	}
	cmd.Flags().StringVarP(&ref, "blueprint", "b", "", "built-in blueprint `NAME`, or the directory of one")
	complete(cmd, "blueprint", completeBlueprints)
	return cmd
}

func completeShow(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, err := source.Names()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	if s, err := source.Open(".", scaffold.DefaultBlueprint); err == nil {
		for _, m := range s.Blueprint.Modules {
			names = append(names, m.Name)
		}
		for _, q := range s.Blueprint.Base.Questions {
			names = append(names, q.Key)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) runShow(ref string, args []string) error {
	word := ""
	if len(args) == 1 {
		word = args[0]
	}
	b, err := a.shown(ref, word)
	if err != nil {
		return err
	}
	if word == "" || word == b.Name || word == ref {
		return a.view().Sheet(blueprintSheet(b))
	}
	return a.showPart(b, word)
}

// shown returns the blueprint to speak of: the one that is named, the one that
// the repository carries, or the default.
func (a *app) shown(ref, word string) (*blueprint.Blueprint, error) {
	cwd, err := a.cwd()
	if err != nil {
		return nil, err
	}
	names, err := source.Names()
	if err != nil {
		return nil, err
	}
	if ref == "" {
		repo, found, err := source.FindRepository(cwd)
		if err != nil {
			return nil, err
		}
		if found && !containsOther(names, word, repo.Source.Blueprint.Name) {
			return repo.Source.Blueprint, nil
		}
		ref = scaffold.DefaultBlueprint
		if containsOther(names, word, "") || strings.HasPrefix(word, ".") {
			ref = word
		}
	}
	s, err := source.Open(cwd, ref)
	return s.Blueprint, err
}

// containsOther reports whether word is one of names and not own.
func containsOther(names []string, word, own string) bool {
	for _, name := range names {
		if name == word && name != own {
			return true
		}
	}
	return false
}

func (a *app) showPart(b *blueprint.Blueprint, word string) error {
	if m, ok := b.Module(word); ok {
		return a.view().Sheet(moduleSheet(m))
	}
	for _, q := range b.Base.Questions {
		if q.Key == word {
			return a.view().Sheet(questionSheet(q))
		}
	}
	for p, f := range b.Content.All() {
		if p.String() == word {
			return a.view().Sheet(view.Sheet{Name: "file", Title: word, Fields: []view.Field{{Key: "content", Value: string(f.Data)}}})
		}
	}
	known := []string{b.Name}
	for _, m := range b.Modules {
		known = append(known, m.Name)
	}
	for _, q := range b.Base.Questions {
		known = append(known, q.Key)
	}
	hint := "there are " + strings.Join(known, ", ") + ", and the files of the blueprint"
	if near := strictyaml.Nearest(word, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return diag.New(diag.Usage, diag.Diagnostic{
		Code: "show-unknown", Summary: fmt.Sprintf("the blueprint %s has nothing called %q", b.Name, word), Hint: hint,
	})
}

func blueprintSheet(b *blueprint.Blueprint) view.Sheet {
	s := view.Sheet{
		Name: "blueprint", Title: b.Name + " " + b.Version,
		Fields: []view.Field{{Key: "description", Value: b.Description}, {Key: "digest", Value: b.Digest}},
		Tables: []view.Table{questionTable(b.Base.Questions)},
	}
	modules := view.Table{Name: "modules", Columns: []string{"module", "default", "what it is"}, Empty: "There are none."}
	for _, m := range b.Modules {
		modules.Rows = append(modules.Rows, []string{m.Name, onOff(m.Default), m.Summary})
	}
	commands := view.Table{Name: "commands", Columns: []string{"command", "runs"}}
	for _, c := range b.Commands {
		commands.Rows = append(commands.Rows, []string{c.Name, strings.Join(c.Argv, " ")})
	}
	files := view.Table{Name: "files", Columns: []string{"file"}}
	for p := range b.Content.All() {
		files.Rows = append(files.Rows, []string{p.String()})
	}
	s.Tables = append(s.Tables, modules, commands, files)
	return s
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func moduleSheet(m blueprint.Module) view.Sheet {
	files := view.Table{Name: "files", Columns: []string{"file"}}
	for _, t := range m.Templates {
		files.Rows = append(files.Rows, []string{t.Name})
	}
	return view.Sheet{
		Name: "module", Title: "module " + m.Name,
		Fields: []view.Field{
			{Key: "what it is", Value: m.Summary},
			{Key: "default", Value: onOff(m.Default)},
			{Key: "needs", Value: strings.Join(m.Needs, ", ")},
			{Key: "conflicts", Value: strings.Join(m.Conflicts, ", ")},
		},
		Tables: []view.Table{questionTable(m.Questions), files},
	}
}

func questionTable(questions []blueprint.Question) view.Table {
	t := view.Table{Name: "questions", Columns: []string{"question", "type", "default", "what it asks"}, Empty: "It asks nothing."}
	for _, q := range questions {
		t.Rows = append(t.Rows, []string{q.Key, string(q.Kind), q.Default, q.Prompt})
	}
	return t
}

func questionSheet(q blueprint.Question) view.Sheet {
	choices := view.Table{Name: "choices", Columns: []string{"choice", "what it is"}}
	for _, c := range q.Choices {
		choices.Rows = append(choices.Rows, []string{c.Value, c.Help})
	}
	s := view.Sheet{
		Name: "question", Title: "question " + q.Key,
		Fields: []view.Field{
			{Key: "asks", Value: q.Prompt},
			{Key: "help", Value: q.Help},
			{Key: "type", Value: string(q.Kind)},
			{Key: "default", Value: q.Default},
			{Key: "form", Value: q.Hint},
			{Key: "flag", Value: "--" + flagName(q.Key)},
		},
	}
	if len(q.Choices) > 0 {
		s.Tables = []view.Table{choices}
	}
	return s
}
