package dbserver

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"groundsill.example/internal/need"
)

// pingMongo returns why a server does not answer.
func pingMongo(t *testing.T, s *Server) error {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(s.URL()).SetServerSelectionTimeout(endLimit / 10))
	must(t, err)
	defer func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) }()
	return client.Ping(t.Context(), nil)
}

// TestMongoDB starts a server, or its double, and ends it in every way.
func TestMongoDB(t *testing.T) {
	t.Parallel()
	kind := MongoDB()
	if _, err := kind.programs(); err != nil {
		need.Missing(t, "mongodb", err.Error())
	}
	s, err := Start(t.Context(), kind)
	must(t, err)
	t.Cleanup(func() {
		must(t, s.Close())
		if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", s.dir, err)
		}
	})
	must(t, pingMongo(t, s))
	for _, end := range []func() error{s.Stop, func() error { s.Kill(); return nil }} {
		must(t, end())
		if err := pingMongo(t, s); err == nil {
			t.Error("a server that has ended answers")
		}
		must(t, s.Start(t.Context()))
		must(t, pingMongo(t, s))
	}
	must(t, s.Stop())
	l, err := net.Listen("tcp", s.address())
	must(t, err)
	if err := s.begin(t.Context()); !errors.Is(err, errTaken) {
		t.Errorf("a taken port: %v", err)
	}
	must(t, l.Close())
	must(t, s.Start(t.Context()))
}
