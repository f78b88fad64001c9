package contract

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInstructions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"comments", "# one\nRUN a \\\n  # two\n\n  b\n# three\nUSER 1\n", []string{"RUN a  b", "USER 1"}},
		{"escape", "# escape=`\nRUN a `\n  c:\\\nUSER 1", []string{"RUN a  c:\\", "USER 1"}},
		{"late directive", "\nRUN a\n# escape=`\nRUN b \\\n c", []string{"RUN a", "RUN b  c"}},
		{"here-document", "RUN <<EOF bash\na # b\nEOF\nUSER 1", []string{"RUN <<EOF bash\na # b", "USER 1"}},
		{"two here-documents", "COPY <<a <<-'b' /x/\n1\na\n2\n\tb\nUSER 1", []string{"COPY <<a <<-'b' /x/\n1\n2", "USER 1"}},
		{"flags", "COPY --from=a --chown=1:1 b c", []string{"COPY b c"}},
		{"CRLF", "run a \\\r\n b\r\n", []string{"RUN a  b"}},
		{"open end", "RUN a \\", []string{"RUN a"}},
		{"nothing", "\n# a\n", nil},
	} {
		var got []string
		for _, i := range instructions(c.text) {
			got = append(got, i.name+" "+i.args)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDockerfileImages(t *testing.T) {
	t.Parallel()
	d := parseDockerfile("ARG A=go\nARG B\nFROM ${A}:1 AS x\nFROM ${B:-ruby:4}\nCOPY --from=X b c\nCOPY --from=0 b c\nCOPY --from=nginx:1 b c\nFROM x\nFROM scratch\n")
	if diff := cmp.Diff([]string{"go:1", "nginx:1", "ruby:4"}, d.images()); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
}

// What an image says goes for those that are built on it.
func TestLastStageBuildsOnOthers(t *testing.T) {
	t.Parallel()
	d := parseDockerfile("FROM a:1 AS base\nUSER 7\nFROM b:1\nUSER 8\nFROM base\nCMD [\"x\"]\n")
	var got []string
	for _, i := range d.last() {
		got = append(got, i.name+" "+i.args)
	}
	if want := []string{"USER 7", `CMD ["x"]`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestIgnoreLists(t *testing.T) {
	t.Parallel()
	git := gitIgnore("# a comment\n/bin/\n*.log\n!keep.log\nbuild/\n.env.*\n!.env.example\n")
	docker := dockerIgnore("bin/\n**/*_test.go\n*\n!go.mod\n./x\n")
	for _, c := range []struct {
		list ignoreList
		name string
		want bool
	}{
		{git, "bin/a", true},
		{git, "x/bin/a", false},
		{git, "bin", false},
		{git, "x/a.log", true},
		{git, "x/keep.log", false},
		{git, "x/build/a", true},
		{git, ".env.local", true},
		{git, ".env.example", false},
		{docker, "go.mod", false},
		{docker, "a/b", true},
		{dockerIgnore("test"), "a/test/b", false},
		{dockerIgnore("test"), "test/b", true},
		{dockerIgnore("**/testdata/"), "a/testdata/b", true},
		{nil, "a", false},
	} {
		if got := c.list.has(c.name); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

func TestSecretsAreSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		strings.Repeat("x", 40): false, "AKIA" + "ABCDEFGHIJKLMNOP": true, "glpat" + "-abcdefghij0123456789": true,
		"sk_live" + "_abcdefghij0123456789": true, "npm" + "_abcdefghijklmnopqrstuvwxyz0123456789": true, "token: none": false,
	} {
		if got := secretIn(text) != ""; got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
	for name, want := range map[string]bool{"DB_PASSWORD": true, "API_KEY": true, "DB_PASSWORD_FILE": false, "PORT": false} {
		if got := secretName(name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
