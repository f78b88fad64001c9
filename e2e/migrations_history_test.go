package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
)

// history is a database, and the migrations of the alterations.
type history struct {
	t       *testing.T
	cases   []alteration
	dialect string
	command []string // the probe, with all arguments but the last two
	owned   bool     // rows get owners in the second stage, as module auth gives them
}

// newHistory builds the probe in a service and renders the migrations of a
// record that no command would write.
func newHistory(t *testing.T, dir, database, url string, owned bool) *history {
	t.Helper()
	needModules(t, dir)
	probe, err := os.ReadFile(filepath.Join("testdata", "probe", "main.go"))
	must(t, err)
	put(t, filepath.Join(dir, "cmd", "probe", "main.go"), string(probe))
	binary := filepath.Join(t.TempDir(), "probe")
	run(t, dir, "go", "build", "-o", binary, "./cmd/probe")
	data, err := os.ReadFile(filepath.Join(dir, record.Name))
	must(t, err)
	rec, err := record.Parse(record.Name, data)
	must(t, err)
	h := &history{t: t, cases: alterations(t), dialect: database, owned: owned}
	rec.Resources, rec.Schema = nil, h.log()
	migrations := t.TempDir()
	for name, content := range rendered(t, rec) {
		if strings.HasSuffix(name, ".sql") {
			put(t, filepath.Join(migrations, filepath.Base(name)), content)
		}
	}
	goose := map[string]string{"sqlite": "sqlite3", "postgres": "postgres", "mysql": "mysql"}
	h.command = []string{binary, goose[database], url, migrations}
	return h
}

func rendered(t *testing.T, rec record.Record) map[string]string {
	t.Helper()
	from, err := source.Open("", "go")
	must(t, err)
	out, err := render.Render(from.Blueprint, rec)
	must(t, err)
	files := map[string]string{}
	for path, file := range out.Tree.All() {
		files[path.String()] = string(file.Data)
	}
	return files
}

// log is the schema log of the history, a block of numbers for each stage.
func (h *history) log() []record.Entry {
	last := 0
	var log []record.Entry
	entry := func(kind record.Kind, r resource.Resource, changed ...resource.Field) {
		last++
		e := record.Entry{At: fmt.Sprintf("%05d", last), Kind: kind, Resource: r, Changed: changed}
		if owners := last > created || !strings.HasPrefix(r.Name, "a"); h.owned && owners {
			e.With = []string{"auth"}
		}
		log = append(log, e)
	}
	base := alteration{}.resource("p")
	base.Name, base.Plural = "p", "ps"
	entry(record.Create, base)
	for _, c := range h.cases {
		entry(record.Create, c.resource("a"))
		entry(record.Create, c.resource("b", c.fields...))
		entry(record.Create, c.resource("c"))
		entry(record.Create, c.child())
	}
	last = created
	for _, c := range h.cases {
		if h.owned {
			last++
			log = append(log, record.Entry{
				At: fmt.Sprintf("%05d", last), Kind: record.Module, Module: "auth", Step: record.StepAdd, Resource: c.resource("a"),
			})
		}
	}
	for _, c := range h.cases {
		entry(record.Add, c.resource("a"), c.changed()...)
	}
	last = added
	for _, c := range h.cases {
		entry(record.DropField, c.resource("a"), c.changed()...)
	}
	last = removed
	for _, c := range slices.Backward(h.cases) {
		entry(record.Drop, c.child())
		entry(record.Drop, c.resource("c"))
		entry(record.Drop, c.resource("b", c.fields...))
		entry(record.Drop, c.resource("a"))
	}
	entry(record.Drop, base)
	return log
}

func (c alteration) child() resource.Resource {
	parent := c.resource("a")
	return c.resource("d", resource.Field{
		Name: "parent", Type: resource.References, Target: parent.Name, Table: parent.Plural, Required: true,
	})
}

// changed is what comes and goes, as it is in the resource that is changed.
func (c alteration) changed() []resource.Field { return c.resource("a", c.fields...).Fields[1:] }

// ask runs the probe and returns what it prints.
func (h *history) ask(args ...string) string {
	h.t.Helper()
	args = append(slices.Clone(h.command[1:]), args...)
	return run(h.t, h.t.TempDir(), h.command[0], args...)
}

// sql runs statements and returns what they find.
func (h *history) sql(statements ...string) string {
	h.t.Helper()
	return strings.TrimSpace(h.ask(append([]string{"sql"}, statements...)...))
}

func (h *history) migrate(direction string, version int) {
	h.t.Helper()
	h.ask(direction, strconv.Itoa(version))
}

const row = `'0192f0c1-7d3a-7c4e-9b1a-3f5d2e8c6a42', 'x', 1, '2020-01-01 00:00:00.000', '2020-01-01 00:00:00.000'`

const columns = `"id", "label", "version", "created_at", "updated_at"`

