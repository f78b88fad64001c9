package scaffold

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/record"
	"groundsill.example/internal/source"
)

// Update plans a repository as another version of its blueprint makes it: the
// one in the directory ref, or where ref is empty the built-in one. Given are
// answers to questions that are new.
func (w World) Update(ctx context.Context, r ChangeRequest, ref string, given map[string]answer.Given) (Draft, error) {
	return w.changed(ctx, r, func(ctx context.Context, c *change) error {
		to, err := c.updateSource(ref)
		if err != nil {
			return err
		}
		if err := CheckKeys(to.Blueprint, given); err != nil {
			return err
		}
		c.new = to.Blueprint
		c.subject = fmt.Sprintf("Update to %s %s", c.new.Name, c.new.Version)
		if err := c.checkWay(); err != nil {
			return err
		}
		if c.old.Digest == c.new.Digest {
			return nil
		}
		c.renames = c.new.Between(c.old.Version)
		c.to.Engine = blueprint.Engine
		c.to.Blueprint = record.Blueprint{Name: c.new.Name, Version: c.new.Version, Source: string(to.Kind), Digest: c.new.Digest}
		if err := c.reanswer(ctx, given); err != nil {
			return err
		}
		c.tellNews()
		return checkReserved(c.new, c.to.Resources)
	})
}

// updateSource returns what the repository is updated to.
func (c *change) updateSource(ref string) (source.Source, error) {
	if ref != "" {
		return source.Open(c.Cwd, ref)
	}
	if c.repo.Source.Kind != source.Builtin {
		return source.Source{}, usage("blueprint-missing", "this service was made from a directory, which its record does not name",
			"sill update --blueprint DIR")
	}
	return source.Open(c.Cwd, c.from.Blueprint.Name)
}

// latest returns the blueprint that an update would go to, nil for none.
func (c *change) latest() (*blueprint.Blueprint, error) {
	names, err := source.Names()
	if err != nil || c.repo.Source.Kind != source.Builtin || !slices.Contains(names, c.from.Blueprint.Name) {
		return nil, err
	}
	to, err := source.Open(c.Cwd, c.from.Blueprint.Name)
	return to.Blueprint, err
}

// checkWay refuses another blueprint and an older version.
func (c *change) checkWay() error {
	if c.new.Name != c.old.Name {
		return usage("blueprint-other", fmt.Sprintf("this repository is of the blueprint %s, not %s", c.old.Name, c.new.Name),
			"name a directory with another version of "+c.old.Name+": sill update --blueprint DIR")
	}
	if blueprint.Older(c.new.Version, c.old.Version) {
		return diag.New(diag.Refused, diag.Diagnostic{
			Code:    "downgrade",
			Summary: fmt.Sprintf("this repository is of %s %s, which is newer than %s", c.old.Name, c.old.Version, c.new.Version),
			Hint:    "install a newer sill",
		})
	}
	return nil
}

// reanswer carries the answers over to the questions of the new version.
func (c *change) reanswer(ctx context.Context, given map[string]answer.Given) error {
	said, ofModules := blueprint.MigrateAnswers(c.from.Answers, c.from.Modules, c.renames)
	base, modules := divide(given)
	set, err := c.resolve(ctx, c.new.Base.Questions, c.new.Computed, said, base, "")
	if err != nil {
		return err
	}
	c.to.Answers = set.Map()
	var gone []string
	for name := range c.from.Modules {
		if _, still := c.new.Module(name); !still {
			gone = append(gone, name)
		}
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		return diag.New(diag.Refused, diag.Diagnostic{
			Code: "module-gone", Summary: fmt.Sprintf("%s %s has no %s any more", c.new.Name, c.new.Version, many("module", gone)),
			Hint: "let go of it first: sill remove " + strings.Join(gone, " "),
		})
	}
	on := c.modules()
	if err := c.checkModules(nil, on); err != nil {
		return err
	}
	return c.setModules(ctx, on, ofModules, modules)
}

// tellNews collects what people read before the plan: the changelog between the
// versions, and modules that are new.
func (c *change) tellNews() {
	if text := c.new.Changes(c.old.Version); text != "" {
		c.notes = append(c.notes, text)
	}
	for _, m := range c.new.Modules {
		if _, known := c.old.Module(m.Name); !known {
			c.notes = append(c.notes, fmt.Sprintf("New module %s: %s. To have it: sill add %s", m.Name, m.Summary, m.Name))
		}
	}
}
