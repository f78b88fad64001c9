package scaffold

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/strictyaml"
)

// chooseResources settles what the service stores: what was given, what a
// person types, or the sample resource.
func (n *newRun) chooseResources(ctx context.Context) error {
	if n.NoResources {
		n.Resources = nil
		return nil
	}
	if len(n.Resources) == 0 && n.Asker != nil {
		if err := n.askResources(ctx); err != nil {
			return err
		}
	}
	if len(n.Resources) == 0 {
		n.Resources = []resource.Resource{resource.Sample()}
	}
	if err := resource.Check(n.Resources); err != nil {
		return err
	}
	if err := checkReserved(n.b, n.Resources); err != nil {
		return err
	}
	n.Resources = resource.Sorted(n.Resources)
	return nil
}

// checkReserved refuses names that the files of the blueprint have already.
func checkReserved(b *blueprint.Blueprint, rs []resource.Resource) error {
	var problems diag.List
	for _, r := range rs {
		if slices.Contains(b.Reserved, r.Name) || slices.Contains(b.Reserved, r.Plural) {
			problems.Add(diag.Diagnostic{
				Code:    "resource-reserved",
				Summary: fmt.Sprintf("resource %s: the blueprint %s uses this name itself", r.Name, b.Name),
				Hint:    "choose another name; taken are " + strings.Join(b.Reserved, ", "),
			})
		}
	}
	return problems.Err(diag.Usage)
}

func (n *newRun) askResources(ctx context.Context) error {
	q := blueprint.Question{
		Key: "resource", Kind: blueprint.Text, Optional: true,
		Prompt: "A resource (empty: the sample resource item)",
		Help:   "The name in the singular, then its fields: order total:decimal,10,2:required placed_at:datetime",
	}
	for {
		words, err := n.Asker.Ask(ctx, answer.Prompt{Question: q, Check: checkWords})
		if err != nil || strings.TrimSpace(words) == "" {
			return err
		}
		r, err := resource.ParseWords(words)
		if err != nil {
			return err
		}
		n.Resources = append(n.Resources, r)
		q.Prompt = "Another resource (empty: no more)"
	}
}

func checkWords(words string) error {
	if strings.TrimSpace(words) == "" {
		return nil
	}
	_, err := resource.ParseWords(words)
	return err
}

// chooseModules settles which modules the service has and asks their
// questions.
func (n *newRun) chooseModules(ctx context.Context) error {
	on, err := n.moduleNames(ctx)
	if err != nil {
		return err
	}
	if err := n.checkModules(on); err != nil {
		return err
	}
	var problems diag.List
	n.modules = map[string]answer.Set{}
	for _, m := range n.b.Modules {
		if !slices.Contains(on, m.Name) {
			n.idle(m, &problems)
			continue
		}
		n.modules[m.Name], err = answer.Resolve(ctx, answer.Request{
			Questions: m.Questions, Given: n.Given, Data: n.answers.Map(),
			Facts: n.facts(), Asker: n.Asker, Prefix: m.Name + ".",
		})
		if err != nil {
			return err
		}
	}
	return problems.Err(diag.Usage)
}

// idle finds answers to the questions of a module that is off.
func (n *newRun) idle(m blueprint.Module, problems *diag.List) {
	for _, q := range m.Questions {
		if given, ok := n.Given[m.Name+"."+q.Key]; ok {
			problems.Add(diag.Diagnostic{
				Code: "answer-idle", Summary: fmt.Sprintf("%s.%s does not apply here: module %s is off", m.Name, q.Key, m.Name),
				Hint: "add --with " + m.Name + ", or leave the answer out", At: given.At,
			})
		}
	}
}

// moduleNames returns the modules that are on: those on by default or named
// in the configuration, changed by --with and --without, or by a person.
func (n *newRun) moduleNames(ctx context.Context) ([]string, error) {
	var on []string
	for _, m := range n.b.Modules {
		wanted := m.Default && (!m.GitRoot || !n.inside)
		if slices.Contains(n.With, m.Name) {
			wanted = true
		}
		if wanted && !slices.Contains(n.Without, m.Name) {
			on = append(on, m.Name)
		}
	}
	if n.Asker == nil || len(n.b.Modules) == 0 || len(n.With)+len(n.Without) > 0 {
		return on, nil
	}
	q := blueprint.Question{Key: "with", Kind: blueprint.Multi, Prompt: "Modules", Choices: n.moduleChoices(), Optional: true}
	text, err := n.Asker.Ask(ctx, answer.Prompt{Question: q, Default: strings.Join(on, ",")})
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' }), nil
}

