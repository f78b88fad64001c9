// Package userconfig reads what a person or a company has set once for every
// run: defaults of answers, and the blueprints whose setup commands they
// approved. It lives in the user's configuration directory, never in a
// repository.
package userconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
)

// The files below the configuration directory.
const (
	configFile   = "config.yaml"
	approvalFile = "approved"
)

// Config is what is set. The zero value sets nothing.
type Config struct {
	Facts   map[string]string       // module_prefix, owner, license, registry
	Answers map[string]answer.Given // favourite answers by key
}

// Read returns the configuration in dir, which need not exist and is empty
// when the system has no place for one. The error is a
// *diag.Error of class Usage with the file and the line.
func Read(dir string) (Config, error) {
	if dir == "" {
		return Config{}, nil
	}
	name := filepath.Join(dir, configFile)
	data, err := os.ReadFile(name) //nolint:gosec // the user's own configuration
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, nil
	}
	if err != nil {
		return Config{}, diag.Wrap(diag.Environment, err, diag.Diagnostic{
			Code: "config-unreadable", Summary: "read the configuration",
		})
	}
	doc, err := strictyaml.Parse(name, data)
	if err != nil {
		return Config{}, err
	}
	return parse(doc)
}

func parse(doc *strictyaml.Node) (Config, error) {
	if doc.Kind == strictyaml.Null {
		return Config{}, nil
	}
	var r strictyaml.Reader
	facts := []string{"module_prefix", "owner", "license", "registry"}
	m := r.Map(doc, append(slices.Clone(facts), "answers")...)
	c := Config{Facts: map[string]string{}, Answers: map[string]answer.Given{}}
	for _, key := range facts {
		if m.Has(key) {
			c.Facts[key] = m.Str(key)
		}
	}
	for _, e := range m.Map("answers").Entries() {
		c.Answers[e.Key] = answer.Given{Any: e.Value.Plain(), Origin: answer.FromConfig, At: e.Value.Pos}
	}
	return c, r.Err(diag.Usage)
}

// Approved reports whether the setup commands of the blueprint with the digest
// may run on this machine. Without a configuration directory nothing is
// approved: a file of that name in the working directory is not the user's.
func Approved(dir, digest string) bool {
	if dir == "" || digest == "" {
		return false
	}
	data, err := os.ReadFile(filepath.Join(dir, approvalFile)) //nolint:gosec // the user's own configuration
	return err == nil && slices.Contains(strings.Split(string(data), "\n"), digest)
}

// Approve remembers that they may.
func Approve(dir, digest string) error {
	if dir == "" {
		return diag.New(diag.Environment, diag.Diagnostic{
			Code: "config-missing", Summary: "there is no configuration directory to remember the approval in",
			Hint: "set HOME or XDG_CONFIG_HOME",
		})
	}
	if Approved(dir, digest) {
		return nil
	}
	if err := appendLine(dir, digest); err != nil {
		return diag.Wrap(diag.Environment, err, diag.Diagnostic{
			Code: "config-unwritable", Summary: "remember the approval",
		})
	}
	return nil
}

func appendLine(dir, line string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the configuration directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, approvalFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString(line + "\n")
	return err
}
