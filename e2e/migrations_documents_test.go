package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
)

// left is the number before the migrations that take the owners away again.
const left = 3600

// TestMigrationsOfDocuments walks through the history of TestMigrations on
// MongoDB, where migrations lead one way: what is added in a step of its own has
// the indexes that it has from the start, documents get the defaults, and what
// is removed leaves nothing. Commands are run twice. Once more, documents get
// owners on the way.
func TestMigrationsOfDocuments(t *testing.T) {
	for _, owned := range []bool{false, true} {
		t.Run(fmt.Sprintf("owned %t", owned), func(t *testing.T) {
			t.Parallel()
			newDocuments(t, owned).travel()
		})
	}
}

func (d *documents) travel() {
	d.t.Helper()
	d.upTo(created)
	d.fill()
	d.upTo(added)
	d.compare("a", "b")
	d.checkAdded()
	d.upTo(removed)
	d.compare("a", "c")
	d.checkRemoved()
	d.checkDrops()
	if d.owned {
		d.last = left // what is between drops everything
		d.upTo(dropped)
		d.checkLeft()
	}
}

// documents is a database on MongoDB and the migrations of the alterations.
type documents struct {
	t     *testing.T
	owned bool // documents get owners in the second stage
	own   *mongo.Database
	cases []alteration
	files map[string]string
	last  int
}

func newDocuments(t *testing.T, owned bool) *documents {
	t.Helper()
	settings := options.Client().ApplyURI(databaseServer(t, "mongodb").URL())
	client, err := mongo.Connect(settings)
	must(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	args := []string{"--database", "mongodb"}
	if owned {
		args = append(args, "--with", "auth")
	}
	data, err := os.ReadFile(filepath.Join(scaffold(t, args...), record.Name))
	must(t, err)
	rec, err := record.Parse(record.Name, data)
	must(t, err)
	all := alterations(t)
	h := &history{t: t, cases: all[:len(all)-1], owned: owned} // the last has more indexes than a collection may have
	rec.Resources, rec.Schema = nil, h.log()
	for i, c := range h.cases {
		if owned {
			rec.Schema = append(rec.Schema, record.Entry{
				At: fmt.Sprintf("%05d", left+1+i), Kind: record.Module, Module: "auth", Step: record.StepDrop, Resource: c.resource("a"),
			})
		}
	}
	d := &documents{t: t, owned: owned, own: client.Database("history"), cases: h.cases, files: map[string]string{}}
	for name, content := range rendered(t, rec) {
		if strings.HasPrefix(name, "migrations/") && strings.HasSuffix(name, ".json") {
			d.files[filepath.Base(name)] = content
		}
	}
	if len(d.files) != len(rec.Schema) {
		t.Fatalf("%d migrations of %d entries", len(d.files), len(rec.Schema))
	}
	return d
}

// upTo runs the migrations up to a number.
func (d *documents) upTo(number int) {
	d.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		at, err := strconv.Atoi(name[:5])
		must(d.t, err)
		if at <= d.last || at > number {
			continue
		}
		var commands []bson.D
		must(d.t, bson.UnmarshalExtJSON([]byte(d.files[name]), false, &commands))
		for _, command := range commands {
			d.command(name, command)
			if command[0].Key != "createIndexes" { // of the double, that makes a second index
				d.command(name, command)
			}
		}
	}
	d.last = number
}

// command runs a command of a migration; what it takes away may be gone.
func (d *documents) command(name string, command bson.D) {
	d.t.Helper()
	const indexNotFound = 27
	err := d.own.RunCommand(d.t.Context(), command).Err()
	failure, _ := errors.AsType[mongo.ServerError](err)
	if err != nil && (failure == nil || !failure.HasErrorCode(indexNotFound) && !failure.HasErrorMessage("ns not found")) {
		d.t.Fatalf("%s: %v", name, err)
	}
}

// checkDrops demands that what drops a collection is one command. It is not run:
// the double fails to drop a collection with indexes that are not unique.
func (d *documents) checkDrops() {
	d.t.Helper()
	count := 0
	for name, content := range d.files {
		if name < fmt.Sprintf("%05d", removed) || name > fmt.Sprintf("%05d", left) {
			continue
		}
		count++
		collection := strings.TrimSuffix(name[len("00000_drop_"):], ".json")
		if want := "[\n  {\"drop\": \"" + collection + "\"}\n]\n"; content != want {
			d.t.Errorf("%s: %s", name, content)
		}
	}
	if count < len(d.cases) {
		d.t.Errorf("%d collections are dropped", count)
	}
}

