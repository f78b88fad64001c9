package contract

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// mongoDatabase is a database on a MongoDB server.
type mongoDatabase struct{ *served }

// newMongo chooses a database, which the server makes when something is stored
// in it. Drivers are told to stay at the address they have: they would go where
// the server says it is, past the proxy.
func newMongo(server *url.URL) (*mongoDatabase, error) {
	own, err := newServed(server, "27017", talk{session: mongoSession})
	if err != nil {
		return nil, err
	}
	query := own.direct.Query()
	query.Set("directConnection", "true")
	own.direct.RawQuery = query.Encode()
	return &mongoDatabase{own}, nil
}

// mongoSession recognises a message that is no greeting. A driver has
// connections besides its pool, on which it greets the server now and then to
// see whether it is there.
func mongoSession(message []byte) bool {
	const codeAt, codeMessage, elementAt = 12, 2013, 25
	if len(message) <= elementAt || binary.LittleEndian.Uint32(message[codeAt:]) != codeMessage {
		return false // a greeting in the form of old servers
	}
	command, _, _ := bytes.Cut(message[elementAt+1:], []byte{0})
	return !slices.Contains([]string{"hello", "ismaster"}, strings.ToLower(string(command)))
}

// withMongo connects for so long as f takes.
func withMongo(at *url.URL, f func(ctx context.Context, own *mongo.Database) error) error {
	client, err := mongo.Connect(options.Client().ApplyURI(at.String()))
	if err != nil {
		return errors.New("the URL of the database cannot be used") // it may hold a password
	}
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	err = f(ctx, client.Database(strings.TrimPrefix(at.Path, "/")))
	return errors.Join(err, client.Disconnect(ctx))
}

// isDouble reports whether a server is a double of MongoDB: one that cannot say
// what its program was built from.
func isDouble(server *url.URL) (double bool, err error) {
	err = withMongo(server, func(ctx context.Context, own *mongo.Database) error {
		info, err := own.RunCommand(ctx, bson.M{"buildInfo": 1}).Raw()
		double = info.Lookup("gitVersion").IsZero()
		return err
	})
	return double, err
}

// close drops the database.
func (q *mongoDatabase) close() {
	q.ended.Do(func() {
		q.proxy.close()
		_ = withMongo(q.direct, func(ctx context.Context, own *mongo.Database) error { return own.Drop(ctx) })
	})
}

// hold keeps all waiting who want something of the server: no lock of its own
// lets those who read go on.
func (q *mongoDatabase) hold() (func(), error) {
	return func() { _ = q.set(pass) }, q.set(blackhole)
}

// rename is not tried: a service finds a collection empty that is not there.
func (*mongoDatabase) rename(string, string) error { return absentError(SQL) }

func (q *mongoDatabase) level(table string) error {
	return withMongo(q.direct, func(ctx context.Context, own *mongo.Database) error {
		var first struct {
			Moment bson.RawValue `bson:"created_at"`
		}
		rows := own.Collection(table)
		if err := rows.FindOne(ctx, bson.M{}, options.FindOne().SetSort(bson.M{"created_at": 1})).Decode(&first); err != nil {
			return err
		}
		_, err := rows.UpdateMany(ctx, bson.M{}, bson.M{"$set": bson.M{"created_at": first.Moment}})
		return err
	})
}

// schema returns the collections with what validates their documents, and their
// indexes.
func (q *mongoDatabase) schema() (string, error) {
	var lines []string
	err := withMongo(q.direct, func(ctx context.Context, own *mongo.Database) error {
		collections, err := own.ListCollectionSpecifications(ctx, bson.M{})
		if err != nil {
			return err
		}
		for _, c := range collections {
			lines = append(lines, fmt.Sprintf("%s %s %s", c.Type, c.Name, c.Options))
			indexes, err := own.Collection(c.Name).Indexes().List(ctx)
			if err != nil {
				return err
			}
			var all []bson.Raw
			if err := indexes.All(ctx, &all); err != nil {
				return err
			}
			for _, index := range all {
				parts, err := index.Elements() // in the order in which they were sent
				if err != nil {
					return err
				}
				slices.SortFunc(parts, func(a, b bson.RawElement) int { return cmp.Compare(a.Key(), b.Key()) })
				lines = append(lines, fmt.Sprintf("index of %s: %s", c.Name, parts))
			}
		}
		return nil
	})
	slices.Sort(lines)
	return strings.Join(lines, "\n"), err
}
