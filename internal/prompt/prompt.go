// Package prompt asks people on a terminal, with survey. It knows how a
// question looks there and nothing else: defaults, conditions and validation
// come with the question.
package prompt

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/AlecAivazis/survey/v2"
	"github.com/AlecAivazis/survey/v2/core"
	"github.com/AlecAivazis/survey/v2/terminal"
	"golang.org/x/term"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
)

// Asker asks on a terminal.
type Asker struct {
	in     terminal.FileReader
	out    terminal.FileWriter
	colour bool
}

// New returns an Asker that reads keys from in and draws on out, which is the
// error stream of the process, so that standard output stays data. It returns
// false when one of them is no file.
func New(in io.Reader, out io.Writer, colour bool) (Asker, bool) {
	reader, ok := in.(terminal.FileReader)
	writer, okOut := out.(terminal.FileWriter)
	return Asker{reader, writer, colour}, ok && okOut
}

var _ answer.Asker = Asker{}

// Ask shows the question and returns the answer as a flag would give it. Ctrl-C
// and an input that ends are a *diag.Error of class Interrupted.
func (a Asker) Ask(ctx context.Context, p answer.Prompt) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", interrupted()
	}
	text, err := a.await(ctx, p)
	if errors.Is(err, terminal.InterruptErr) || errors.Is(err, io.EOF) {
		return "", interrupted()
	}
	if err != nil {
		return "", diag.Wrap(diag.Environment, err, diag.Diagnostic{
			Code: "terminal", Summary: "ask on the terminal",
			Hint: "give the answers as flags, or take the defaults with --yes",
		})
	}
	return text, nil
}

// await asks, and stops when ctx ends: survey knows no context, and hears of
// Ctrl-C only while it reads keys itself. The terminal is as it was then.
func (a Asker) await(ctx context.Context, p answer.Prompt) (string, error) {
	type reply struct {
		text string
		err  error
	}
	fd := int(a.in.Fd())
	before, stateErr := term.GetState(fd)
	replies := make(chan reply, 1)
	go func() {
		text, err := a.ask(p)
		replies <- reply{text, err}
	}()
	select {
	case r := <-replies:
		return r.text, r.err
	case <-ctx.Done():
		const showCursor = "\x1b[?25h\n"
		if stateErr == nil {
			stateErr = term.Restore(fd, before)
		}
		_, err := io.WriteString(a.out, showCursor)
		return "", errors.Join(terminal.InterruptErr, stateErr, err)
	}
}

func interrupted() error {
	return diag.New(diag.Interrupted, diag.Diagnostic{Code: "interrupted", Summary: "interrupted; nothing was written"})
}

func (a Asker) ask(p answer.Prompt) (string, error) {
	switch p.Question.Kind {
	case blueprint.Bool:
		var yes bool
		err := a.one(&survey.Confirm{
			Message: p.Question.Prompt, Help: p.Question.Help, Default: p.Default == "true",
		}, &yes, nil)
		return strconv.FormatBool(yes), err
	case blueprint.Choice:
		return a.choose(p)
	case blueprint.Multi:
		return a.chooseMany(p)
	case blueprint.Text:
	}
	var text string
	err := a.one(&survey.Input{Message: p.Question.Prompt, Help: p.Question.Help, Default: p.Default}, &text, p.Check)
	return text, err
}

func (a Asker) choose(p answer.Prompt) (string, error) {
	values, describe := options(p.Question)
	var value string
	question := &survey.Select{
		Message: p.Question.Prompt, Help: p.Question.Help, Options: values, Description: describe,
	}
	if slices.Contains(values, p.Default) {
		question.Default = p.Default // survey fails on one that is not there
	}
	err := a.one(question, &value, nil)
	return value, err
}

func (a Asker) chooseMany(p answer.Prompt) (string, error) {
	values, describe := options(p.Question)
	var chosen []string
	err := a.one(&survey.MultiSelect{
		Message: p.Question.Prompt, Help: p.Question.Help, Options: values,
		Default: strings.FieldsFunc(p.Default, func(r rune) bool { return r == ',' }), Description: describe,
	}, &chosen, nil)
	return strings.Join(chosen, ","), err
}

func options(q blueprint.Question) (values []string, describe func(string, int) string) {
	for _, c := range q.Choices {
		values = append(values, c.Value)
	}
	return values, func(_ string, i int) string { return q.Choices[i].Help }
}

func (a Asker) one(q survey.Prompt, response any, check func(string) error) error {
	core.DisableColor = !a.colour
	opts := []survey.AskOpt{survey.WithStdio(a.in, a.out, a.out), survey.WithRemoveSelectAll(), survey.WithRemoveSelectNone()}
	if check != nil {
		opts = append(opts, survey.WithValidator(func(v any) error {
			text, _ := v.(string)
			return check(text)
		}))
	}
	return survey.AskOne(q, response, opts...)
}
