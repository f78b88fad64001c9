package contract

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// asMongo runs commands behind a service.
func asMongo(t *testing.T, db database, commands ...bson.D) {
	t.Helper()
	q, ok := db.(*mongoDatabase)
	if !ok {
		t.Fatalf("%T is no MongoDB", db)
	}
	must(t, withMongo(q.direct, func(ctx context.Context, own *mongo.Database) error {
		var errs []error
		for _, command := range commands {
			errs = append(errs, own.RunCommand(ctx, command).Err())
		}
		return errors.Join(errs...)
	}))
}

// onRows is a command about the collection rows.
func onRows(command string, more ...bson.E) bson.D {
	return append(bson.D{{Key: command, Value: "rows"}}, more...)
}

// TestMongoDB tries what the suite does with a database on MongoDB.
func TestMongoDB(t *testing.T) {
	t.Parallel()
	s := serverSuite(t, "mongodb", "mongodb")
	fresh := func(t *testing.T) database {
		t.Helper()
		db, err := s.newDatabase()
		must(t, err)
		t.Cleanup(db.close)
		return db
	}
	index := func(unique bool) bson.D {
		return onRows("createIndexes", bson.E{Key: "indexes", Value: bson.A{
			bson.M{"key": bson.M{"a": 1}, "name": "a_1", "unique": unique},
		}})
	}
	t.Run("schema", func(t *testing.T) {
		db, other := fresh(t), fresh(t)
		if got, err := db.schema(); got != "" || err != nil {
			t.Errorf("an empty database: %q, %v", got, err)
		}
		asMongo(t, db, index(true))
		asMongo(t, other, index(true), onRows("drop"), index(true))
		one, err := db.schema()
		must(t, err)
		two, err := other.schema()
		must(t, err)
		if one != two || !strings.Contains(one, "rows") || !strings.Contains(one, "a_1") {
			t.Errorf("the same commands:\n%s\nand\n%s", one, two)
		}
		asMongo(t, other, onRows("drop"), index(false))
		if two, err = other.schema(); one == two || err != nil {
			t.Errorf("another index leaves no trace: %v", err)
		}
	})
	t.Run("level", func(t *testing.T) {
		db := fresh(t)
		first := time.UnixMilli(1).UTC()
		asMongo(t, db, onRows("insert", bson.E{Key: "documents", Value: bson.A{
			bson.M{"created_at": first.Add(time.Second)}, bson.M{"created_at": first},
		}}))
		must(t, db.level("rows"))
		q, _ := db.(*mongoDatabase)
		must(t, withMongo(q.direct, func(ctx context.Context, own *mongo.Database) error {
			n, err := own.Collection("rows").CountDocuments(ctx, bson.M{"created_at": first})
			if n != 2 {
				t.Errorf("%d rows have the moment", n)
			}
			return err
		}))
	})
	t.Run("hold", func(t *testing.T) { tryMongoHold(t, fresh(t)) })
	t.Run("close", func(t *testing.T) {
		db := fresh(t)
		asMongo(t, db, index(true))
		db.close()
		if got, err := db.schema(); got != "" || err != nil {
			t.Errorf("the database is still there: %q, %v", got, err)
		}
	})
	t.Run("double", func(t *testing.T) {
		_, err := exec.LookPath("mongod")
		if title := s.databaseTitle(); (err != nil) != (title == "mongodb, protocol double") {
			t.Errorf("it is called %q, and mongod is found: %v", title, err == nil)
		}
	})
}

// tryMongoHold has a client wait and go on, and counts its sessions: what greets
// the server is none.
func tryMongoHold(t *testing.T, db database) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(db.url()))
	must(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	rows := client.Database("held").Collection("rows")
	_, err = rows.CountDocuments(t.Context(), bson.M{})
	must(t, err)
	far, ok := db.(networked)
	if !ok || far.open() != 1 {
		t.Errorf("one client has %d sessions", far.open())
	}
	release, err := db.hold()
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := rows.InsertOne(ctx, bson.M{}); err == nil {
		t.Error("a writer gets in while the database is held")
	}
	release()
	_, err = rows.InsertOne(t.Context(), bson.M{})
	must(t, err)
}

func TestGreetingIsNoSession(t *testing.T) {
	t.Parallel()
	message := func(code byte, name string) string {
		return strings.Repeat("\x00", 12) + string([]byte{code, 7, 0, 0}) + strings.Repeat("\x00", 9) + "\x10" + name + "\x00\x01\x00\x00\x00"
	}
	for message, want := range map[string]bool{
		message(0xdd, "find"):     true,
		message(0xdd, "hello"):    false,
		message(0xdd, "isMaster"): false,
		message(0xd4, "isMaster"): false, // OP_QUERY
		"":                        false,
	} {
		if got := mongoSession([]byte(message)); got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
}
