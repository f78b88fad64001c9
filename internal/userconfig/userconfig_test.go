package userconfig

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/diag"
)

func configured(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRead(t *testing.T) {
	dir := configured(t, "module_prefix: github.com/acme\nowner: '@acme'\nanswers:\n  license: MIT\n  docker.tls: true\n  langs: [a, b]\n")
	at := func(line, column int) diag.Pos {
		return diag.Pos{File: filepath.Join(dir, "config.yaml"), Line: line, Column: column}
	}
	want := Config{
		Facts: map[string]string{"module_prefix": "github.com/acme", "owner": "@acme"},
		Answers: map[string]answer.Given{
			"license":    {Any: "MIT", Origin: answer.FromConfig, At: at(4, 12)},
			"docker.tls": {Any: true, Origin: answer.FromConfig, At: at(5, 15)},
			"langs":      {Any: []any{"a", "b"}, Origin: answer.FromConfig, At: at(6, 10)},
		},
	}
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadNothing(t *testing.T) {
	t.Chdir(configured(t, "owner: of the working directory\n"))
	for name, dir := range map[string]string{
		"no place": "", "no directory": filepath.Join(t.TempDir(), "absent"), "no file": t.TempDir(),
		"empty file": configured(t, ""), "comment": configured(t, "# nothing yet\n"),
	} {
		got, err := Read(dir)
		if err != nil || len(got.Facts) != 0 || len(got.Answers) != 0 {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestReadMistakes(t *testing.T) {
	for name, text := range map[string]string{
		"syntax": "a: [", "unknown key": "owners: x\n", "kind": "owner: [x]\n", "list": "- x\n", "answers": "answers: x\n", "tag": "owner: !!binary x\n",
	} {
		dir := configured(t, text)
		_, err := Read(dir)
		var d *diag.Error
		if !errors.As(err, &d) || d.Class != diag.Usage {
			t.Fatalf("%s: got %v", name, err)
		}
		if at := d.Diagnostics[0].At; at.File != filepath.Join(dir, "config.yaml") || at.Line == 0 {
			t.Errorf("%s: at %v", name, at)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); diag.ClassOf(err) != diag.Environment {
		t.Errorf("a directory: %v", err)
	}
}

func TestApprovals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	if Approved(dir, "sha256:a") {
		t.Error("approved before anybody did")
	}
	for _, digest := range []string{"sha256:aa", "sha256:bb", "sha256:aa"} {
		if err := Approve(dir, digest); err != nil {
			t.Fatal(err)
		}
	}
	for digest, want := range map[string]bool{
		"sha256:aa": true, "sha256:bb": true, "sha256:a": false, "sha256:cc": false, "": false, "sha256:aa\nsha256:bb": false,
	} {
		if got := Approved(dir, digest); got != want {
			t.Errorf("%q: got %v", digest, got)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "approved"))
	if err != nil || string(data) != "sha256:aa\nsha256:bb\n" {
		t.Errorf("got %q, %v", data, err)
	}
}

// A repository cannot approve itself where the user has no configuration
// directory: the name of the file is not looked up in the working directory.
func TestNoApprovalWithoutAPlace(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "approved"), []byte("sha256:a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if Approved("", "sha256:a") {
		t.Error("a file of the working directory was taken for the user's")
	}
	var d *diag.Error
	if err := Approve("", "sha256:b"); !errors.As(err, &d) || d.Class != diag.Environment || d.Code() != "config-missing" || d.Hint() == "" {
		t.Errorf("got %v", err)
	}
}

func TestApproveFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "approved"), 0o700); err != nil {
		t.Fatal(err)
	}
	var d *diag.Error
	if err := Approve(dir, "sha256:a"); !errors.As(err, &d) || d.Class != diag.Environment || d.Code() != "config-unwritable" {
		t.Errorf("got %v", err)
	}
}
