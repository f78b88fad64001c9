package dbserver

import (
	_ "embed"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// MongoDB is MongoDB where its server mongod is on the PATH. Elsewhere it is a
// protocol double on the JVM, mongo-java-server, which speaks as MongoDB does and
// keeps its data in memory. Neither wants a password.
func MongoDB() Kind {
	if _, err := exec.LookPath("mongod"); err == nil {
		return mongod()
	}
	return mongoDouble()
}

func mongod() Kind {
	return Kind{
		name:     "mongodb",
		user:     "mongodb",
		programs: func() ([]string, error) { return programs("MongoDB", "mongod") },
		prepare:  func(s *Server) ([]string, error) { return []string{"mkdir", s.data()}, nil },
		serve: func(s *Server) []string {
			return []string{
				"mongod", "--dbpath", s.data(), "--port", strconv.Itoa(s.port), "--bind_ip", "127.0.0.1", "--nounixsocket",
				"--wiredTigerCacheSizeGB", "0.25",
			}
		},
		url:   mongoURL,
		ready: "Waiting for connections",
		taken: "Address already in use",
		busy:  "Another mongod instance is already running",
		end:   syscall.SIGTERM,
	}
}

// doubleSource is what starts the double.
//
//go:embed double/Double.java
var doubleSource string

// doublePath is where the JVM finds the double, in the directory of the server.
const doublePath = "lib/*:."

func mongoDouble() Kind {
	return Kind{
		name:     "mongodb",
		user:     "nobody",
		programs: doublePrograms,
		prepare:  prepareDouble,
		serve: func(s *Server) []string {
			return []string{
				"java", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-Djava.io.tmpdir=" + s.dir, "-cp", doublePath,
				"Double", strconv.Itoa(s.port),
			}
		},
		url:   mongoURL,
		ready: "Waiting for connections",
		taken: "Address already in use",
		busy:  "no data outlives the double",
		end:   syscall.SIGTERM,
	}
}

func mongoURL(s *Server) *url.URL {
	return &url.URL{Scheme: "mongodb", Host: s.address(), Path: "/" + administrator, RawQuery: "directConnection=true"}
}

// doubleDir is where "make mongo-double" puts the libraries of the double.
func doubleDir() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "groundsill", "mongo-double"), err
}

// doublePrograms returns where the JVM is, if the libraries of the double are
// there, too.
func doublePrograms() ([]string, error) {
	dir, err := doubleDir()
	if err != nil {
		return nil, err
	}
	if found, err := filepath.Glob(filepath.Join(dir, "mongo-java-server-core-*.jar")); err != nil || len(found) == 0 {
		return nil, &NotInstalledError{Product: "MongoDB", Reason: "no program mongod is on the PATH, and no double in " + dir + "; make mongo-double puts one there"}
	}
	path, err := exec.LookPath("java")
	if err != nil {
		return nil, &NotInstalledError{Product: "MongoDB", Reason: "no program mongod is on the PATH, and no java for the double"}
	}
	path, err = filepath.EvalSymlinks(path)
	return []string{filepath.Dir(path)}, err
}

// prepareDouble copies the double to where the owner of the server can read it.
func prepareDouble(s *Server) ([]string, error) {
	from, err := doubleDir()
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(s.dir, "lib"), os.DirFS(from)); err != nil {
		return nil, err
	}
	if err := s.confide("Double.java", doubleSource); err != nil {
		return nil, err
	}
	return []string{"javac", "-cp", doublePath, "Double.java"}, nil
}

// programs returns the directory of a program on the PATH.
func programs(product, name string) ([]string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, &NotInstalledError{Product: product, Reason: "no program " + name + " on the PATH"}
	}
	return []string{filepath.Dir(path)}, nil
}
