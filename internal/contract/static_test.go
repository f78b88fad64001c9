package contract

import "testing"

// staticGroups are the clauses that reading files decides.
func staticGroups() []string {
	return []string{"CT-1", "CT-2", "CT-3", "CT-5", "CT-6", "CT-7", "CT-8", "RP-2", "RP-3", "RP-4", "RP-6"}
}

// reds breaks the good repository in one place at a time and sees exactly one
// clause go red.
func reds(t *testing.T, want string, changes map[string]change) {
	t.Helper()
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, report := redOf(t, fileSuite(t, "postgres", c.files(t), staticGroups()...)); got != want {
				t.Errorf("broken: %q, want %q\n%s", got, want, report.details())
			}
		})
	}
}

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	reds(t, "", map[string]change{
		"good":             {},
		"other tag":        {"Dockerfile", "static:12", "static:12.1"},
		"all left out":     {".dockerignore", ".git\n.env*\n**/*_test.go\ntest/\nbin\n", "*\n!go.mod\n!*.go\n**/*_test.go\n"},
		"environment file": {"Dockerfile", "ENV X=1", "ENV DATABASE_PASSWORD_FILE=/run/secrets/x"},
		"scratch":          {"Dockerfile", "gcr.io/x/static:12" + aDigest, "scratch"},
	})
}

func TestImageIsRed(t *testing.T) {
	t.Parallel()
	reds(t, "CT-1 MUST", map[string]change{
		"latest":            {"Dockerfile", "GO=1.26", "GO=latest"},
		"no tag":            {"Dockerfile", "static:12", "static"},
		"latest to copy of": {"Dockerfile", "--from=build", "--from=x:latest" + aDigest},
		"one stage":         {"Dockerfile", "FROM gcr.io/x/static:12" + aDigest, ""},
		"ADD":               {"Dockerfile", "ENV X=1", "ADD a /a"},
		"inline ignore":     {"Dockerfile", "# a comment", "# hadolint ignore=DL3006"},
		"skipped check":     {"Dockerfile", "# escape=\\", "# check=skip=all"},
		"maintainer":        {"Dockerfile", "ENV X=1", "MAINTAINER me"},
		"old ENV":           {"Dockerfile", "ENV X=1", "ENV X 1"},
		"casing":            {"Dockerfile", "ENV X=1", "env X=1"},
		"stage casing":      {"Dockerfile", "AS build", "AS Build"},
		"stage twice":       {"Dockerfile", "FROM gcr", "FROM golang:1" + aDigest + " AS build\nFROM gcr"},
		"reserved stage":    {"Dockerfile", "FROM gcr", "FROM golang:1" + aDigest + " AS scratch\nFROM gcr"},
		"two entrypoints":   {"Dockerfile", "ENTRYPOINT", "ENTRYPOINT [\"/b\"]\nENTRYPOINT"},
		"blank line":        {"Dockerfile", "go build \\\n", "go build \\\n\n"},
	})
	reds(t, "CT-1 SHOULD", map[string]change{
		"no digest":   {"Dockerfile", aDigest + " AS", " AS"},
		"half digest": {"Dockerfile", aDigest + " AS", "@sha256:00 AS"},
	})
}

func TestUserIsRed(t *testing.T) {
	t.Parallel()
	script := "#!/bin/sh\nset -e\n"
	reds(t, "CT-2 MUST", map[string]change{
		"root":           {"Dockerfile", "USER 65532:65532", "USER 0"},
		"named user":     {"Dockerfile", "USER 65532:65532", "USER app"},
		"no user":        {"Dockerfile", "USER 65532:65532\n", ""},
		"shell form":     {"Dockerfile", `["/app/a"]`, "/app/a"},
		"broken JSON":    {"Dockerfile", `["/app/a"]`, "['/app/a']"},
		"nothing starts": {"Dockerfile", "ENTRYPOINT [\"/app/a\"]\n", ""},
		"inner shell":    {"Dockerfile", `["/app/a"]`, `["sh", "-c", "/app/a"]`},
	})
	reds(t, "CT-2 SHOULD", map[string]change{
		"owned":      {"Dockerfile", "COPY --from", "COPY --chown=65532 --from"},
		"open":       {"Dockerfile", "COPY --from", "COPY --chmod=777 --from"},
		"given away": {"Dockerfile", "USER", "RUN chown -R 65532 /app\nUSER"},
		"opened":     {"Dockerfile", "USER", "RUN ls && chmod -R a+w /app\nUSER"},
	})
	for last, want := range map[string]string{"exec \"$@\"\n": "", "\"$@\"\n": "CT-2 MUST"} {
		files := change{"Dockerfile", `["/app/a"]`, `["/app/start.sh"]`}.files(t)
		files["start.sh"] = script + last
		if got, report := redOf(t, fileSuite(t, "postgres", files, "CT-2")); got != want {
			t.Errorf("%q: broken: %q, want %q\n%s", last, got, want, report.details())
		}
	}
}

