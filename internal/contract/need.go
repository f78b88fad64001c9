package contract

import (
	"slices"
	"strings"
)

// Need is what a repository must have for a clause to apply to it.
type Need string

// What a service needs to have that the suite started itself.
const (
	Process    Need = "process"
	Log        Need = "log"
	Database   Need = "database"
	Metrics    Need = "metrics port"
	Repository Need = "repository"
)

// The needs that are not modules. A module is needed by its name, see
// [Module].
const (
	Resource Need = "resource"
	Network  Need = "database server"
	SQL      Need = "SQL database"
)

const moduleWord = "module "

// Module returns the need for a module.
func Module(name string) Need { return Need(moduleWord + name) }

// absentError ends a clause that turns out not to apply; it names what is
// missing.
type absentError string

// Error implements error.
func (e absentError) Error() string { return "not applicable: no " + string(e) }

// missing returns the first need that the record does not meet.
func (s *suite) missing(needs []Need) string {
	for _, n := range needs {
		if !s.meets(n) {
			return string(n)
		}
	}
	return ""
}

// networked reports whether the service reaches its database over a network.
func (s *suite) networked() bool { return s.meets(Network) }

func (s *suite) meets(n Need) bool {
	if name, ok := strings.CutPrefix(string(n), moduleWord); ok {
		_, has := s.record.Modules[name]
		return has
	}
	switch n {
	case Process, Log, Database, Metrics, Repository:
		return s.outside == nil
	case Resource:
		return len(s.kinds) > 0
	case Network:
		return s.databaseName() != "sqlite"
	case SQL:
		return slices.Contains([]string{"sqlite", "postgres", "mysql"}, s.databaseName())
	}
	return false
}
