package container

import (
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// load reads a compose file as Compose does, against its schema.
func load(t *testing.T, text string, env types.Mapping) (*types.Project, error) {
	t.Helper()
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  t.TempDir(),
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: []byte(text)}},
		Environment: env,
	})
}

func TestComposeFiles(t *testing.T) {
	t.Parallel()
	everyChoice(t, func(t *testing.T, database string, args ...string) {
		t.Helper()
		text := scaffold(t, "compose.yaml", args...)
		p, err := load(t, text, types.Mapping{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		app, migrate := p.Services["app"], p.Services["migrate"]
		if p.Name != "order-history" || app.Build == nil || !app.ReadOnly || len(app.CapDrop) != 1 {
			t.Errorf("%s: build %v, read-only %t, without %v", p.Name, app.Build, app.ReadOnly, app.CapDrop)
		}
		if got := app.DependsOn["migrate"].Condition; got != types.ServiceConditionCompletedSuccessfully {
			t.Errorf("the service waits for the migration: %q", got)
		}
		if len(migrate.Command) != 1 || migrate.Restart != "" || len(migrate.Ports) > 0 {
			t.Errorf("migrate runs %q, restarts %q, publishes %v", migrate.Command, migrate.Restart, migrate.Ports)
		}
		if s, ok := stores[database]; ok {
			s.check(t, text, p)
		} else if len(app.Volumes) != 1 || app.Volumes[0].Source != "data" || app.Volumes[0].Target != "/data" {
			t.Errorf("volumes %v", app.Volumes)
		}
	})
}

func TestDevContainers(t *testing.T) {
	t.Parallel()
	everyChoice(t, func(t *testing.T, database string, args ...string) {
		t.Helper()
		text := scaffold(t, ".devcontainer/compose.yaml", append(args, "--with", "devcontainer")...)
		p, err := load(t, text, types.Mapping{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		dev, db := p.Services["dev"], p.Services["db"]
		if len(dev.Volumes) != 1 || dev.Volumes[0].Target != "/workspaces/order-history" {
			t.Errorf("the repository is not there: %v", dev.Volumes)
		}
		server := database != "sqlite"
		if waits := dev.DependsOn["db"].Condition == types.ServiceConditionHealthy && dev.NetworkMode == "service:db"; waits != server {
			t.Errorf("waits for %v, in the network %q", dev.DependsOn, dev.NetworkMode)
		}
		if stays := len(db.Volumes) == 1 && db.HealthCheck != nil && len(db.Ports) == 0; stays != server {
			t.Errorf("volumes %v, health %v, ports %v", db.Volumes, db.HealthCheck, db.Ports)
		}
	})
}

// store is what a database service has to say.
type store struct{ port, password, volume string }

var stores = map[string]store{
	"postgres": {"5432", "POSTGRES_PASSWORD", "/var/lib/postgresql"},
	"mongodb":  {"27017", "MONGO_INITDB_ROOT_PASSWORD", "/data/db"},
	"mysql":    {"3306", "MARIADB_ROOT_PASSWORD", "/var/lib/mysql"},
}

// check checks the database service: both sides know one password, and a
// variable changes it for both.
func (s store) check(t *testing.T, text string, p *types.Project) {
	t.Helper()
	changed, err := load(t, text, types.Mapping{s.password: "other"})
	if err != nil {
		t.Fatal(err)
	}
	for password, project := range map[string]*types.Project{"development": p, "other": changed} {
		url := *project.Services["app"].Environment["DATABASE_URL"]
		if !strings.Contains(url, ":"+password+"@db:"+s.port+"/") || *project.Services["db"].Environment[s.password] != password {
			t.Errorf("password %s: %s", password, url)
		}
	}
	db := p.Services["db"]
	if len(db.Ports) != 1 || db.Ports[0].HostIP != "127.0.0.1" || db.HealthCheck == nil || len(db.HealthCheck.Test) < 2 {
		t.Errorf("ports %v, health %v", db.Ports, db.HealthCheck)
	}
	if len(db.Volumes) != 1 || db.Volumes[0].Type != types.VolumeTypeVolume || db.Volumes[0].Target != s.volume {
		t.Errorf("volumes %v", db.Volumes)
	}
}

// A compose file with a member that Compose does not know is refused.
func TestComposeIsStrict(t *testing.T) {
	t.Parallel()
	text := strings.Replace(scaffold(t, "compose.yaml"), "read_only:", "readonly:", 1)
	if _, err := load(t, text, types.Mapping{}); err == nil {
		t.Error("an unknown member is taken")
	}
}
