package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	slashed "path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/contract"
)

// imageTest has the test build images; make image-test sets it.
const imageTest = "SILL_TEST_IMAGE"

// TestImage builds the images of services with buildah and holds them to the
// clauses of the contract about containers: they run as a number without any
// right on a root that is read-only, and end when told (CT-4). And it looks
// into them (CT-3): what the build adds to the base image is the program and
// the place of its data, and nothing else.
//
// Base images are not fetched. What stands in for them has their names: Debian
// as debootstrap makes it, with the toolchain of this machine, and for the one
// without a shell a few files. Nothing but their digests is left out of the
// Dockerfile that is built; [groundsill.example/e2e/engine] tells more.
func TestImage(t *testing.T) {
	if os.Getenv(imageTest) == "" {
		t.Skip("make image-test builds images")
	}
	for _, program := range []string{"buildah", "debootstrap"} {
		need(t, program)
	}
	if os.Geteuid() != 0 {
		miss(t, "root", "is needed to make images and namespaces")
	}
	e := newImages(t)
	for _, database := range []string{"postgres", "sqlite"} {
		t.Run(database, func(t *testing.T) {
			server, adds, args := "", []string{"usr/local/bin/server"}, []string{"--database", database}
			if database == "sqlite" {
				adds = append([]string{"data"}, adds...)
				args = append(args, "--with", "auth") // which needs its issuer in the container
			} else {
				server = databaseServer(t, database).URL()
			}
			dir := scaffold(t, args...)
			e.standIn(t, dir)
			e.confines(t, dir)
			e.keepsClauses(t, dir, server)
			e.adds(t, dir, adds)
		})
	}
}

// images makes images in a storage of its own.
type images struct {
	storage string
	bin     string          // the directory of the engine
	there   map[string]bool // what stands in for a base image, by name
}

// newImages puts the engine where the contract looks for one.
func newImages(t *testing.T) *images {
	t.Helper()
	e := &images{storage: t.TempDir(), bin: t.TempDir(), there: map[string]bool{}}
	run(t, ".", "go", "build", "-o", filepath.Join(e.bin, "engine"), "./engine")
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' '%s' \"$@\"\n", filepath.Join(e.bin, "engine"), e.storage)
	must(t, os.WriteFile(filepath.Join(e.bin, "docker"), []byte(script), 0o700))
	return e
}

// env is the environment with the engine in front of all others.
func (e *images) env() []string {
	mine := []string{"PATH=" + e.bin + string(os.PathListSeparator) + os.Getenv("PATH"), "TMPDIR=" + e.storage}
	return append(mine, slices.DeleteFunc(slices.Clone(cleanEnv()), func(one string) bool {
		return strings.HasPrefix(one, "PATH=") || strings.HasPrefix(one, "TMPDIR=")
	})...)
}

// run runs a program with the engine at hand and returns what it prints.
func (e *images) run(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	cmd := command(dir, argv[0], argv[1:]...)
	cmd.Env = e.env()
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(argv, " "), err, &out, &failure)
	}
	return strings.TrimSpace(out.String())
}

// buildah runs a command of buildah and returns what it prints.
func (e *images) buildah(t *testing.T, args ...string) string {
	t.Helper()
	storage := []string{"buildah", "--root", filepath.Join(e.storage, "images"), "--runroot", filepath.Join(e.storage, "run"), "--storage-driver", "vfs"}
	return e.run(t, e.storage, slices.Concat(storage, args)...)
}

