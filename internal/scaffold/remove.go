package scaffold

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/record"
)

// RemoveResources plans a repository without some resources.
func (w World) RemoveResources(ctx context.Context, r ChangeRequest, names []string) (Draft, error) {
	return w.changed(ctx, r, func(ctx context.Context, c *change) error {
		c.subject = "Remove " + many("resource", names)
		forget, err := c.forget(ctx)
		if err != nil {
			return err
		}
		// One of them may refer to another, so the order is found by trying.
		left := slices.Compact(slices.Sorted(slices.Values(names)))
		for len(left) > 0 {
			var failed error
			before := len(left)
			left = slices.DeleteFunc(left, func(name string) bool {
				next, err := c.to.WithoutResource(name, forget, c.Now())
				if err == nil {
					c.to = next
				} else if failed == nil {
					failed = err
				}
				return err == nil
			})
			if len(left) == before {
				return failed
			}
		}
		return nil
	})
}

// FieldName names a field of a resource.
type FieldName struct{ Resource, Field string }

// RemoveFields plans resources without some of their fields.
func (w World) RemoveFields(ctx context.Context, r ChangeRequest, names []FieldName) (Draft, error) {
	return w.changed(ctx, r, func(ctx context.Context, c *change) error {
		forget, err := c.forget(ctx)
		if err != nil {
			return err
		}
		var shown []string
		fields := map[string][]string{}
		var order []string
		for _, n := range names {
			shown = append(shown, n.Resource+"."+n.Field)
			if fields[n.Resource] == nil {
				order = append(order, n.Resource)
			}
			fields[n.Resource] = append(fields[n.Resource], n.Field)
		}
		c.subject = "Remove " + many("field", shown)
		for _, name := range order {
			if c.to, err = c.to.WithoutFields(name, fields[name], forget, c.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveModules plans a repository without some modules.
func (w World) RemoveModules(ctx context.Context, r ChangeRequest, names []string) (Draft, error) {
	return w.changed(ctx, r, func(ctx context.Context, c *change) error {
		c.subject = "Remove " + many("module", names)
		on := c.modules()
		var problems diag.List
		for _, name := range names {
			if _, known := c.old.Module(name); !known {
				problems.Take(c.checkModules([]string{name}, nil))
			}
		}
		if err := problems.Err(diag.Usage); err != nil {
			return err
		}
		on = slices.DeleteFunc(on, func(name string) bool { return slices.Contains(names, name) })
		if err := c.checkModules(nil, on); err != nil {
			return err
		}
		return c.setModules(ctx, on, c.from.Modules, map[string]answer.Given{})
	})
}

// forget returns which migrations may be deleted: those that no remote-tracking
// branch holds, unless --migration says otherwise. Without git nobody can tell
// who has run one, so it stays.
func (c *change) forget(ctx context.Context) (record.Forget, error) {
	switch c.Migration {
	case MigrationDelete:
		return func(record.Entry) bool { return true }, nil
	case MigrationDrop:
		return func(record.Entry) bool { return false }, nil
	case MigrationRewrite:
		return nil, diag.New(diag.Usage, diag.Diagnostic{
			Code: "usage", Summary: "--migration rewrite is for sill set", Hint: "here it is delete or drop",
		})
	}
	published, err := c.published(ctx)
	return func(e record.Entry) bool { return !published[e.At] }, err
}

// published returns the numbers of the entries whose migrations others may have
// run.
func (c *change) published(ctx context.Context) (map[string]bool, error) {
	all := map[string]bool{}
	for p, at := range c.base.Frozen {
		held := !c.has
		if c.has {
			var err error
			if held, err = gitrepo.Published(ctx, c.Env, c.git, p); err != nil {
				return nil, err
			}
		}
		all[at] = all[at] || held
	}
	return all, nil
}

// tellDropped says which tables and columns a new migration drops, and why the
// old ones stay.
func (c *change) tellDropped() {
	for _, e := range c.to.Schema[min(len(c.to.Schema), keptEntries(c.from.Schema, c.to.Schema)):] {
		var what string
		switch e.Kind {
		case record.Drop:
			what = "the table " + e.Resource.Plural
		case record.DropField:
			var names []string
			for _, f := range e.Changed {
				names = append(names, f.Key())
			}
			what = fmt.Sprintf("%s of the table %s", strings.Join(names, ", "), e.Resource.Plural)
		case record.Module:
			if e.Step != record.StepDrop {
				continue
			}
			what = fmt.Sprintf("what module %s has in the table %s", e.Module, e.Resource.Plural)
		case record.Create, record.Add:
			continue
		}
		why := "a remote-tracking branch holds the migration that made it, or others build on it"
		switch {
		case c.Migration == MigrationDrop:
			why = "--migration drop asks for it"
		case !c.has:
			why = "without git nobody knows who has run the migration that made it"
		}
		c.warnings = append(c.warnings, fmt.Sprintf(
			"Migration %s drops %s and every value in it: %s.", e.At, what, why))
	}
}

// keptEntries returns how many entries both logs begin with, apart from those
// that were taken out.
func keptEntries(before, after []record.Entry) int {
	n := 0
	for n < len(after) && slices.ContainsFunc(before, func(e record.Entry) bool { return e.At == after[n].At }) {
		n++
	}
	return n
}

// usage returns an error of class Usage.
func usage(code, summary, hint string) error {
	return diag.New(diag.Usage, diag.Diagnostic{Code: code, Summary: summary, Hint: hint})
}

// ParseFieldName reads resource.field.
func ParseFieldName(text string) (FieldName, error) {
	name, field, ok := strings.Cut(text, ".")
	if !ok || name == "" || field == "" || strings.Contains(field, ".") {
		return FieldName{}, usage("field-form", fmt.Sprintf("%q is not RESOURCE.FIELD", text), "for example: payment.note")
	}
	return FieldName{name, field}, nil
}
