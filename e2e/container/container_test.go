package container

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain builds sill once.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sill-container-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "sill")
	build := exec.Command("go", "build", "-o", program, "./cmd/sill")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

var program string // the path of sill

// scaffold makes a repository and returns the text of one of its files.
func scaffold(t *testing.T, file string, args ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(generate(t, args...), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// generate makes a repository and returns its directory.
func generate(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "order-history")
	home := t.TempDir()
	cmd := exec.Command(program, append([]string{"new", dir, "--yes", "--git", "none"}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return dir
}

// everyChoice calls f for every choice of answers on which files for
// containers depend.
func everyChoice(t *testing.T, f func(t *testing.T, database string, args ...string)) {
	t.Helper()
	for _, database := range []string{"sqlite", "postgres", "mysql", "mongodb"} {
		for _, licence := range []string{"MIT", "proprietary"} {
			for _, description := range []string{"Orders.", "What $HOME costs: 'all' #1 & ${MORE}, 100 % <b>"} {
				t.Run(database+" "+licence+" "+description, func(t *testing.T) {
					t.Parallel()
					f(t, database, "--database", database, "--license", licence, "--description", description)
				})
			}
		}
	}
}
