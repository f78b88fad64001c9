package contract

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const inCompose = "compose.yaml"

// composeFile is CT-6. Reading it as Compose does is for the tests of the
// generator.
func composeFile(_ context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	all, err := documents(files[inCompose])
	if err != nil || len(all) != 1 {
		s.broken(Must, inCompose, "one document of YAML", fmt.Sprintf("%d, %v", len(all), err))
		return nil
	}
	c := compose{Session: s, top: all[0]}
	s.check(at(c.top, "version") == nil, inCompose, "no version", scalar(at(c.top, "version")))
	c.sort()
	c.databases()
	c.migration()
	c.services()
	c.passwords("", c.top)
	return nil
}

// compose is a Compose file and the parts that its services play.
type compose struct {
	*Session
	top                    any
	stores, migrates, apps []string
}

// sort finds out which service is what.
func (c *compose) sort() {
	store := regexp.MustCompile(`(^|/)(postgres|postgresql|mysql|mariadb|mongo|mongodb)(:|@|$)`)
	for _, name := range keys(at(c.top, "services")) {
		command := strings.Join(slices.Concat(words(c.of(name, "entrypoint")), words(c.of(name, "command"))), " ")
		switch {
		case store.MatchString(scalar(c.of(name, "image"))):
			c.stores = append(c.stores, name)
		case name == "migrate" || strings.Contains(command, "migrate"):
			c.migrates = append(c.migrates, name)
		case c.of(name, "build") != nil:
			c.apps = append(c.apps, name)
		}
	}
	c.check(len(c.apps) > 0, inCompose, "a service that is built here", "none")
}

// of returns a member of a service.
func (c *compose) of(service string, keys ...string) any {
	return at(c.top, slices.Concat([]string{"services", service}, keys)...)
}

func where(service string) string { return inCompose + ": services." + service }

// databases checks the servers: health check, named volume, and no port that
// the network reaches. SQLite has its volume with the service.
func (c *compose) databases() {
	if c.suite.databaseName() == "sqlite" {
		for _, name := range slices.Concat(c.apps, c.migrates) {
			c.check(c.namedVolume(name), where(name), "a named volume for the database", fmt.Sprint(c.of(name, "volumes")))
		}
		return
	}
	c.check(len(c.stores) > 0, inCompose, "a database service", "none")
	for _, name := range c.stores {
		c.check(len(words(c.of(name, "healthcheck", "test"))) > 0, where(name), "healthcheck", "none")
		c.check(c.namedVolume(name), where(name), "a named volume for the data", fmt.Sprint(c.of(name, "volumes")))
		for _, port := range each(c.of(name, "ports")) {
			c.check(loopback(port), where(name), "its port not published, or on 127.0.0.1 only", fmt.Sprint(port))
		}
	}
}

// namedVolume reports whether a service keeps something in a volume that the
// file declares.
func (c *compose) namedVolume(service string) bool {
	declared := keys(at(c.top, "volumes"))
	return slices.ContainsFunc(each(c.of(service, "volumes")), func(v any) bool {
		source := scalar(at(v, "source"))
		if short, ok := v.(string); ok {
			source, _, _ = strings.Cut(short, ":")
		}
		return slices.Contains(declared, source)
	})
}

// loopback reports whether a published port is bound to this machine alone.
func loopback(port any) bool {
	if short, ok := port.(string); ok {
		return strings.HasPrefix(short, "127.0.0.1:") || strings.HasPrefix(short, "[::1]:")
	}
	host := scalar(at(port, "host_ip"))
	return host == "127.0.0.1" || host == "::1"
}

// migration checks that the schema is made by a service that ends.
func (c *compose) migration() {
	c.check(len(c.migrates) > 0, inCompose, "a one-shot service that migrates", "none")
	for _, name := range c.migrates {
		restart := scalar(c.of(name, "restart"))
		c.check(slices.Contains([]string{"", "no", "false"}, restart), where(name), "a service that ends", "restart: "+restart)
		c.waitsFor(name, c.stores, "service_healthy")
	}
}

// services checks that the service waits for what it needs.
func (c *compose) services() {
	for _, name := range c.apps {
		c.waitsFor(name, c.stores, "service_healthy")
		c.waitsFor(name, c.migrates, "service_completed_successfully")
	}
}

func (c *compose) waitsFor(name string, others []string, condition string) {
	for _, other := range others {
		got := scalar(c.of(name, "depends_on", other, "condition"))
		c.check(got == condition, where(name), "depends_on "+other+": "+condition, got)
	}
}

// passwords checks every value that is or holds a password: it comes from the
// environment, with a default that says it is for development.
func (c *compose) passwords(name string, v any) {
	switch value := v.(type) {
	case map[string]any:
		for _, key := range keys(value) {
			c.passwords(key, value[key])
		}
	case []any:
		for _, one := range value {
			key, rest, has := strings.Cut(scalar(one), "=")
			if _, plain := one.(string); plain && has {
				c.passwords(key, rest)
				continue
			}
			c.passwords("", one)
		}
	case string, int:
		secret := passwordIn(scalar(value))
		if secretName(name) {
			secret = scalar(value)
		}
		variable := regexp.MustCompile(`^\$\{\w+(:?\?[^}]*|:?-(?i:[^}]*dev[^}]*)?)?\}$`)
		c.check(secret == "" || variable.MatchString(secret), inCompose+": "+name, "no password but a default that is marked as one for development", secret)
	}
}
