package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	needs "groundsill.example/internal/need"
)

// confine runs a command as an image does whose platform gives it nothing: as a
// number, without rights, on a root that is read-only. What it may write to is
// the first argument; that a platform may not let it mount is no reason to stop.
const confine = `
if mount --bind "$1" "$1" && mount -o remount,bind,ro /; then :; fi 2>/dev/null
shift
exec setpriv --reuid=12345 --regid=12345 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
`

// TestGeneratedConfined starts the binary of each database as a user that the
// system does not know.
func TestGeneratedConfined(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	for _, program := range []string{"setpriv", "unshare"} {
		need(t, program)
	}
	if os.Geteuid() != 0 {
		miss(t, "root", "is needed to become another user")
	}
	for _, database := range databases() {
		t.Run(database, func(t *testing.T) {
			data := openDir(t)
			location := "sqlite://" + filepath.Join(data, "orders.db")
			if database != "sqlite" {
				location = databaseServer(t, database).URL()
			}
			dir := scaffold(t, "--database", database)
			needModules(t, dir)
			binary := filepath.Join(openDir(t), "server")
			run(t, dir, "make", "build")
			run(t, dir, "install", "-m", "0755", filepath.Join("bin", "server"), binary)
			confined := func(argv ...string) []string {
				return append([]string{"unshare", "--mount", "sh", "-c", confine, "sh", data}, argv...)
			}
			env := []string{"DATABASE_URL=" + location}
			m := start(t, "/", env, confined(binary, "migrate"))
			m.wait(t)
			if m.failure != nil {
				t.Fatalf("migrate: %v\n%s", m.failure, m.out)
			}
			p := serve(t, "/", env, confined(binary, "start"))
			p.checkConfined(t)
			p.create(t, "A-1")
			begun := time.Now()
			p.stop(t)
			const limit = 10 * time.Second
			if took := time.Since(begun); took > limit {
				t.Errorf("it takes %v to stop", took)
			}
		})
	}
}

// openDir returns a directory that belongs to the user of the test.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sill-confined-") //nolint:usetesting // t.TempDir lies in a directory that nobody else may enter
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Chown(dir, 12345, 12345))
	return dir
}

// checkConfined demands that a process has the rights that it was left.
func (p *process) checkConfined(t *testing.T) {
	t.Helper()
	checkRights(t, read(t, fmt.Sprintf("/proc/%d", p.cmd.Process.Pid), "status"))
	mounts := read(t, fmt.Sprintf("/proc/%d", p.cmd.Process.Pid), "mountinfo")
	for line := range strings.SplitSeq(mounts, "\n") {
		if f := strings.Fields(line); len(f) > 5 && f[4] == "/" && !strings.HasPrefix(f[5], "ro,") && needs.Required("mount") {
			t.Errorf("the root is mounted %s", f[5])
		}
	}
}

// checkRights demands of the status of a process, as /proc has it, that it is a
// number without any right.
func checkRights(t *testing.T, status string) {
	t.Helper()
	for _, want := range []string{
		"Uid:\t12345\t12345\t12345\t12345\n", "Gid:\t12345\t12345\t12345\t12345\n", "Groups:\t \n", "NoNewPrivs:\t1\n",
		"CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "CapAmb:\t0000000000000000\n",
	} {
		if !strings.Contains(status, want) {
			t.Errorf("the process has not %q:\n%s", want, status)
		}
	}
}
