package scaffold

import (
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
	"groundsill.example/internal/term"
)

// DefaultBlueprint is what sill new uses when nobody names a blueprint.
const DefaultBlueprint = "go"

// command returns the words that repeat the run on another machine: every
// answer that somebody gave, or that this machine's configuration gave.
func (n *newRun) command() []string {
	words := []string{"sill", "new", n.shownTarget()}
	if n.Ref != DefaultBlueprint {
		words = append(words, "--blueprint", n.shownRef())
	}
	words = append(words, n.answerWords("", n.b.Base.Questions, n.answers)...)
	words = append(words, n.resourceWords()...)
	for _, m := range n.b.Modules {
		set, on := n.modules[m.Name]
		words = append(words, n.answerWords(m.Name+".", m.Questions, set)...)
		if on != m.Default {
			words = append(words, map[bool]string{true: "--with", false: "--without"}[on], m.Name)
		}
	}
	if n.Git != plan.GitCommit && !n.inside {
		words = append(words, "--git", string(n.Git))
	}
	if n.Merge {
		words = append(words, "--merge")
	}
	return words
}

// shownTarget and shownRef hide the directories of this machine.
func (n *newRun) shownTarget() string {
	root := n.root()
	if root == "." {
		return "."
	}
	return root
}

func (n *newRun) shownRef() string {
	if n.Source.Kind == source.Builtin {
		return n.Ref
	}
	return "./" + n.b.Name
}

func (n *newRun) answerWords(prefix string, questions []blueprint.Question, set answer.Set) []string {
	var words []string
	for _, q := range questions {
		v, ok := set.Get(q.Key)
		if !ok || !n.mustRepeat(q, v) {
			continue
		}
		flag, text := "--"+strings.ReplaceAll(q.Key, "_", "-"), valueText(v.Any)
		switch {
		case prefix != "":
			words = append(words, "--set", prefix+q.Key+"="+text)
		case q.Kind == blueprint.Bool:
			words = append(words, flag+"="+text)
		default:
			words = append(words, flag, text)
		}
	}
	return words
}

// mustRepeat reports whether another machine would come to another answer.
func (n *newRun) mustRepeat(q blueprint.Question, v answer.Value) bool {
	switch v.Origin {
	case answer.FromFlag, answer.FromFile, answer.FromPrompt, answer.FromConfig:
		return true
	case answer.FromDefault, answer.Computed:
	}
	if strings.Contains(q.Default, ".user.dir") {
		return n.shownTarget() == "."
	}
	return strings.Contains(q.Default, ".user.") && len(n.Config.Facts) > 0 && v.Any != ""
}

func (n *newRun) resourceWords() []string {
	if len(n.Resources) == 0 {
		return []string{"--no-resource"}
	}
	if n.onlySample() {
		return nil
	}
	var words []string
	for _, r := range n.Resources {
		text, short := r.Words()
		if !short {
			return []string{"--resource-file", "resources.yaml"}
		}
		words = append(words, "--resource", text)
	}
	return words
}

func (n *newRun) onlySample() bool {
	return len(n.Resources) == 1 && n.Resources[0].Equal(resource.Sample())
}

func valueText(v any) string {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(v)
}

func (n *newRun) message(command []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Scaffold %s\n\nMade by sill from the blueprint %s %s. The same again:\n\n", n.name(), n.b.Name, n.b.Version)
	const width = 72
	for _, line := range term.WrapCommand(command, width) {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

func (n *newRun) name() string {
	if v, ok := n.answers.Get("name"); ok {
		return valueText(v.Any)
	}
	return n.shownTarget()
}

// assumed lists the answers that nobody gave, for people to check.
func (n *newRun) assumed() []Assumption {
	var all []Assumption
	for _, q := range n.b.Base.Questions {
		v, ok := n.answers.Get(q.Key)
		if !ok || v.Any == "" {
			continue
		}
		switch v.Origin {
		case answer.FromDefault:
			all = append(all, Assumption{q.Key, valueText(v.Any), "the default"})
		case answer.FromConfig:
			all = append(all, Assumption{q.Key, valueText(v.Any), "your configuration"})
		case answer.FromFlag, answer.FromFile, answer.FromPrompt, answer.Computed:
		}
	}
	if n.onlySample() {
		all = append(all, Assumption{"resource", "item", "the sample resource; --resource or --no-resource to choose"})
	}
	var on []string
	for _, m := range n.b.Modules {
		if _, ok := n.modules[m.Name]; ok && m.Default && !slices.Contains(n.With, m.Name) {
			on = append(on, m.Name)
		}
	}
	if len(on) > 0 {
		all = append(all, Assumption{"modules", strings.Join(on, ", "), "on by default; --without to leave out"})
	}
	return all
}