// baseName is the name of an image that a Dockerfile is based on.
var baseName = regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+?)@sha256:[0-9a-f]{64}`)

// standIn makes what stands in for the base images of a service, which are two.
func (e *images) standIn(t *testing.T, dir string) {
	t.Helper()
	names := baseName.FindAllStringSubmatch(read(t, dir, "Dockerfile"), -1)
	if len(names) != 2 {
		t.Fatalf("the Dockerfile is based on %q", names)
	}
	e.base(t, names[0][1], e.toolchain)
	e.base(t, names[1][1], e.nearlyNothing)
}

// base makes an image of a name, once. What fills it returns its settings.
func (e *images) base(t *testing.T, name string, fill func(t *testing.T, tree string) []string) {
	t.Helper()
	if e.there[name] {
		return
	}
	e.there[name] = true
	tree := t.TempDir()
	settings := fill(t, tree)
	container := e.buildah(t, "from", "scratch")
	e.buildah(t, "copy", "--quiet", container, tree, "/")
	e.buildah(t, slices.Concat([]string{"config"}, settings, []string{container})...)
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		name = "docker.io/library/" + name
	}
	e.buildah(t, "commit", "--quiet", "--rm", container, name)
}

// certificates are those of this machine, which the module proxy may need.
const certificates = "/etc/ssl/certs/ca-certificates.crt"

// toolchain makes a Debian with the Go toolchain of this machine, which asks the
// module proxy that this machine asks.
func (e *images) toolchain(t *testing.T, tree string) []string {
	t.Helper()
	release := find(t, read(t, "/etc", "os-release"), `^VERSION_CODENAME=(\S+)$`)
	e.run(t, e.storage, "debootstrap", "--variant=minbase", release, tree)
	must(t, os.MkdirAll(filepath.Join(tree, slashed.Dir(certificates)), 0o755))
	e.run(t, e.storage, "cp", "-rL", certificates, filepath.Join(tree, slashed.Dir(certificates)))
	e.run(t, e.storage, "cp", "-rL", goEnv("GOROOT"), filepath.Join(tree, "usr/local/go"))
	settings := []string{"--env", "PATH=/go/bin:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin", "--env", "GOPATH=/go", "--env", "GOTOOLCHAIN=local"}
	for _, key := range []string{"GOPROXY", "GOSUMDB", "GONOSUMDB"} {
		settings = append(settings, "--env", key+"="+goEnv(key))
	}
	return settings
}

// nearlyNothing makes what a static program needs, and no shell.
func (e *images) nearlyNothing(t *testing.T, tree string) []string {
	t.Helper()
	for _, dir := range []string{"proc", "sys", "dev", "tmp", "home/nonroot", slashed.Dir(certificates), "usr/share"} {
		must(t, os.MkdirAll(filepath.Join(tree, dir), 0o755))
	}
	put(t, filepath.Join(tree, "etc/passwd"), "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")
	e.run(t, e.storage, "cp", "-rL", certificates, filepath.Join(tree, slashed.Dir(certificates)))
	e.run(t, e.storage, "cp", "-rL", "/usr/share/zoneinfo", filepath.Join(tree, "usr/share"))
	return []string{"--user", "65532"}
}

// confines demands of the engine that a container is what the contract asks
// for, so that to run in one means something.
func (e *images) confines(t *testing.T, dir string) {
	t.Helper()
	const look = `cat /proc/self/status; echo "process $$"; if echo x >/x; then echo root; fi; if echo x >/tmp/x; then echo tmp; fi; exit 7`
	image := baseName.FindStringSubmatch(read(t, dir, "Dockerfile"))[1]
	cmd := command(dir, filepath.Join(e.bin, "docker"), "run", "--rm", "--name", "look", "--network", "host", "--read-only", "--tmpfs", "/tmp",
		"--cap-drop", "ALL", "--security-opt", "no-new-privileges", "-u", "12345:12345", image, "/bin/sh", "-c", look)
	cmd.Env = e.env()
	out, err := cmd.Output()
	if exitCode(err) != 7 {
		t.Fatalf("docker run: %v\n%s", err, out)
	}
	checkRights(t, string(out))
	if _, done, _ := strings.Cut(string(out), "\nprocess "); done != "1\ntmp\n" {
		t.Errorf("it is another process, or has other places to write to:\n%s", done)
	}
}

// keepsClauses demands that every clause about containers is held that is not
// about a module which the service lacks.
func (e *images) keepsClauses(t *testing.T, dir, server string) {
	t.Helper()
	begun := time.Now()
	report, err := contract.Run(t.Context(), contract.Options{
		Dir: dir, Scratch: openDir(t), Server: server, Now: time.Now, Env: e.env(), Clauses: []string{"CT"},
	})
	must(t, err)
	var table strings.Builder
	must(t, report.Table(&table))
	t.Logf("%s\n%v with the build of the image", &table, time.Since(begun).Round(time.Second))
	for _, r := range report.Results {
		if r.Outcome == contract.Broken || r.Outcome == contract.NotApplicable && r.ID == "CT-4" {
			t.Errorf("%s %s: %s %s", r.ID, r.Level, r.Outcome, r.Missing)
		}
	}
}

// adds demands that the image has these files beside those of what it is based
// on, that it runs as the same number, and what starts it.
func (e *images) adds(t *testing.T, dir string, want []string) {
	t.Helper()
	const image = "localhost/orders"
	e.run(t, dir, filepath.Join(e.bin, "docker"), "build", "--tag", image, ".")
	base := baseName.FindAllStringSubmatch(read(t, dir, "Dockerfile"), -1)[1][1]
	before, after := e.files(t, base), e.files(t, image)
	var added []string
	size := int64(0)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		size += after[name]
		if _, was := before[name]; !was {
			added = append(added, name)
		}
	}
	if diff := cmp.Diff(want, added); diff != "" {
		t.Errorf("the build adds other files (- want, + there):\n%s", diff)
	}
	t.Logf("the program has %.1f MB, the image %.1f MB", float64(after["usr/local/bin/server"])/1e6, float64(size)/1e6)
	var shown struct {
		OCIv1 struct {
			Config struct {
				User            string
				Entrypoint, Cmd []string
			} `json:"config"`
		}
	}
	must(t, json.Unmarshal([]byte(e.buildah(t, "inspect", "--type", "image", image)), &shown))
	config := shown.OCIv1.Config
	if config.User != "65532:65532" || !slices.Equal(config.Entrypoint, []string{"/usr/local/bin/server"}) || !slices.Equal(config.Cmd, []string{"start"}) {
		t.Errorf("the image runs %q as %q", slices.Concat(config.Entrypoint, config.Cmd), config.User)
	}
}

// files returns the files of an image with their sizes, and the directories
// that hold none.
func (e *images) files(t *testing.T, image string) map[string]int64 {
	t.Helper()
	container := e.buildah(t, "from", "--pull-never", image)
	root := os.DirFS(e.buildah(t, "mount", container))
	all := map[string]int64{}
	must(t, fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !d.IsDir() {
			all[name] = info.Size()
		} else if entries, err := fs.ReadDir(root, name); err != nil || len(entries) == 0 {
			all[name] = 0
		}
		return nil
	}))
	e.buildah(t, "rm", container)
	return all
}
