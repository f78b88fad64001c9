package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// schema returns what each table is made of, sorted.
func (h *history) schema() map[string][]string {
	h.t.Helper()
	all := map[string][]string{}
	for line := range strings.Lines(h.sql(schemaQueries()[h.dialect])) {
		table, what, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(table, "goose_db_version") {
			continue
		}
		if list, ok := strings.CutPrefix(what, "checks\t"); ok {
			what = "checks " + strings.Join(checks.FindAllString(list, -1), " ")
		}
		all[table] = append(all[table], strings.ReplaceAll(what, "\t", " "))
	}
	for _, list := range all {
		slices.Sort(list)
	}
	return all
}

// checks finds the conditions in the statement of a table.
var checks = regexp.MustCompile(`CHECK \("\w+" IN \((?:'(?:[^']|'')*'|[0-9, ])*\)\)`)

// schemaQueries returns, for each database, a query for the columns, indexes
// and constraints of all tables, in any order of the columns.
func schemaQueries() map[string]string {
	return map[string]string{
		"sqlite": `
SELECT m.name, 'column', x.name, x.type, x."notnull", quote(x.dflt_value), x.pk, x.hidden
	FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
UNION ALL SELECT m.name, 'reference', f."table", f."from", f."to", f.on_delete, f.on_update, f.match
	FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
UNION ALL SELECT tbl_name, 'index', name, sql, '', '', '', '' FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
UNION ALL SELECT name, 'table', strict, wr, ncol, '', '', '' FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'
UNION ALL SELECT name, 'checks', replace(sql, char(10), ' '), '', '', '', '', '' FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
		"postgres": `
SELECT c.relname, 'column', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT conrelid::regclass::text, 'constraint', conname, pg_get_constraintdef(oid), convalidated, condeferrable::text, contype::text
	FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, 'index', indexname, indexdef, true, '', '' FROM pg_indexes WHERE schemaname = 'public'`,
		"mysql": `
SELECT table_name, 'column', column_name, column_type, is_nullable, column_default, collation_name
	FROM information_schema.columns WHERE table_schema = DATABASE()
UNION ALL SELECT table_name, 'index', index_name, GROUP_CONCAT(column_name, collation ORDER BY seq_in_index), non_unique, '', ''
	FROM information_schema.statistics WHERE table_schema = DATABASE() GROUP BY table_name, index_name, non_unique
UNION ALL SELECT table_name, 'reference', constraint_name, column_name, referenced_table_name, referenced_column_name, ''
	FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
UNION ALL SELECT table_name, 'check', constraint_name, check_clause, level, '', ''
	FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()
UNION ALL SELECT table_name, 'table', engine, table_collation, '', '', '' FROM information_schema.tables WHERE table_schema = DATABASE()`,
	}
}

// compare demands that the resources of each alteration that have two letters are
// the same but for their names.
func (h *history) compare(one, other string) {
	h.t.Helper()
	all := h.schema()
	for _, c := range h.cases {
		names := regexp.MustCompile(fmt.Sprintf(`\b[abc]%ds`, c.number))
		of := func(letter string) []string {
			var list []string
			for _, line := range all[fmt.Sprintf("%s%ds", letter, c.number)] {
				list = append(list, names.ReplaceAllString(line, "t"))
			}
			return list
		}
		if got := of(one); len(got) < 5 {
			h.t.Errorf("%s%d is made of %v", one, c.number, got)
		}
		if d := cmp.Diff(of(other), of(one)); d != "" {
			h.t.Errorf("the fields %s of %s%d are not what they are from the start:\n%s", words(c.fields), one, c.number, d)
		}
	}
}

func (h *history) same(want map[string][]string) {
	h.t.Helper()
	if d := cmp.Diff(want, h.schema()); d != "" {
		h.t.Error(d)
	}
}
