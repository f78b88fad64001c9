package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is what the user has configured that a first commit depends on.
type Config struct {
	Identity      Identity // of the author
	Committer     Identity
	DefaultBranch string // never empty

	// AuthorDate and CommitterDate are zero unless the environment fixes them.
	AuthorDate, CommitterDate time.Time

	// NeedsGit says that the configuration asks for something only the system
	// git does, signing or hooks for example; Why names it.
	NeedsGit bool
	Why      string

	autoCRLF   bool
	attributes string // of the user and of the system
}

// ReadConfig returns the configuration that git would see in a repository at
// dir, which need not exist yet: of the system, of the user, of the
// repository where dir is the root of one, and of the environment. What it
// cannot understand sets NeedsGit and is no error.
func ReadConfig(env Env, dir string) (Config, error) {
	r, err := readSettings(env, dir)
	if err != nil {
		return Config{}, err
	}
	return r.config(), nil
}

// readSettings reads all that git would read in a repository at dir.
func readSettings(env Env, dir string) (*configReader, error) {
	start, below, err := existing(dir)
	if err != nil {
		return nil, err
	}
	r := &configReader{env: env, gitDir: filepath.Join(start, below, ".git")}
	r.files(systemConfigs(env))
	r.files(globalConfigs(env))
	if below == "" {
		r.local(start)
	}
	r.environment()
	return r, nil
}

// configReader collects settings in the order in which git reads them.
type configReader struct {
	env     Env
	gitDir  string
	entries []entry
	why     string
}

// beyond notes the first thing that only git can follow.
func (r *configReader) beyond(why string) {
	if r.why == "" {
		r.why = why
	}
}

func (r *configReader) files(names []string) {
	for _, name := range names {
		r.file(name, 0)
	}
}

// local reads the configuration of the repository at root, if there is one.
func (r *configReader) local(root string) {
	repo, found, err := repoAt(root)
	if err != nil || !found {
		return
	}
	r.gitDir = repo.GitDir
	r.file(filepath.Join(repo.CommonDir, "config"), 0)
	if r.last("extensions.worktreeconfig").truth() {
		r.file(filepath.Join(repo.GitDir, "config.worktree"), 0)
	}
}

// file reads one file and what it includes. A file that is not there is as
// good as an empty one.
func (r *configReader) file(name string, depth int) {
	const maxDepth = 10 // git's own limit
	data, err := readFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil || depth > maxDepth:
		r.beyond(name + " cannot be read")
		return
	}
	entries, err := parseConfig(data)
	if err != nil {
		r.beyond(fmt.Sprintf("%s: %v", name, err))
	}
	for _, e := range entries {
		r.entries = append(r.entries, e)
		if path, ok := r.includes(e, name); ok {
			r.file(path, depth+1)
		}
	}
}

