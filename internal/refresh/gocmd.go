package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// toolchain runs the go command in a directory of its own.
type toolchain struct {
	dir string
}

func (t toolchain) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = t.dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOTOOLCHAIN=local", "GOFLAGS=-mod=mod")
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(diagnostics.Bytes()))
	}
	return out.Bytes(), nil
}

func (t toolchain) write(name, content string) error {
	if err := os.WriteFile(filepath.Join(t.dir, name), []byte(content), 0o600); err != nil {
		return fmt.Errorf("write scratch module: %w", err)
	}
	return nil
}

func (t toolchain) gomod() (*modfile.File, error) {
	return readMod(filepath.Join(t.dir, "go.mod"))
}

func readMod(name string) (*modfile.File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read go.mod: %w", err)
	}
	file, err := modfile.ParseLax(name, data, nil)
	if err != nil {
		return nil, fmt.Errorf("read go.mod: %w", err)
	}
	return file, nil
}

// fetched is a module version in the module cache.
type fetched struct {
	Path, Version, Dir, GoMod, Sum, GoModSum string
	Error                                    string
}

// download brings module versions into the module cache, files and all. The
// go command checks them against the checksum database.
func (t toolchain) download(ctx context.Context, mods []module.Version) ([]fetched, error) {
	out, err := t.each(ctx, []string{"mod", "download", "-json"}, mods)
	if err != nil {
		return nil, err
	}
	for _, f := range out {
		if f.Error != "" {
			return nil, fmt.Errorf("download %s@%s: %s", f.Path, f.Version, f.Error)
		}
	}
	return out, nil
}

// manifests brings only the go.mod files of module versions.
func (t toolchain) manifests(ctx context.Context, mods []module.Version) ([]fetched, error) {
	out, err := t.each(ctx, []string{"list", "-m", "-f", `{"Path":"{{.Path}}","Version":"{{.Version}}","GoMod":"{{.GoMod}}"}`}, mods)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].GoModSum, err = hashMod(out[i].GoMod); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t toolchain) each(ctx context.Context, args []string, mods []module.Version) ([]fetched, error) {
	if len(mods) == 0 {
		return nil, nil
	}
	for _, m := range mods {
		args = append(args, m.String())
	}
	data, runErr := t.run(ctx, args...)
	dec := json.NewDecoder(bytes.NewReader(data))
	var out []fetched
	for {
		var f fetched
		err := dec.Decode(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(runErr, fmt.Errorf("read the answer of the go command: %w", err))
		}
		out = append(out, f)
	}
	return out, runErr
}

func hashMod(name string) (string, error) {
	sum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return os.Open(name)
	})
	if err != nil {
		return "", fmt.Errorf("hash go.mod: %w", err)
	}
	return sum, nil
}