func TestBuildContextIsRed(t *testing.T) {
	t.Parallel()
	reds(t, "CT-3 MUST", map[string]change{
		"secret":        {"Dockerfile", "ENV X=1", "ENV X=1 DB_PASSWORD=1"},
		"secret to set": {"Dockerfile", "ENV X=1", "ARG API_KEY"},
		"URL":           {"Dockerfile", "ENV X=1", "ENV X=postgres://a:b@c/d"},
		"history":       {".dockerignore", ".git\n", ""},
		"settings":      {".dockerignore", ".env*\n", ".env\n"},
		"tests":         {".dockerignore", "**/*_test.go\n", ""},
		"taken back":    {".dockerignore", "", "!a_test.go\n"},
		"build":         {".dockerignore", "bin\n", ""},
		"no list":       {".dockerignore", "", ""},
	})
}

func TestInstallsAreRed(t *testing.T) {
	t.Parallel()
	reds(t, "CT-5 MUST", map[string]change{
		"go build":         {"Dockerfile", "-mod=readonly", ""},
		"npm":              {"Dockerfile", "ENV X=1", "RUN npm install && npm ci"},
		"uv":               {"Dockerfile", "ENV X=1", "RUN uv sync"},
		"bundle":           {"Dockerfile", "ENV X=1", "RUN bundle install"},
		"bundle elsewhere": {"Dockerfile", "FROM gcr", "ENV BUNDLE_DEPLOYMENT=1\nFROM ruby:4" + aDigest + "\nRUN bundle install\nFROM gcr"},
		"composer":         {"Dockerfile", "ENV X=1", "RUN composer install"},
		"composer update":  {"Dockerfile", "ENV X=1", "RUN composer update --no-dev"},
		"pip":              {"Dockerfile", "ENV X=1", "RUN pip install x"},
		"go get":           {"Dockerfile", "make it", "go get x"},
	})
	reds(t, "", map[string]change{
		"npm":      {"Dockerfile", "ENV X=1", "RUN npm ci"},
		"uv":       {"Dockerfile", "ENV X=1", "RUN uv sync --locked"},
		"bundle":   {"Dockerfile", "ENV X=1", "ENV BUNDLE_DEPLOYMENT=1\nRUN bundle install"},
		"composer": {"Dockerfile", "ENV X=1", "RUN composer install --no-dev"},
	})
	for version, want := range map[string]string{"1.0": "", "[1.0,2.0)": "CT-5 MUST", "1.0-SNAPSHOT": "CT-5 MUST", "RELEASE": "CT-5 MUST"} {
		files := goodFiles()
		files["pom.xml"] = "<project><version>0.1-SNAPSHOT</version><dependencies><dependency><version>" + version + "</version></dependency></dependencies></project>\n"
		if got, report := redOf(t, fileSuite(t, "postgres", files, "CT-5")); got != want {
			t.Errorf("Maven %s: broken: %q, want %q\n%s", version, got, want, report.details())
		}
	}
}

func TestFilesAreRed(t *testing.T) {
	t.Parallel()
	reds(t, "RP-2 MUST", map[string]change{
		"trailing space": {"a.txt", "fine", "fine "},
		"template":       {"a.txt", "fine", "{{ .name }}"},
		"tab":            {"a.txt", "fine", "\tfine"},
		"CRLF":           {"a.txt", "\n", "\r\n"},
		"no attributes":  {".gitattributes", "", ""},
		"no config":      {".editorconfig", "", ""},
	})
	reds(t, "RP-6 MUST", map[string]change{
		"env not ignored": {".gitignore", "/.env\n", ""},
		"setting missing": {".env.example", "RATE_LIMIT_RPM=x\n", ""},
		"setting unknown": {".env.example", "PORT=x\n", "PORT=x\nPROT=x\n"},
		"no example":      {".env.example", "", ""},
		"private key":     {"a.txt", "fine", "-----BEGIN " + "PRIVATE KEY-----"},
		"token":           {"a.txt", "fine", "ghp" + "_abcdefghijklmnopqrstuvwxyz0123456789"},
		"key in a file":   {"conf/id_ed25519", "", "x\n"},
	})
}

func TestLocksAreRed(t *testing.T) {
	t.Parallel()
	reds(t, "RP-4 MUST", map[string]change{
		"no lock":          {"go.sum", "", ""},
		"lock ignored":     {".gitignore", "", "go.sum\n"},
		"no version":       {"go.mod", "go 1.26.0", ""},
		"no manifest":      {"go.mod", "", ""},
		"no updates":       {".github/dependabot.yml", "", ""},
		"image not kept":   {".github/dependabot.yml", "  - package-ecosystem: docker\n", ""},
		"actions not kept": {".github/dependabot.yml", "github-actions", "npm"},
	})
	for ignore, want := range map[string]string{"": "RP-4 MUST", "\n    ignore: [{dependency-name: typescript, versions: ['>=7']}]": ""} {
		files := change{".github/dependabot.yml", "  - package-ecosystem: gomod", "  - package-ecosystem: gomod\n  - package-ecosystem: npm" + ignore}.files(t)
		files["package.json"] = `{"engines": {"node": "24"}, "devDependencies": {"typescript": "6.0.0"}}` + "\n"
		files["package-lock.json"] = "{}\n"
		if got, report := redOf(t, fileSuite(t, "postgres", files, "RP-4")); got != want {
			t.Errorf("ignore %q: broken: %q, want %q\n%s", ignore, got, want, report.details())
		}
	}
}
