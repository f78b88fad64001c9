package render

import (
	"fmt"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/eval"
)

// words renders what the manifest says beside files: commands, setup and next
// steps.
func (o *Output) words(e *eval.Evaluator, b *blueprint.Blueprint, data map[string]any) error {
	o.Commands = make(map[string][]string, len(b.Commands))
	for _, c := range b.Commands {
		argv, err := argv(e, c.At, c.Argv, data)
		if err != nil {
			return err
		}
		o.Commands[c.Name] = argv
	}
	at := diag.Pos{File: b.Base.Manifest}
	for _, templates := range b.Setup {
		argv, err := argv(e, at, templates, data)
		if err != nil {
			return err
		}
		o.Setup = append(o.Setup, argv)
	}
	return o.steps(e, b, at, data)
}

func argv(e *eval.Evaluator, at diag.Pos, templates []string, data map[string]any) ([]string, error) {
	words := make([]string, 0, len(templates))
	for _, t := range templates {
		word, err := e.Text(at, t, data)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
	}
	if len(words) > 0 && words[0] == "" {
		return nil, diag.New(diag.Blueprint, diag.Diagnostic{
			Code: "command-empty", Summary: fmt.Sprintf("the command %q names no program", templates), At: at,
		})
	}
	return words, nil
}

func (o *Output) steps(e *eval.Evaluator, b *blueprint.Blueprint, at diag.Pos, data map[string]any) error {
	for _, s := range b.Next {
		applies, err := e.True(at, s.When, data)
		if err != nil {
			return err
		}
		if !applies {
			continue
		}
		command, err := e.Text(at, s.Command, data)
		if err != nil {
			return err
		}
		why, err := e.Text(at, s.Why, data)
		if err != nil {
			return err
		}
		o.Next = append(o.Next, Step{Command: command, Why: why})
	}
	return nil
}