// moduleChoices are the modules that go with the answers.
func (n *newRun) moduleChoices() []blueprint.Option {
	var all []blueprint.Option
	for _, m := range n.b.Modules {
		if _, refused := unfitAnswer(m, n.answers.Map()); !refused {
			all = append(all, blueprint.Option{Value: m.Name, Help: m.Summary})
		}
	}
	return all
}

// checkModules refuses names that are not there and sets that do not fit.
func (n *newRun) checkModules(on []string) error {
	var problems diag.List
	var known []string
	for _, m := range n.b.Modules {
		known = append(known, m.Name)
	}
	for _, name := range slices.Concat(n.With, n.Without) {
		if !slices.Contains(known, name) {
			problems.Add(unknownModule(n.b.Name, name, known))
		}
	}
	for _, name := range n.With {
		if slices.Contains(n.Without, name) {
			problems.Add(diag.Diagnostic{
				Code: "module-both", Summary: fmt.Sprintf("module %s is asked for and refused", name),
				Hint: "give it with --with or with --without, not both",
			})
		}
	}
	for _, m := range n.b.Modules {
		if slices.Contains(on, m.Name) {
			n.checkPlace(m, &problems)
			checkFit(m, on, n.answers.Map(), &problems)
		}
	}
	return problems.Err(diag.Usage)
}

// checkPlace refuses a module that works at the root of a repository only.
func (n *newRun) checkPlace(m blueprint.Module, problems *diag.List) {
	if m.GitRoot && n.inside {
		problems.Add(diag.Diagnostic{
			Code: "module-root", Summary: fmt.Sprintf("module %s works at the root of a git repository only", m.Name),
			Hint: "leave it out: " + n.Target + " lies in the repository " + n.repo.Root,
		})
	}
}

func unknownModule(blueprintName, name string, known []string) diag.Diagnostic {
	hint := "the modules of " + blueprintName + " are " + strings.Join(known, ", ")
	if near := strictyaml.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return diag.Diagnostic{
		Code: "module-unknown", Summary: fmt.Sprintf("the blueprint %s has no module %q", blueprintName, name), Hint: hint,
	}
}

// checkFit refuses a module without what it needs, and beside a module or an
// answer that it does not go with.
func checkFit(m blueprint.Module, on []string, answers map[string]any, problems *diag.List) {
	for _, need := range m.Needs {
		if !slices.Contains(on, need) {
			problems.Add(diag.Diagnostic{
				Code: "module-needs", Summary: fmt.Sprintf("module %s needs module %s", m.Name, need),
				Hint: "add --with " + need,
			})
		}
	}
	if key, refused := unfitAnswer(m, answers); refused {
		problems.Add(diag.Diagnostic{
			Code: "module-conflicts", Summary: fmt.Sprintf("module %s does not go with %s %v", m.Name, key, answers[key]),
			Hint: "leave the module out, or choose another " + key,
		})
	}
	for _, foe := range m.Conflicts {
		if slices.Contains(on, foe) {
			problems.Add(diag.Diagnostic{
				Code: "module-conflicts", Summary: fmt.Sprintf("modules %s and %s do not go together", m.Name, foe),
				Hint: "add --without " + foe,
			})
		}
	}
}

// unfitAnswer returns the key of an answer that a module does not go with.
func unfitAnswer(m blueprint.Module, answers map[string]any) (key string, refused bool) {
	for _, foe := range m.Conflicts {
		if key, value, answer := strings.Cut(foe, "="); answer && answers[key] == value {
			return key, true
		}
	}
	return "", false
}

// CheckKeys refuses answers to questions that the blueprint does not have.
func CheckKeys(b *blueprint.Blueprint, given map[string]answer.Given) error {
	var known []string
	for _, q := range b.Base.Questions {
		known = append(known, q.Key)
	}
	for _, m := range b.Modules {
		for _, q := range m.Questions {
			known = append(known, m.Name+"."+q.Key)
		}
	}
	var problems diag.List
	for key, g := range given {
		if slices.Contains(known, key) {
			continue
		}
		hint := "the questions are " + strings.Join(known, ", ")
		if near := strictyaml.Nearest(key, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		problems.Add(diag.Diagnostic{
			Code: "answer-unknown", Summary: fmt.Sprintf("the blueprint %s does not ask %q", b.Name, key), Hint: hint, At: g.At,
		})
	}
	return problems.Err(diag.Usage)
}