func (d *documents) rows(letter string, c alteration) *mongo.Collection {
	return d.own.Collection(fmt.Sprintf("%s%ds", letter, c.number))
}

// indexes returns the indexes of a collection, sorted.
func (d *documents) indexes(letter string, c alteration) []string {
	d.t.Helper()
	cursor, err := d.rows(letter, c).Indexes().List(d.t.Context())
	must(d.t, err)
	var all []bson.Raw
	must(d.t, cursor.All(d.t.Context(), &all))
	var lines []string
	for _, index := range all {
		lines = append(lines, index.String())
	}
	slices.Sort(lines)
	return lines
}

func (d *documents) compare(one, other string) {
	d.t.Helper()
	for _, c := range d.cases {
		got := d.indexes(one, c)
		if diff := cmp.Diff(d.indexes(other, c), got); diff != "" || len(got) < 2 {
			d.t.Errorf("%s%d with %s has the indexes %v: %s", one, c.number, words(c.fields), got, diff)
		}
	}
}

var oldDocument = bson.M{"_id": int32(1), "label": "x", "version": int64(1)}

// outlived is what is left of the old document: it belongs to nobody.
func (d *documents) outlived() bson.M {
	left := maps.Clone(oldDocument)
	if d.owned {
		left["_owner"] = ""
	}
	return left
}

// fill puts a document into each resource that is changed.
func (d *documents) fill() {
	d.t.Helper()
	for _, c := range d.cases {
		_, err := d.rows("a", c).InsertOne(d.t.Context(), oldDocument)
		must(d.t, err)
	}
}

func (d *documents) document(c alteration) bson.M {
	d.t.Helper()
	var got bson.M
	must(d.t, d.rows("a", c).FindOne(d.t.Context(), bson.M{}).Decode(&got))
	return got
}

// checkAdded demands that the document has the defaults, each of the type that
// the service stores.
func (d *documents) checkAdded() {
	d.t.Helper()
	for _, c := range d.cases {
		want := d.outlived()
		for _, f := range c.changed() {
			if f.Default != nil {
				want[f.Key()] = storedDefault(d.t, f)
			}
		}
		if diff := cmp.Diff(typed(want), typed(d.document(c))); diff != "" {
			d.t.Errorf("a%d with %s: %s", c.number, words(c.fields), diff)
		}
	}
}

func (d *documents) checkRemoved() {
	d.t.Helper()
	for _, c := range d.cases {
		if diff := cmp.Diff(typed(d.outlived()), typed(d.document(c))); diff != "" {
			d.t.Errorf("a%d without %s: %s", c.number, words(c.fields), diff)
		}
	}
}

// checkLeft demands that nothing knows of owners any more.
func (d *documents) checkLeft() {
	d.t.Helper()
	for _, c := range d.cases {
		if diff := cmp.Diff(typed(oldDocument), typed(d.document(c))); diff != "" {
			d.t.Errorf("a%d: %s", c.number, diff)
		}
		got := d.indexes("a", c)
		if len(got) != 2 || strings.Contains(strings.Join(got, ""), "_owner") || !strings.Contains(got[1], `"created_at"`) {
			d.t.Errorf("a%d has the indexes %v", c.number, got)
		}
	}
}

// typed writes values with their types.
func typed(document bson.M) map[string]string {
	all := map[string]string{}
	for key, value := range document {
		all[key] = fmt.Sprintf("%T %v", value, value)
	}
	return all
}

// storedDefault is the default of a field as a document has it.
func storedDefault(t *testing.T, f resource.Field) any {
	t.Helper()
	kinds := map[resource.Type]string{
		resource.Integer: "$numberInt", resource.Bigint: "$numberLong", resource.Decimal: "$numberDecimal",
		resource.Float: "$numberDouble", resource.Datetime: "$date", resource.UUID: "$uuid",
	}
	kind, known := kinds[f.Type]
	switch {
	case f.Type == resource.Boolean:
		return *f.Default == "true"
	case !known:
		return *f.Default
	}
	var one bson.M
	must(t, bson.UnmarshalExtJSON([]byte(fmt.Sprintf(`{"v": {%q: %q}}`, kind, *f.Default)), false, &one))
	return one["v"]
}
