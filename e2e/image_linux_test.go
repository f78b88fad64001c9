package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
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
	for _, c := range []struct {
		blueprint, database string
		args                []string
		program             []string // what the image starts
		adds                []string // what the build adds to the base image, and what is below
	}{
		{"go", "postgres", nil, []string{"/usr/local/bin/server"}, []string{"usr/local/bin/server"}},
		// Auth needs its issuer in the container.
		{"go", "sqlite", []string{"--with", "auth"}, []string{"/usr/local/bin/server"}, []string{"data", "usr/local/bin/server"}},
		{
			"express", "postgres", nil,
			[]string{"/nodejs/bin/node", "dist/main.js"},
			[]string{"app/dist", "app/migrations", "app/node_modules", "app/openapi", "app/openapi.yaml", "app/package.json"},
		},
	} {
		t.Run(c.blueprint+"/"+c.database, func(t *testing.T) {
			server := ""
			if c.database != "sqlite" {
				server = databaseServer(t, c.database).URL()
			}
			dir := scaffold(t, append([]string{"-b", c.blueprint, "--database", c.database}, c.args...)...)
			e.standIn(t, c.blueprint, dir)
			e.confines(t, dir)
			e.keepsClauses(t, dir, server)
			e.adds(t, dir, c.adds)
			e.starts(t, c.program)
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

// standIn makes what stands in for the base images of a service, which are two:
// one with what builds it, and one with what runs it.
func (e *images) standIn(t *testing.T, blueprint, dir string) {
	t.Helper()
	names := baseName.FindAllStringSubmatch(read(t, dir, "Dockerfile"), -1)
	if len(names) != 2 {
		t.Fatalf("the Dockerfile is based on %q", names)
	}
	builds, runs := e.goToolchain, e.nearlyNothing
	if blueprint == "express" {
		builds, runs = e.node, e.nodeAlone
	}
	e.base(t, names[0][1], builds)
	e.base(t, names[1][1], runs)
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

// debian makes a Debian with the certificates of this machine.
func (e *images) debian(t *testing.T, tree string) {
	t.Helper()
	release := find(t, read(t, "/etc", "os-release"), `^VERSION_CODENAME=(\S+)$`)
	e.run(t, e.storage, "debootstrap", "--variant=minbase", release, tree)
	e.copy(t, certificates, tree, slashed.Dir(certificates))
}

// copy copies a file or a directory of this machine into a directory of a tree.
func (e *images) copy(t *testing.T, from, tree, to string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(tree, to), 0o755))
	e.run(t, e.storage, "cp", "-rL", from, filepath.Join(tree, to))
}

// goToolchain makes a Debian with the Go toolchain of this machine, which asks
// the module proxy that this machine asks.
func (e *images) goToolchain(t *testing.T, tree string) []string {
	t.Helper()
	e.debian(t, tree)
	e.run(t, e.storage, "cp", "-rL", goEnv("GOROOT"), filepath.Join(tree, "usr/local/go"))
	settings := []string{"--env", "PATH=/go/bin:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin", "--env", "GOPATH=/go", "--env", "GOTOOLCHAIN=local"}
	for _, key := range []string{"GOPROXY", "GOSUMDB", "GONOSUMDB"} {
		settings = append(settings, "--env", key+"="+goEnv(key))
	}
	return settings
}

// node makes a Debian with the Node.js and the npm of this machine, which asks
// the registry that this machine asks.
func (e *images) node(t *testing.T, tree string) []string {
	t.Helper()
	e.debian(t, tree)
	e.copy(t, nodeProgram(t), tree, "usr/local/bin")
	program, err := exec.LookPath("npm")
	must(t, err)
	program, err = filepath.EvalSymlinks(program)
	must(t, err)
	e.copy(t, filepath.Dir(filepath.Dir(program)), tree, "usr/local/lib/node_modules")
	must(t, os.Symlink("../lib/node_modules/npm/bin/npm-cli.js", filepath.Join(tree, "usr/local/bin/npm")))
	return []string{
		"--env", "PATH=/usr/local/bin:/usr/bin:/bin", "--env", "NODE_EXTRA_CA_CERTS=" + certificates,
		"--env", "npm_config_registry=" + e.run(t, e.storage, "npm", "config", "get", "registry"),
	}
}

// nodeProgram returns the path of Node.js.
func nodeProgram(t *testing.T) string {
	t.Helper()
	needNode(t)
	program, err := exec.LookPath("node")
	must(t, err)
	program, err = filepath.EvalSymlinks(program)
	must(t, err)
	return program
}

// nodeAlone makes what Node.js needs, and no shell.
func (e *images) nodeAlone(t *testing.T, tree string) []string {
	t.Helper()
	settings := e.nearlyNothing(t, tree)
	node := nodeProgram(t)
	e.copy(t, node, tree, "nodejs/bin")
	for _, library := range regexp.MustCompile(`(?m)(/\S+) \(0x`).FindAllStringSubmatch(e.run(t, e.storage, "ldd", node), -1) {
		e.copy(t, library[1], tree, slashed.Dir(library[1]))
	}
	return settings
}

// nearlyNothing makes what a static program needs, and no shell.
func (e *images) nearlyNothing(t *testing.T, tree string) []string {
	t.Helper()
	for _, dir := range []string{"proc", "sys", "dev", "tmp", "etc", "home/nonroot"} {
		must(t, os.MkdirAll(filepath.Join(tree, dir), 0o755))
	}
	put(t, filepath.Join(tree, "etc/passwd"), "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")
	e.copy(t, certificates, tree, slashed.Dir(certificates))
	e.copy(t, "/usr/share/zoneinfo", tree, "usr/share")
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

// builtImage is what the image of a service is called here.
const builtImage = "localhost/orders"

// adds demands that the image has these, and what is below them, beside the files
// of what it is based on.
func (e *images) adds(t *testing.T, dir string, want []string) {
	t.Helper()
	e.run(t, dir, filepath.Join(e.bin, "docker"), "build", "--tag", builtImage, ".")
	base := baseName.FindAllStringSubmatch(read(t, dir, "Dockerfile"), -1)[1][1]
	before, after := e.files(t, base), e.files(t, builtImage)
	added := map[string]bool{}
	size, own := int64(0), int64(0)
	for name := range after {
		size += after[name]
		if _, was := before[name]; was {
			continue
		}
		own += after[name]
		i := slices.IndexFunc(want, func(one string) bool { return name == one || strings.HasPrefix(name, one+"/") })
		if i >= 0 {
			name = want[i]
		}
		added[name] = true
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(added))); diff != "" {
		t.Errorf("the build adds other files (- want, + there):\n%s", diff)
	}
	for _, tool := range []string{"typescript", "vitest", "eslint"} {
		if _, there := after["app/node_modules/"+tool+"/package.json"]; there {
			t.Errorf("%s is in the image", tool)
		}
	}
	t.Logf("the service has %.1f MB, the image %.1f MB", float64(own)/1e6, float64(size)/1e6)
}

// starts demands that the image runs a program, and as the number that its base
// has.
func (e *images) starts(t *testing.T, program []string) {
	t.Helper()
	var shown struct {
		OCIv1 struct {
			Config struct {
				User            string
				Entrypoint, Cmd []string
			} `json:"config"`
		}
	}
	must(t, json.Unmarshal([]byte(e.buildah(t, "inspect", "--type", "image", builtImage)), &shown))
	config := shown.OCIv1.Config
	if config.User != "65532:65532" || !slices.Equal(config.Entrypoint, program) || !slices.Equal(config.Cmd, []string{"start"}) {
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
