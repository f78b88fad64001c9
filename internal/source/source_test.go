//go:build unix

package source

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/tree"
)

const manifest = "name: demo\nversion: 1.2.3\ndescription: a demo\nengine: 1\n"

// write makes files in a new directory: paths and contents, in turn.
func write(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		name := filepath.Join(dir, filepath.FromSlash(pairs[i]))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(pairs[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// refused checks the class, the code and, when there is one, the file.
func refused(t *testing.T, err error, class diag.Class, code, file string) {
	t.Helper()
	var d *diag.Error
	if !errors.As(err, &d) || d.Class != class || d.Code() != code || d.Diagnostics[0].At.File != file {
		t.Errorf("got %#v, want %s %s in %q", err, class, code, file)
	}
}

func TestBuiltinsLoad(t *testing.T) {
	names, err := Names()
	if err != nil || len(names) == 0 || slices.Contains(names, sharedDir) || !slices.IsSorted(names) {
		t.Fatalf("got %v, %v", names, err)
	}
	for _, name := range names {
		s, err := Open(t.TempDir(), name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind != Builtin || s.Blueprint.Name != name || len(s.Blueprint.Base.Templates) == 0 {
			t.Errorf("%s: got %s of kind %s", name, s.Blueprint.Name, s.Kind)
		}
		back, err := blueprint.ParseBundle("b", blueprint.Bundle(s.Blueprint.Content))
		if err != nil || blueprint.Digest(back) != s.Blueprint.Digest {
			t.Errorf("%s does not come back from its bundle: %v", name, err)
		}
	}
}

// A built-in and its directory are the same blueprint, whatever the modes on
// the disk of a checkout are.
func TestBuiltinIsItsDirectory(t *testing.T) {
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		builtin, err := Open("", name)
		if err != nil {
			t.Fatal(err)
		}
		dir, err := Open("../../blueprints", "./"+name)
		if err != nil {
			t.Fatal(err)
		}
		if dir.Kind != Directory || dir.Blueprint.Digest != builtin.Blueprint.Digest {
			t.Errorf("%s: %s is not %s", name, dir.Blueprint.Digest, builtin.Blueprint.Digest)
		}
	}
}

func TestOpenDirectory(t *testing.T) {
	dir := write(t, "blueprint.yaml", manifest, "files/a/b.tmpl", "x", "partials/p.tmpl", "p", "CHANGELOG.md", "c",
		"modules/m/module.yaml", "summary: s", "locks/go.json", "{}", "README.md", "not part of it", ".git/HEAD", "nor this")
	if err := os.Chmod(filepath.Join(dir, "files/a/b.tmpl"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{dir, "./" + filepath.Base(dir), "x/../" + filepath.Base(dir)} {
		s, err := Open(filepath.Dir(dir), ref)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for p, f := range s.Blueprint.Content.All() {
			got = append(got, p.String()+" "+string(f.Mode))
		}
		want := []string{
			"CHANGELOG.md 0644", "blueprint.yaml 0644", "files/a/b.tmpl 0755", "locks/go.json 0644", "modules/m/module.yaml 0644", "partials/p.tmpl 0644",
		}
		if !slices.Equal(got, want) || s.Kind != Directory {
			t.Errorf("%s: got %q, want %q", ref, got, want)
		}
	}
	for _, ref := range []string{".", "./"} {
		if _, err := Open(dir, ref); err != nil {
			t.Error(err)
		}
	}
}

func TestSharedModules(t *testing.T) {
	dir := write(t, "blueprint.yaml", manifest+"facts: {port: 80}\nshared: [docker]\n", "files/a", "")
	s, err := Open("", dir)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := s.Blueprint.Module("docker"); !ok || len(m.Templates) == 0 {
		t.Errorf("got %v", s.Blueprint.Modules)
	}
}

func TestBlueprintsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name       string
		files      []string
		code, file string
	}{
		{"no manifest", []string{"files/a", ""}, "blueprint-manifest", ""},
		{"unknown shared module", []string{"blueprint.yaml", manifest + "shared: [nope]"}, "shared-unknown", "blueprint.yaml"},
		{"shared module climbs", []string{"blueprint.yaml", manifest + "shared: [../go]"}, "manifest-form", "blueprint.yaml"},
		{"shared module twice", []string{"blueprint.yaml", manifest + "shared: [docker, docker]"}, "path-collision", "shared/docker/files/.dockerignore.tmpl"},
		{"device name", []string{"blueprint.yaml", manifest, "files/aux.txt", ""}, "path-device", "files/aux.txt"},
		{"git", []string{"blueprint.yaml", manifest, "files/.git/config", ""}, "path-git", "files/.git/config"},
		{"two cases", []string{"blueprint.yaml", manifest, "files/A", "", "files/a", ""}, "path-collision", "files/a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS != "linux" && (c.code == "path-device" || c.code == "path-collision") {
				t.Skip("the file system does not take these names")
			}
			_, err := Open("", write(t, c.files...))
			refused(t, err, diag.Blueprint, c.code, c.file)
		})
	}
}

func TestLinksAndDevicesAreRefused(t *testing.T) {
	secret := write(t, "secret", "s", "dir/secret", "s")
	for _, c := range []struct{ name, target string }{
		{"files/link", filepath.Join(secret, "secret")},
		{"files/link", "a"},
		{"files/dir", filepath.Join(secret, "dir")},
		{"partials", filepath.Join(secret, "dir")},
		{"locks", "files"},
		{"CHANGELOG.md", "blueprint.yaml"},
		{"files/dangling", "nowhere"},
	} {
		dir := write(t, "blueprint.yaml", manifest, "files/a", "")
		if err := os.Symlink(c.target, filepath.Join(dir, filepath.FromSlash(c.name))); err != nil {
			t.Skip(err)
		}
		_, err := Open("", dir)
		refused(t, err, diag.Blueprint, "blueprint-special", c.name)
	}
	dir := write(t, "blueprint.yaml", manifest, "files/a", "")
	if err := syscall.Mkfifo(filepath.Join(dir, "files", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open("", dir)
	refused(t, err, diag.Blueprint, "blueprint-special", "files/pipe")
}

func TestOversizeIsRefused(t *testing.T) {
	dir := write(t, "blueprint.yaml", manifest, "files/a", "")
	if err := os.Truncate(filepath.Join(dir, "files", "a"), maxBytes+1); err != nil { // sparse
		t.Fatal(err)
	}
	_, err := Open("", dir)
	refused(t, err, diag.Blueprint, "blueprint-large", "files/a")
}

func TestUnknownBlueprints(t *testing.T) {
	for _, ref := range []string{"goo", "nope", "", "shared", "./nope", "a/b", `a\b`} {
		_, err := Open(t.TempDir(), ref)
		var d *diag.Error
		if !errors.As(err, &d) || d.Class != diag.Usage || d.Code() != "blueprint-unknown" || d.Hint() == "" {
			t.Errorf("%q: got %v", ref, err)
		}
	}
}

func paths(t *testing.T, names ...string) []tree.Path {
	t.Helper()
	all := make([]tree.Path, 0, len(names))
	for _, name := range names {
		p, err := tree.ParsePath(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestSnapshot(t *testing.T) {
	dir := write(t, "a", "data", "run", "#!", "d/x", "x", "not-asked", "")
	if err := os.Chmod(filepath.Join(dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	asked := paths(t, "a", "run", "d", "d/x", "link", "pipe", "absent", "absent/deep", "a/below-a-file")
	got, err := Snapshot(dir, asked)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]tree.File{
		"a": {Data: []byte("data"), Mode: tree.Regular}, "run": {Data: []byte("#!"), Mode: tree.Executable},
		"d": {Mode: tree.Directory}, "d/x": {Data: []byte("x"), Mode: tree.Regular},
		"link": {Data: []byte("/etc/passwd"), Mode: tree.Symlink}, "pipe": {Mode: tree.Special},
	}
	if got.Len() != len(want) {
		t.Errorf("got %d files, want %d", got.Len(), len(want))
	}
	for p, f := range got.All() {
		if !f.Equal(want[p.String()]) {
			t.Errorf("%s: got %s %q, want %v", p, f.Mode, f.Data, want[p.String()])
		}
	}
	if none, err := Snapshot(filepath.Join(dir, "absent"), asked); err != nil || none.Len() != 0 {
		t.Errorf("an absent directory: %d files, %v", none.Len(), err)
	}
}

// A link in the way leads nowhere: what is behind it outside is not read.
func TestSnapshotStaysInside(t *testing.T) {
	outside := write(t, "secret", "s")
	dir := write(t, "a", "")
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Skip(err)
	}
	got, err := Snapshot(dir, paths(t, "out/secret"))
	if diag.ClassOf(err) != diag.Environment || got.Len() != 0 {
		t.Errorf("got %d files, %v", got.Len(), err)
	}
}

func TestList(t *testing.T) {
	dir := write(t, "b", "", "a/x", "", ".git/HEAD", "")
	if got, err := List(dir); err != nil || !slices.Equal(got, []string{".git", "a", "b"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := List(filepath.Join(dir, "absent")); err != nil || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := List(filepath.Join(dir, "b")); diag.ClassOf(err) != diag.Environment {
		t.Errorf("a file is no directory: %v", err)
	}
}

// repository writes a repository with record and bundle and returns its
// directory.
func repository(t *testing.T, more ...string) string {
	t.Helper()
	s, err := Open("", write(t, "blueprint.yaml", manifest, "files/a", "x"))
	if err != nil {
		t.Fatal(err)
	}
	resources := []resource.Resource{resource.Sample()}
	rec := record.Record{
		Format: record.FormatNumber, Engine: record.EngineNumber,
		Blueprint: record.Blueprint{Name: "demo", Version: "1.2.3", Source: "dir", Digest: s.Blueprint.Digest},
		Resources: resources, Schema: record.Initial(resources),
	}
	return write(t, append([]string{
		record.Name, string(record.Format(rec)), blueprint.BundlePath, string(blueprint.Bundle(s.Blueprint.Content)),
		"deep/er/x", "",
	}, more...)...)
}

func TestFindRepository(t *testing.T) {
	dir := repository(t)
	for _, from := range []string{dir, filepath.Join(dir, "deep", "er"), filepath.Join(dir, "not", "there")} {
		r, found, err := FindRepository(from)
		if err != nil || !found || r.Dir != dir || r.Record.Blueprint.Name != "demo" || r.Source.Blueprint.Digest != r.Record.Blueprint.Digest || r.Source.Kind != Directory {
			t.Errorf("from %s: got %v, %v, %v", from, r.Dir, found, err)
		}
	}
	if r, found, err := FindRepository(t.TempDir()); found || err != nil {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestDamagedRepositories(t *testing.T) {
	other := blueprint.Bundle(tree.Of(map[tree.Path]tree.File{paths(t, "blueprint.yaml")[0]: {Data: []byte(manifest), Mode: tree.Regular}}))
	bundle := filepath.FromSlash(blueprint.BundlePath)
	for _, c := range []struct {
		name       string
		damage     func(dir string) error
		code, file string
	}{
		{"no bundle", func(dir string) error { return os.Remove(filepath.Join(dir, bundle)) }, "bundle-missing", blueprint.BundlePath},
		{"broken bundle", func(dir string) error { return os.Truncate(filepath.Join(dir, bundle), 30) }, "bundle-broken", blueprint.BundlePath},
		{"another bundle", func(dir string) error { return os.WriteFile(filepath.Join(dir, bundle), other, 0o600) }, "bundle-digest", blueprint.BundlePath},
		{"huge bundle", func(dir string) error { return os.Truncate(filepath.Join(dir, bundle), maxRepositoryFile+1) }, "bundle-missing", blueprint.BundlePath},
		{"bundle is a pipe", func(dir string) error { return pipe(filepath.Join(dir, bundle)) }, "bundle-missing", blueprint.BundlePath},
		{"bundle is a link out", func(dir string) error { return link("/etc/passwd", filepath.Join(dir, bundle)) }, "bundle-missing", blueprint.BundlePath},
		{"record is a pipe", func(dir string) error { return pipe(filepath.Join(dir, record.Name)) }, "record-unreadable", record.Name},
		{"record is a directory", func(dir string) error { return directory(filepath.Join(dir, record.Name)) }, "record-unreadable", record.Name},
		{"record is a dangling link", func(dir string) error { return link("nowhere", filepath.Join(dir, record.Name)) }, "record-unreadable", record.Name},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := repository(t)
			if err := c.damage(dir); err != nil {
				t.Skip(err)
			}
			_, found, err := FindRepository(filepath.Join(dir, "deep"))
			refused(t, err, diag.Refused, c.code, c.file)
			if found {
				t.Error("it was found all the same")
			}
		})
	}
	dir := repository(t, record.Name, "<<<<<<< ours\n")
	if _, _, err := FindRepository(dir); diag.ClassOf(err) != diag.Refused {
		t.Errorf("a record with git markers: %v", err)
	}
}

func pipe(name string) error {
	return errors.Join(os.Remove(name), syscall.Mkfifo(name, 0o600))
}

func link(target, name string) error {
	return errors.Join(os.Remove(name), os.Symlink(target, name))
}

func directory(name string) error {
	return errors.Join(os.Remove(name), os.Mkdir(name, 0o700))
}

func BenchmarkOpenBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := Open("", "go"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenderBuiltin(b *testing.B) {
	s, err := Open("", "go")
	if err != nil {
		b.Fatal(err)
	}
	resources := []resource.Resource{resource.Sample()}
	rec := record.Record{Answers: map[string]any{}, Resources: resources, Schema: record.Initial(resources)}
	for _, q := range s.Blueprint.Base.Questions {
		rec.Answers[q.Key] = strings.Trim(q.Default, "{} ")
	}
	rec.Answers["name"], rec.Answers["module"], rec.Answers["license"] = "orders", "example.com/orders", "MIT"
	rec.Answers["owner"], rec.Answers["contact"] = "", ""
	b.ResetTimer()
	for b.Loop() {
		if _, err := render.Render(s.Blueprint, rec); err != nil {
			b.Fatal(err)
		}
	}
}
