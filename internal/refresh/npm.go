package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// npmLockFile is the npm lock of a blueprint.
const npmLockFile = "locks/package-lock.json"

// npmManifest is the package.json that wants all that a service may want.
type npmManifest struct {
	Name            string            `json:"name"`
	Version         string            `json:"version"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

// remakeNpm makes the npm lock of a blueprint from the template of its manifest.
// What is locked stays, where the manifest takes it and nothing is to be
// upgraded; npm asks its registry about the rest.
func remakeNpm(ctx context.Context, o options, dir string, stdout io.Writer) (remade, error) {
	template, err := os.ReadFile(filepath.Join(o.dir, "files", "package.json.tmpl"))
	if err != nil {
		return remade{}, fmt.Errorf("read the template of the manifest: %w", err)
	}
	manifest, err := supersetOf(string(template))
	if err != nil {
		return remade{}, err
	}
	made := remade{name: filepath.Join(o.dir, npmLockFile)}
	if made.before, err = os.ReadFile(made.name); err != nil {
		return remade{}, fmt.Errorf("read the lock: %w", err)
	}
	if made.after, err = npmLock(ctx, dir, manifest, made.before, o); err != nil {
		return remade{}, err
	}
	old, err := npmVersions(made.before)
	if err != nil {
		return remade{}, err
	}
	locked, err := npmVersions(made.after)
	if err != nil {
		return remade{}, err
	}
	diff(stdout, "package", old, locked)
	made.newer = func(ctx context.Context, w io.Writer) error { return npmNewer(ctx, w, dir, manifest, locked) }
	return made, nil
}

var (
	npmBlock   = regexp.MustCompile(`(?s)"(dependencies|devDependencies)": \{(.*?)\n  \}`)
	npmOptions = regexp.MustCompile(`(?m)^\{\{- .* \}\}\n`)
)

// supersetOf returns a manifest with every package that a template may want.
func supersetOf(template string) (npmManifest, error) {
	m := npmManifest{Name: "superset", Version: "0.0.0"}
	for _, block := range npmBlock.FindAllStringSubmatch(template, -1) {
		into := &m.Dependencies
		if block[1] == "devDependencies" {
			into = &m.DevDependencies
		}
		text := "{" + npmOptions.ReplaceAllString(block[2]+"\n", "") + "}"
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return m, fmt.Errorf("the %s of the template: %w", block[1], err)
		}
	}
	if len(m.Dependencies) == 0 || len(m.DevDependencies) == 0 {
		return m, errors.New("the template has no dependencies, or none in the form that is known")
	}
	return m, nil
}

// npmLock has npm make the lock of a manifest. It names no registry.
func npmLock(ctx context.Context, dir string, manifest npmManifest, old []byte, o options) ([]byte, error) {
	content, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"package.json": content}
	if !o.upgrade {
		files["package-lock.json"] = old
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, fmt.Errorf("write the scratch package: %w", err)
		}
	}
	args := []string{"install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"}
	if o.check {
		args = append(args, "--offline")
	}
	if _, err := npm(ctx, dir, args...); err != nil {
		return nil, err
	}
	made, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err == nil && bytes.Contains(made, []byte(`"resolved":`)) {
		err = errors.New("the lock says where packages are from")
	}
	return made, err
}

func npm(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "npm", args...)
	cmd.Dir = dir
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("npm %s: %w\n%s", args[0], err, bytes.TrimSpace(diagnostics.Bytes()))
	}
	return out.Bytes(), nil
}

// npmVersions returns the versions of a lock by where they are installed.
func npmVersions(data []byte) (map[string]string, error) {
	var file struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read the lock: %w", err)
	}
	versions := map[string]string{}
	for path, one := range file.Packages {
		if path != "" {
			versions[strings.TrimPrefix(path, "node_modules/")] = one.Version
		}
	}
	return versions, nil
}

// npmNewer prints which packages of a manifest have newer versions than locked.
func npmNewer(ctx context.Context, w io.Writer, dir string, manifest npmManifest, locked map[string]string) error {
	wanted := maps.Clone(manifest.Dependencies)
	maps.Copy(wanted, manifest.DevDependencies)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		out, err := npm(ctx, dir, "view", name, "version")
		if err != nil {
			return err
		}
		if newest := strings.TrimSpace(string(out)); newest != locked[name] {
			fmt.Fprintf(w, "newer %s %s -> %s (wanted: %s)\n", name, locked[name], newest, wanted[name])
		}
	}
	return nil
}
