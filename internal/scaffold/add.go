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
)

// AddResources plans a repository with more resources.
func (w World) AddResources(ctx context.Context, r ChangeRequest, more []resource.Resource) (Draft, error) {
	return w.changed(ctx, r, func(_ context.Context, c *change) error {
		if err := checkReserved(c.old, more); err != nil {
			return err
		}
		c.subject = "Add " + many("resource", namesOf(more))
		var err error
		c.to, err = c.from.WithResources(more, c.Now())
		return err
	})
}

func namesOf(rs []resource.Resource) []string {
	names := make([]string, 0, len(rs))
	for _, r := range rs {
		names = append(names, r.Name)
	}
	return names
}

// many returns "resource a", "resources a and b".
func many(noun string, names []string) string {
	if len(names) == 1 {
		return noun + " " + names[0]
	}
	last := len(names) - 1
	return fmt.Sprintf("%ss %s and %s", noun, strings.Join(names[:last], ", "), names[last])
}

// AddFields plans a resource with more fields.
func (w World) AddFields(ctx context.Context, r ChangeRequest, name string, more []resource.Field) (Draft, error) {
	return w.changed(ctx, r, func(_ context.Context, c *change) error {
		fields := make([]string, 0, len(more))
		for _, f := range more {
			fields = append(fields, f.Name)
		}
		c.subject = fmt.Sprintf("Add %s to %s", many("field", fields), name)
		var err error
		c.to, err = c.from.WithFields(name, more, c.Now())
		return err
	})
}

// AddModules plans a repository with more modules. Given are answers to their
// questions, by "module.key".
func (w World) AddModules(ctx context.Context, r ChangeRequest, names []string, given map[string]answer.Given) (Draft, error) {
	return w.changed(ctx, r, func(ctx context.Context, c *change) error {
		c.subject = "Add " + many("module", names)
		on := c.modules()
		for _, name := range names {
			if !slices.Contains(on, name) {
				on = append(on, name)
			}
		}
		if err := c.checkModules(names, on); err != nil {
			return err
		}
		return c.setModules(ctx, on, c.from.Modules, given)
	})
}

// modules returns the names of the modules that the repository has.
func (c *change) modules() []string {
	var on []string
	for _, m := range c.old.Modules {
		if _, has := c.from.Modules[m.Name]; has {
			on = append(on, m.Name)
		}
	}
	return on
}

// checkModules refuses names that the blueprint does not have, and a set of
// modules that does not fit together or this place.
func (c *change) checkModules(names, on []string) error {
	var problems diag.List
	var known []string
	for _, m := range c.new.Modules {
		known = append(known, m.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			problems.Add(unknownModule(c.new.Name, name, known))
		}
	}
	for _, m := range c.new.Modules {
		if !slices.Contains(on, m.Name) {
			continue
		}
		if m.GitRoot && c.git.Prefix != "" && slices.Contains(names, m.Name) {
			problems.Add(diag.Diagnostic{
				Code: "module-root", Summary: fmt.Sprintf("module %s works at the root of a git repository only", m.Name),
				Hint: "leave it out here",
			})
		}
		checkFit(m, on, c.to.Answers, &problems)
	}
	return problems.Err(diag.Usage)
}

// setModules answers the questions of the modules that are on. Said is what was
// answered before.
func (c *change) setModules(ctx context.Context, on []string, said map[string]map[string]any, given map[string]answer.Given) error {
	modules := map[string]map[string]any{}
	for _, m := range c.new.Modules {
		if !slices.Contains(on, m.Name) {
			continue
		}
		set, err := c.resolve(ctx, m.Questions, nil, said[m.Name], given, m.Name+".")
		if err != nil {
			return err
		}
		modules[m.Name] = set.Map()
	}
	c.to.Modules = modules
	return nil
}

// resolve answers questions again: what is given wins, then what the record
// says; only what is new is asked.
func (c *change) resolve(
	ctx context.Context, questions []blueprint.Question, computed []blueprint.Value, said map[string]any,
	given map[string]answer.Given, prefix string,
) (answer.Set, error) {
	known := map[string]answer.Given{}
	list := slices.Clone(questions)
	for i, q := range list {
		if v, has := said[q.Key]; has {
			known[prefix+q.Key] = answer.Given{Any: v, Origin: answer.FromFile}
			list[i].Hidden = true
		}
	}
	var data map[string]any
	if prefix != "" {
		data = c.to.Answers
	}
	set, err := answer.Resolve(ctx, answer.Request{
		Questions: list, Computed: computed, Given: given, Favourite: known, Data: data,
		Facts: answer.Facts{Dir: fmt.Sprint(c.from.Answers["name"]), Config: c.Config.Facts}, Asker: c.Asker, Prefix: prefix,
	})
	if err != nil {
		return nil, err
	}
	for _, q := range list {
		if v, has := set.Get(q.Key); has && v.Origin == answer.FromDefault && v.Any != "" {
			c.assumed = append(c.assumed, Assumption{prefix + q.Key, valueText(v.Any), "the default"})
		}
	}
	return set, nil
}
