package gitrepo

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/need"
)

// configCorpus holds what the syntax of a configuration allows.
const configCorpus = "\ufeff# comment\n; another\n[user]\n\tname = Ada # trailing\n\temail=ada@example.com;x\n" +
	"[USER] Name = \"Ada  Lovelace \" \n[a \"Sub.Dir \\\"q\\\" \\\\ \"] KEY = v\\\n  w\n[a.OldStyle]\n\tx\n\ty =\n" +
	"[core]\r\n\tautoCRLF = input\r\n[b] # after\n k = one \"two  three\" four\\tfive\\n\\\\\n" +
	"[include]\n\tpath = missing\n[alias] l = \"!f() { echo #1; }; f\"\n[c]z = two  spaces\n\n[last]\nkey=value"

func TestParseConfigReadsLikeGit(t *testing.T) {
	need.Program(t, "git")
	w := newWorld(t)
	name := filepath.Join(w.home, "corpus")
	w.write(name, configCorpus)
	var want []entry
	for item := range strings.SplitSeq(w.git(w.home, "config", "--file", name, "--list", "--null"), "\x00") {
		if item == "" {
			continue
		}
		key, value, ok := strings.Cut(item, "\n")
		want = append(want, entry{key: key, value: value, bare: !ok})
	}
	got, err := parseConfig([]byte(configCorpus))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); diff != "" || len(want) != 12 {
		t.Errorf("%d settings (-git +ours):\n%s", len(want), diff)
	}
}

func TestParseConfigRefusesWhatGitRefuses(t *testing.T) {
	need.Program(t, "git")
	w := newWorld(t)
	for _, text := range []string{
		"[user", "[user\n]", "[]", "[a \"b]\nx=1", "[a]\nx=\"open\n", "[a]\nx=\\q\n", "[a]\n1x=1\n",
		"[a]\nx y\n", "[a \"b\" c]\nx=1\n", "[a]\n=x\n", "[a]\nx=\"1\\\n", "[a]\nx_y=1",
	} {
		name := filepath.Join(w.home, "broken")
		w.write(name, text)
		if out, err := w.tryGit(w.home, "config", "--file", name, "--list"); err == nil {
			t.Errorf("git reads %q as %q", text, out)
		}
		if got, err := parseConfig([]byte(text)); err == nil {
			t.Errorf("we read %q as %v", text, got)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(configCorpus)
	f.Add("[a]\nx=\"")
	f.Add("[a \"\\")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := parseConfig([]byte(text))
		if err != nil {
			return
		}
		for _, e := range entries {
			if e.key == "" || e.bare && e.value != "" {
				t.Errorf("odd setting %+v of %q", e, text)
			}
		}
	})
}