// environment reads GIT_CONFIG_COUNT and its keys and values, git's way to
// pass configuration by environment.
func (r *configReader) environment() {
	if r.env.Get("GIT_CONFIG_PARAMETERS") != "" {
		r.beyond("git was called with -c")
	}
	count := r.env.Get("GIT_CONFIG_COUNT")
	if count == "" {
		return
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > len(r.env) {
		r.beyond("GIT_CONFIG_COUNT is no number")
		return
	}
	for i := range n {
		suffix := "_" + strconv.Itoa(i)
		key := r.env.Get("GIT_CONFIG_KEY" + suffix)
		r.entries = append(r.entries, entry{
			key: normalKey(key), value: r.env.Get("GIT_CONFIG_VALUE" + suffix),
		})
	}
}

// normalKey puts section and name in lower case and leaves the subsection.
func normalKey(key string) string {
	first, last := strings.Index(key, "."), strings.LastIndex(key, ".")
	if first < 0 {
		return strings.ToLower(key)
	}
	return strings.ToLower(key[:first]) + key[first:last] + strings.ToLower(key[last:])
}

// last returns the setting that counts: the last one with the key.
func (r *configReader) last(key string) entry {
	for _, e := range slices.Backward(r.entries) {
		if e.key == key {
			return e
		}
	}
	return entry{}
}

func (r *configReader) value(key string) string { return r.last(key).value }

func (r *configReader) config() Config {
	c := Config{
		Identity:      r.identity("author"),
		Committer:     r.identity("committer"),
		DefaultBranch: r.value("init.defaultbranch"),
		autoCRLF:      r.last("core.autocrlf").truth(),
		attributes:    r.attributes(),
	}
	if c.DefaultBranch == "" {
		c.DefaultBranch = "main"
	}
	c.AuthorDate = r.date("GIT_AUTHOR_DATE")
	c.CommitterDate = r.date("GIT_COMMITTER_DATE")
	r.check()
	c.NeedsGit, c.Why = r.why != "", r.why
	return c
}

// identity returns who the author or the committer is: by environment, by
// the setting for the role, by the setting for both.
func (r *configReader) identity(role string) Identity {
	variable := "GIT_" + strings.ToUpper(role)
	id := Identity{Name: r.env.Get(variable + "_NAME"), Email: r.env.Get(variable + "_EMAIL")}
	id = id.or(Identity{Name: r.value(role + ".name"), Email: r.value(role + ".email")})
	id = id.or(Identity{Name: r.value("user.name"), Email: r.value("user.email")})
	return id.or(Identity{Email: r.env.Get("EMAIL")})
}

// date reads the forms of a date that leave nothing to guess; git reads more.
func (r *configReader) date(key string) time.Time {
	value := r.env.Get(key)
	if value == "" {
		return time.Time{}
	}
	if t, ok := unixDate(value); ok {
		return t
	}
	layouts := []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05 -0700", time.RFC1123Z}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t
		}
	}
	r.beyond(key + " is in a form that only git reads")
	return time.Time{}
}

// unixDate reads git's internal form: seconds, with or without @, and a zone.
func unixDate(s string) (time.Time, bool) {
	seconds, zone, ok := strings.Cut(strings.TrimPrefix(s, "@"), " ")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil {
		return time.Time{}, false
	}
	at, err := time.Parse("-0700", zone)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(n, 0).In(at.Location()), true
}

// check notes every setting that a repository written without git would not
// follow.
func (r *configReader) check() {
	if r.last("commit.gpgsign").truth() {
		r.beyond("commit.gpgSign is on")
	}
	for _, key := range []string{"core.hookspath", "init.templatedir"} {
		if r.value(key) != "" {
			r.beyond(key + " is set")
		}
	}
	if r.env.Get("GIT_TEMPLATE_DIR") != "" {
		r.beyond("GIT_TEMPLATE_DIR is set")
	}
	r.expect("init.defaultobjectformat", "GIT_DEFAULT_HASH", "sha1")
	r.expect("init.defaultrefformat", "GIT_DEFAULT_REF_FORMAT", "files")
	r.expect("i18n.commitencoding", "", "utf-8", "utf8")
	r.expect("core.sharedrepository", "", "umask", "false", "0")
	for _, e := range r.entries {
		if strings.HasPrefix(e.key, "hook.") {
			r.beyond("hooks are configured")
		}
	}
}

// expect notes a setting or a variable that has another value than those that
// change nothing.
func (r *configReader) expect(key, variable string, plain ...string) {
	values := map[string]string{key: r.value(key)}
	if variable != "" {
		values[variable] = r.env.Get(variable)
	}
	for name, value := range values {
		known := value == ""
		for _, p := range plain {
			known = known || strings.EqualFold(value, p)
		}
		if !known {
			r.beyond(name + " is " + value)
		}
	}
}

// attributes returns the attribute files of the system and of the user.
func (r *configReader) attributes() string {
	var names []string
	for _, name := range systemConfigs(r.env) {
		names = append(names, filepath.Join(filepath.Dir(name), "gitattributes"))
	}
	if own := r.value("core.attributesfile"); own != "" {
		if path, ok := r.expand(own, r.gitDir); ok {
			names = append(names, path)
		}
	} else if dir := xdgDir(r.env); dir != "" {
		names = append(names, filepath.Join(dir, "attributes"))
	}
	var b strings.Builder
	for _, name := range names {
		if data, err := readFile(name); err == nil {
			b.Write(data)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
