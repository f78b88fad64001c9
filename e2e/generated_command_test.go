package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// needModules skips a test when the module cache does not hold what the
// service uses and no proxy can be asked.
func needModules(t *testing.T, dir string) {
	t.Helper()
	if out, err := command(dir, "go", "mod", "download").CombinedOutput(); err != nil {
		reason, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		miss(t, "go-modules", "cannot be had: "+reason)
	}
}

// needNode skips the test without the Node.js that services are for.
func needNode(t *testing.T) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		need(t, program)
	}
	version := strings.TrimPrefix(strings.TrimSpace(run(t, ".", "node", "--version")), "v")
	major, _, _ := strings.Cut(version, ".")
	if number, err := strconv.Atoi(major); err != nil || number < 24 {
		miss(t, "node24", "is needed, and node is "+version)
	}
}

// needPackages installs the packages of a service in TypeScript.
func needPackages(t *testing.T, dir string) {
	t.Helper()
	needNode(t)
	if out, err := command(dir, "npm", "ci", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

// command is a program in a directory, with nothing of the machine in its
// environment but where programs and caches are.
func command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = slices.Clone(cleanEnv())
	return cmd
}

// cleanEnv is the environment of a newcomer: a home without settings, the
// toolchain, and no variable of a service. Docker is out of reach. The place
// for temporary files is its own, because golangci-lint keeps its lock there.
var cleanEnv = sync.OnceValue(func() []string {
	home := filepath.Join(os.TempDir(), "sill-e2e-home")
	temporary := filepath.Join(home, "tmp")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		temporary = os.TempDir()
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "TMPDIR=" + temporary,
		"TZ=UTC", "LC_ALL=C.UTF-8", "NO_COLOR=1", "DOCKER_HOST=unix:///nonexistent", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
		"GOTOOLCHAIN=local", "GOFLAGS=-trimpath", // without paths in them, built packages are found in the cache again
		"GOLANGCI_LINT_CACHE=" + filepath.Join(goEnv("GOCACHE"), "golangci-lint"),
	}
	for _, key := range goSettings {
		env = append(env, key+"="+goEnv(key))
	}
	for _, key := range npmSettings {
		if value, set := os.LookupEnv(key); set {
			env = append(env, key+"="+value)
		}
	}
	return slices.Clip(env) // so that what tests append in parallel is their own
})

// npmSettings are what reaches a registry.
var npmSettings = []string{"NODE_EXTRA_CA_CERTS", "NPM_CONFIG_REGISTRY", "npm_config_registry"}

// goSettings are what finds modules and built packages again.
var goSettings = []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB"}