func TestReadConfig(t *testing.T) {
	const user = "[user]\n\tname = Ada\n\temail = ada@example.com\n"
	work := Identity{Name: "Ada", Email: "ada@work.example"}
	home := Identity{Name: "Ada", Email: "ada@example.com"}
	for _, tt := range []struct {
		name   string
		files  map[string]string // below the home directory
		env    []string
		want   Config
		gitSee bool // git config agrees on the e-mail address
	}{
		{name: "nothing", want: Config{}},
		{
			name: "global", files: map[string]string{".gitconfig": user + "[init]\n\tdefaultBranch = trunk\n"},
			want: Config{Identity: home, Committer: home, DefaultBranch: "trunk"}, gitSee: true,
		},
		{
			name: "global wins over XDG", files: map[string]string{".gitconfig": "[user]\n\temail = ada@work.example\n", "xdg/git/config": user},
			want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "include in the middle", files: map[string]string{
				".gitconfig": "[include]\n\tpath = inc\n[user]\n\tname = Ada\n", "inc": "[user]\n\tname = Bob\n\temail = ada@work.example\n",
			},
			want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "gitdir", files: map[string]string{
				".gitconfig": user + "[includeIf \"gitdir:~/work/\"]\n\tpath = ~/work.inc\n", "work.inc": "[user]\n\temail = ada@work.example\n",
			},
			want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "gitdir of another place", files: map[string]string{
				".gitconfig": user + "[includeIf \"gitdir:~/play/\"]\n\tpath = ~/work.inc\n", "work.inc": "[user]\n\temail = ada@work.example\n",
			},
			want: Config{Identity: home, Committer: home}, gitSee: true,
		},
		{
			name: "gitdir, relative", files: map[string]string{
				".gitconfig": user + "[includeIf \"gitdir:./work/**/.git\"]\n\tpath = work.inc\n", "work.inc": "[user]\n\temail = ada@work.example\n",
			},
			want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "gitdir, a name anywhere", files: map[string]string{
				".gitconfig": user + "[includeIf \"gitdir:work/\"]\n\tpath = work.inc\n", "work.inc": "[user]\n\temail = ada@work.example\n",
			},
			want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "gitdir, case", files: map[string]string{
				".gitconfig": user + "[includeIf \"gitdir:~/WORK/\"]\n\tpath = work.inc\n", "work.inc": "[user]\n\temail = ada@work.example\n",
			},
			want: Config{Identity: home, Committer: home},
		},
		{
			name: "gitdir, any case", files: map[string]string{
				".gitconfig": user + "[includeIf \"gitdir/i:~/WORK/\"]\n\tpath = work.inc\n", "work.inc": "[user]\n\temail = ada@work.example\n",
			},
			want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "nested include, missing include, loop", files: map[string]string{
				".gitconfig": "[include]\n\tpath = sub/a\n\tpath = missing\n", "sub/a": user + "[include]\n\tpath = b\n", "sub/b": "[user]\n\temail = ada@work.example\n",
			},
			want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "endless include", files: map[string]string{".gitconfig": user + "[include]\n\tpath = .gitconfig\n"},
			want: Config{Identity: home, Committer: home, NeedsGit: true, Why: "HOME/.gitconfig cannot be read"},
		},
		{
			name: "variables of identity", files: map[string]string{".gitconfig": user},
			env: []string{"GIT_AUTHOR_NAME=Eve", "GIT_COMMITTER_EMAIL=bot@example.com"},
			want: Config{
				Identity:  Identity{Name: "Eve", Email: "ada@example.com"},
				Committer: Identity{Name: "Ada", Email: "bot@example.com"},
			}, gitSee: true,
		},
		{
			name: "identity by role", files: map[string]string{".gitconfig": user + "[author]\n\tname = Eve\n[committer]\n\temail = bot@example.com\n"},
			want: Config{
				Identity:  Identity{Name: "Eve", Email: "ada@example.com"},
				Committer: Identity{Name: "Ada", Email: "bot@example.com"},
			}, gitSee: true,
		},
		{
			name: "EMAIL", files: map[string]string{".gitconfig": "[user]\n\tname = Ada\n"}, env: []string{"EMAIL=ada@work.example"},
			want: Config{Identity: work, Committer: work},
		},
		{
			name: "configuration by environment", files: map[string]string{".gitconfig": user},
			env: []string{
				"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=User.Email", "GIT_CONFIG_VALUE_0=ada@work.example",
				"GIT_CONFIG_KEY_1=init.defaultBranch", "GIT_CONFIG_VALUE_1=trunk",
			},
			want: Config{Identity: work, Committer: work, DefaultBranch: "trunk"}, gitSee: true,
		},
		{
			name: "another global file", files: map[string]string{".gitconfig": user, "other": "[user]\n\temail = ada@work.example\n\tname = Ada\n"},
			env: []string{"GIT_CONFIG_GLOBAL=HOME/other"}, want: Config{Identity: work, Committer: work}, gitSee: true,
		},
		{
			name: "signing", files: map[string]string{".gitconfig": user + "[commit]\n\tgpgSign\n"},
			want: Config{Identity: home, Committer: home, NeedsGit: true, Why: "commit.gpgSign is on"}, gitSee: true,
		},
		{
			name: "no signing", files: map[string]string{".gitconfig": user + "[commit]\n\tgpgSign = false\n"},
			want: Config{Identity: home, Committer: home}, gitSee: true,
		},
		{
			name: "hooks", files: map[string]string{".gitconfig": user + "[core]\n\thooksPath = ~/hooks\n"},
			want: Config{Identity: home, Committer: home, NeedsGit: true, Why: "core.hookspath is set"}, gitSee: true,
		},
		{
			name: "another hash", files: map[string]string{".gitconfig": user}, env: []string{"GIT_DEFAULT_HASH=sha256"},
			want: Config{Identity: home, Committer: home, NeedsGit: true, Why: "GIT_DEFAULT_HASH is sha256"}, gitSee: true,
		},
		{
			name: "broken", files: map[string]string{".gitconfig": user + "[oops\n"},
			want: Config{
				Identity: home, Committer: home, NeedsGit: true,
				Why: "HOME/.gitconfig: line 4: not in the form of a git configuration",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			for name, text := range tt.files {
				w.write(filepath.Join(w.home, name), text)
			}
			for _, v := range tt.env {
				w.env = w.set(strings.ReplaceAll(v, "HOME", w.home))
			}
			dir := filepath.Join(w.home, "work", "orders") // absent as yet
			got, err := ReadConfig(w.env, dir)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want.DefaultBranch == "" {
				tt.want.DefaultBranch = "main"
			}
			got.Why = strings.ReplaceAll(got.Why, w.home, "HOME")
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(Config{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.gitSee {
				w.agree(dir, got)
			}
		})
	}
}

// agree demands that git itself finds the identities of c in a repository at
// dir.
func (w *world) agree(dir string, c Config) {
	w.t.Helper()
	need.Program(w.t, "git")
	w.git(w.home, "init", "--quiet", dir)
	for variable, id := range map[string]Identity{"GIT_AUTHOR_IDENT": c.Identity, "GIT_COMMITTER_IDENT": c.Committer} {
		want := id.Name + " <" + id.Email + "> "
		if got := w.git(dir, "var", variable); !strings.HasPrefix(got, want) {
			w.t.Errorf("%s is %s, we say %s", variable, got, want)
		}
	}
}

func TestReadConfigOfARepository(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n")
	if err := Init(dir, "main"); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(dir, ".git/config"), "[user]\n\temail = local@example.com\n[extensions]\n\tworktreeConfig = true\n")
	w.write(filepath.Join(dir, ".git/config.worktree"), "[user]\n\tname = Tree\n")
	got, err := ReadConfig(w.env, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Identity{Name: "Tree", Email: "local@example.com"}); got.Identity != want {
		t.Errorf("identity %+v, want %+v", got.Identity, want)
	}
}

func TestDates(t *testing.T) {
	zone := time.FixedZone("", -7*3600)
	want := time.Date(2026, 3, 4, 5, 6, 7, 0, zone)
	for _, tt := range []struct {
		in    string
		known bool
	}{
		{"1772625967 -0700", true},
		{"@1772625967 -0700", true},
		{"2026-03-04T05:06:07-07:00", true},
		{"2026-03-04T05:06:07-0700", true},
		{"2026-03-04 05:06:07 -0700", true},
		{"Wed, 04 Mar 2026 05:06:07 -0700", true},
		{"yesterday", false},
		{"1772625967", false},
	} {
		w := newWorld(t)
		c, err := ReadConfig(w.set("GIT_AUTHOR_DATE="+tt.in), w.home)
		if err != nil {
			t.Fatal(err)
		}
		if c.NeedsGit == tt.known || tt.known && c.AuthorDate.Format(time.RFC3339) != want.Format(time.RFC3339) {
			t.Errorf("%q is %v, needs git: %t", tt.in, c.AuthorDate, c.NeedsGit)
		}
	}
}

func TestVerbatim(t *testing.T) {
	const crlf, lf, binary = "a\r\nb\r\n", "a\nb\n", "\x00\r\n"
	for _, tt := range []struct {
		name, attributes, content string
		config                    Config
		want                      bool
	}{
		{"nothing", "", crlf, Config{}, true},
		{"attributes, LF", "* text=auto\n", lf, Config{}, true},
		{"attributes, CRLF", "# x\n\n* text=auto\n", crlf, Config{}, false},
		{"attributes, binary", "* text=auto\n", binary, Config{}, true},
		{"autocrlf", "", crlf, Config{autoCRLF: true}, false},
		{"attributes of the user", "", crlf, Config{attributes: "*.cmd eol=crlf\n"}, false},
		{"filter", "*.png filter=lfs diff=lfs\n", lf, Config{}, false},
		{"filter of the user", "", lf, Config{attributes: "*.png filter=lfs\n"}, false},
		{"ident", "*.go ident\n", lf, Config{}, false},
		{"encoding", "*.txt working-tree-encoding=UTF-16\n", lf, Config{}, false},
		{"linguist", "*.gen linguist-generated\n", crlf, Config{}, true},
	} {
		set := files(t, map[string]string{"sub/.gitattributes": tt.attributes, "x": tt.content})
		if got := tt.config.Verbatim(set); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestIdentityClean(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{" Ada Lovelace. ", "Ada Lovelace"},
		{"<ada@example.com>", "ada@example.com"},
		{"A\nB", "AB"},
		{" .,:;<>\"\\' ", ""},
		{"Jürgen O'Neil", "Jürgen O'Neil"},
	} {
		if got := (Identity{Name: tt.in}).clean().Name; got != tt.want {
			t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