// fill puts a row into each resource that is changed, and one that refers to
// it.
func (h *history) fill() {
	h.t.Helper()
	h.each(func(c alteration) []string {
		return []string{
			fmt.Sprintf(`INSERT INTO "a%ds" (%s) VALUES (%s)`, c.number, columns, row),
			fmt.Sprintf(`INSERT INTO "d%ds" (%s, "parent_id") VALUES (%s, %.38s)`, c.number, columns, row, row),
		}
	})
}

// empty takes the rows out again.
func (h *history) empty() {
	h.t.Helper()
	h.each(func(c alteration) []string {
		return []string{fmt.Sprintf(`DELETE FROM "d%ds"`, c.number), fmt.Sprintf(`DELETE FROM "a%ds"`, c.number)}
	})
}

// each runs statements for each alteration with rows and returns what they
// find.
func (h *history) each(statements func(alteration) []string) string {
	h.t.Helper()
	var all []string
	for _, c := range h.cases {
		if c.rows {
			all = append(all, statements(c)...)
		}
	}
	return h.sql(all...)
}

// checkRows demands that every row is there, with its old values and the right
// new ones.
func (h *history) checkRows() {
	h.t.Helper()
	there := h.schema()
	same := "IS NOT DISTINCT FROM"
	if h.dialect == "mysql" {
		same = "<=>"
	}
	found := h.each(func(c alteration) []string {
		conditions := []string{fmt.Sprintf(`SELECT %[1]d, count(*) FROM "a%[1]ds" JOIN "d%[1]ds" ON "parent_id" = "a%[1]ds"."id" WHERE "a%[1]ds"."label" = 'x' AND "a%[1]ds"."version" = 1`, c.number)}
		for _, f := range c.changed() {
			if strings.Contains(strings.Join(there[fmt.Sprintf("a%ds", c.number)], "\n"), "column "+f.Key()+" ") {
				conditions = append(conditions, fmt.Sprintf(`"a%ds"."%s" %s %s`, c.number, f.Key(), same, h.literal(f)))
			}
		}
		return []string{strings.Join(conditions, " AND ")}
	})
	var want []string
	for _, c := range h.cases {
		if c.rows {
			want = append(want, strconv.Itoa(c.number)+"\t1")
		}
	}
	if d := cmp.Diff(want, strings.Split(found, "\n")); d != "" {
		h.t.Errorf("rows are lost or have other values: %s", d)
	}
}

// literal is what a row has that was there before its field.
func (h *history) literal(f resource.Field) string {
	switch {
	case f.Default == nil:
		return "NULL"
	case h.dialect == "sqlite" && f.Type == resource.Decimal:
		return strings.ReplaceAll(strings.ReplaceAll(*f.Default, ".", ""), "-0", "-")
	case h.dialect != "postgres" && f.Type == resource.Boolean:
		return "1"
	case h.dialect == "mysql" && f.Type == resource.Datetime:
		return "'" + strings.Trim(strings.Replace(*f.Default, "T", " ", 1), "Z") + "'"
	case f.Type == resource.Integer, f.Type == resource.Bigint, f.Type == resource.Float, f.Type == resource.Decimal:
		return *f.Default
	}
	return "'" + strings.ReplaceAll(*f.Default, "'", "''") + "'"
}

// checkReferences demands that what is referred to cannot go away.
func (h *history) checkReferences() {
	h.t.Helper()
	deletions := []string{"refused"}
	for _, c := range h.cases {
		if c.rows {
			deletions = append(deletions, fmt.Sprintf(`DELETE FROM "a%ds"`, c.number))
		}
	}
	h.ask(deletions...)
	if h.dialect == "sqlite" {
		if got := h.sql("PRAGMA foreign_key_check") + h.sql("PRAGMA integrity_check"); got != "ok" {
			h.t.Errorf("the database is damaged: %s", got)
		}
	}
}

// checkDataThatIsGone demands that a required field does not come back empty,
// and that the attempt changes nothing.
func (h *history) checkDataThatIsGone() {
	h.t.Helper()
	i := slices.IndexFunc(h.cases, func(c alteration) bool { return !c.rows })
	c := h.cases[i]
	h.sql(fmt.Sprintf(`INSERT INTO "a%ds" (%s) VALUES (%s)`, c.number, columns, row))
	h.migrate("down", added+i+1)
	before := h.schema()
	cmd := command(h.t.TempDir(), h.command[0], append(slices.Clone(h.command[1:]), "down", strconv.Itoa(added+i))...)
	if out, err := cmd.CombinedOutput(); exitCode(err) != 1 || !regexp.MustCompile("(?i)constraint|contains null|cannot be null").Match(out) {
		h.t.Errorf("a required field comes back empty: %v %s", err, out)
	}
	h.same(before)
	h.sql(fmt.Sprintf(`DELETE FROM "a%ds"`, c.number))
}
