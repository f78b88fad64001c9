package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// registries are where releases are asked for.
type registries struct {
	github string // the address before the name of an action's repository
	scheme string // of the registries of images
	client *http.Client
	tool   toolchain
}

func newRegistries(tool toolchain) registries {
	return registries{github: "https://github.com/", scheme: "https", client: &http.Client{Timeout: 30 * time.Second}, tool: tool}
}

func (r registries) ask(ctx context.Context, p pin) (latest, error) {
	switch p.kind {
	case action:
		return r.action(ctx, p)
	case image:
		return r.image(ctx, p)
	case program:
		return r.program(ctx, p)
	}
	return latest{}, fmt.Errorf("nobody knows the newest %s", p.kind)
}

// action reads the tags of an action's repository.
func (r registries) action(ctx context.Context, p pin) (latest, error) {
	cmd := exec.CommandContext(ctx, "git", "ls-remote", "--tags", r.github+p.name)
	cmd.Env = append(cmd.Environ(), "GIT_TERMINAL_PROMPT=0")
	var diagnostics bytes.Buffer
	cmd.Stderr = &diagnostics
	out, err := cmd.Output()
	if err != nil {
		return latest{}, fmt.Errorf("git ls-remote: %w: %s", err, bytes.TrimSpace(diagnostics.Bytes()))
	}
	commits := map[string]string{}
	for line := range strings.Lines(string(out)) {
		commit, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		tag, peeled := strings.CutSuffix(strings.TrimPrefix(ref, "refs/tags/"), "^{}")
		if peeled || commits[tag] == "" { // an annotated tag is an object of its own; what is behind it is the commit
			commits[tag] = commit
		}
	}
	l := latest{version: p.version, current: commits[p.version]}
	for tag := range commits {
		whole := semver.Canonical(tag) == tag && semver.Prerelease(tag) == ""
		if whole && semver.Compare(tag, l.version) > 0 {
			l.version = tag
		}
	}
	l.exact = commits[l.version]
	return l, nil
}

// program asks for the newest version of the module that a package is in.
func (r registries) program(ctx context.Context, p pin) (latest, error) {
	var first error
	for name := p.name; name != "." && name != "/"; name = path.Dir(name) {
		out, err := r.tool.run(ctx, "list", "-m", "-json", name+"@latest")
		if err != nil {
			first = errors.Join(first, err)
			continue
		}
		var m struct{ Version string }
		if err := json.Unmarshal(out, &m); err != nil {
			return latest{}, fmt.Errorf("read the answer of the go command: %w", err)
		}
		if semver.Compare(m.Version, p.version) < 0 {
			m.Version = p.version
		}
		return latest{version: m.Version}, nil
	}
	return latest{}, first
}
