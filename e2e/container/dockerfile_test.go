package container

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
)

// noRegistry answers for every image that it has no settings.
type noRegistry struct{}

// ResolveImageConfig implements llb.ImageMetaResolver.
func (noRegistry) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(`{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers"}, "config": {"Env": ["PATH=/usr/bin"]}}`)
	return ref, digest.FromBytes(config), config, nil
}

// lint returns the names of the rules that a Dockerfile breaks.
func lint(t *testing.T, dockerfile string) []string {
	t.Helper()
	source := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(dockerfile))
	source.Definition = &llb.Definition{}
	results, err := dockerfile2llb.DockerfileLint(t.Context(), []byte(dockerfile), dockerfile2llb.ConvertOpt{
		Config:       dockerui.Config{BuildArgs: map[string]string{}},
		MetaResolver: noRegistry{},
		SourceMap:    source,
	})
	if err != nil {
		t.Fatal(err)
	}
	if results.Error != nil {
		t.Fatalf("it cannot be built: %s\n%s", results.Error.Message, dockerfile)
	}
	var rules []string
	for _, w := range results.Warnings {
		rules = append(rules, w.RuleName+": "+w.Detail)
	}
	return rules
}

func TestDockerfiles(t *testing.T) {
	t.Parallel()
	everyChoice(t, func(t *testing.T, _ string, args ...string) {
		t.Helper()
		dockerfile := scaffold(t, "Dockerfile", args...)
		for _, rule := range lint(t, dockerfile) {
			t.Error(rule)
		}
	})
}

// A Dockerfile that is changed for the worse is found out.
func TestDockerfileLintIsRed(t *testing.T) {
	t.Parallel()
	good := scaffold(t, "Dockerfile")
	for rule, change := range map[string][2]string{
		"StageNameCasing":             {"AS build", "AS Build"},
		"FromAsCasing":                {"AS build", "as build"},
		"JSONArgsRecommended":         {`CMD ["start"]`, "CMD start"},
		"LegacyKeyValueFormat":        {"ENV DATABASE_URL=", "ENV DATABASE_URL "},
		"SecretsUsedInArgOrEnv":       {"ARG COMMIT=unknown", "ARG COMMIT=unknown\nARG API_TOKEN"},
		"UndefinedVar":                {"WORKDIR /src", "WORKDIR $nowhere"},
		"MaintainerDeprecated":        {"WORKDIR /src", "MAINTAINER me"},
		"ConsistentInstructionCasing": {"WORKDIR /src", "workdir /src"},
	} {
		changed := strings.Replace(good, change[0], change[1], 1)
		found := lint(t, changed)
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, rule+":") }) {
			t.Errorf("%s is not found, only %q", rule, found)
		}
	}
}
