package scaffold

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
)

// databaseKey is the question that every blueprint with stored data asks: its
// answer decides the language of the migrations.
const databaseKey = "database"

// Set plans a repository with other answers, by key or "module.key".
func (w World) Set(ctx context.Context, r ChangeRequest, given map[string]answer.Given) (Draft, error) {
	return w.changed(ctx, r, func(ctx context.Context, c *change) error {
		if err := CheckKeys(c.new, given); err != nil {
			return err
		}
		var words []string
		for _, key := range slices.Sorted(maps.Keys(given)) {
			words = append(words, fmt.Sprintf("%s to %v", key, given[key].Any))
		}
		c.subject = "Set " + strings.Join(words, ", ")
		base, modules := divide(given)
		set, err := c.resolve(ctx, c.new.Base.Questions, c.new.Computed, c.from.Answers, base, "")
		if err != nil {
			return err
		}
		c.to.Answers = set.Map()
		if err := c.idle(modules); err != nil {
			return err
		}
		on := c.modules()
		if err := c.checkModules(nil, on); err != nil {
			return err
		}
		if err := c.setModules(ctx, on, c.from.Modules, modules); err != nil {
			return err
		}
		c.substitute()
		if c.to.Answers[databaseKey] != c.from.Answers[databaseKey] {
			return c.changeDatabase(ctx)
		}
		return nil
	})
}

// divide separates answers of the base from those of modules.
func divide(given map[string]answer.Given) (base, modules map[string]answer.Given) {
	base, modules = map[string]answer.Given{}, map[string]answer.Given{}
	for key, g := range given {
		if strings.Contains(key, ".") {
			modules[key] = g
		} else {
			base[key] = g
		}
	}
	return base, modules
}

// idle refuses answers of modules that the repository does not have.
func (c *change) idle(given map[string]answer.Given) error {
	var problems diag.List
	for key, g := range given {
		name, _, _ := strings.Cut(key, ".")
		if _, on := c.from.Modules[name]; !on {
			problems.Add(diag.Diagnostic{
				Code: "answer-idle", Summary: fmt.Sprintf("%s does not apply here: module %s is not there", key, name),
				Hint: "sill add " + name + " first", At: g.At,
			})
		}
	}
	return problems.Err(diag.Usage)
}

// changeDatabase begins the log of the schema anew. Migrations that others may
// have run are rewritten only on request.
func (c *change) changeDatabase(ctx context.Context) error {
	if c.Migration != MigrationRewrite {
		published, err := c.published(ctx)
		if err != nil {
			return err
		}
		if slices.Contains(slices.Collect(maps.Values(published)), true) {
			return diag.New(diag.Refused, diag.Diagnostic{
				Code:    "migrations-published",
				Summary: "another database begins the migrations anew, and others may have run those that are there",
				Hint:    "--migration rewrite does it all the same; the data of databases that exist does not move by itself",
			})
		}
	}
	c.to, c.restart = c.to.Restarted(), true
	return c.foreignMigrations()
}

// foreignMigrations names the migrations that the user wrote: they are in the
// language of the old database.
func (c *change) foreignMigrations() error {
	for _, dir := range dirsOf(c.base.Frozen) {
		names, err := source.List(c.at(dir))
		if err != nil {
			return err
		}
		for _, name := range names {
			p, err := tree.ParsePath(dir.String() + "/" + name)
			if err != nil {
				continue
			}
			if _, ours := c.base.Frozen[p]; !ours && path.Ext(name) == suffix(c.base.Frozen) {
				c.warnings = append(c.warnings, fmt.Sprintf(
					"%s is yours and written for %v: it has to be written for %v.", p, c.from.Answers[databaseKey], c.to.Answers[databaseKey]))
			}
		}
	}
	return nil
}

// dirsOf returns the directories of files, sorted.
func dirsOf(files map[tree.Path]string) []tree.Path {
	set := map[tree.Path]bool{}
	for p := range files {
		if d, ok := p.Dir(); ok {
			set[d] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), tree.Path.Compare)
}

// suffix returns the extension of the files.
func suffix(files map[tree.Path]string) string {
	for p := range files {
		return path.Ext(p.String())
	}
	return ""
}
