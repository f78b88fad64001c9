package contract

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// settingNames are the variables of the contract that every service has.
func settingNames() []string {
	return []string{
		"APP_ENV", "CORS_ALLOWED_ORIGINS", "DATABASE_URL", "DATABASE_URL_FILE", "DB_POOL_MAX", "DB_TIMEOUT_MS", "DOCS_ENABLED", "HEADER_TIMEOUT_MS",
		"HOST", "IDLE_TIMEOUT_MS", "LOG_LEVEL", "MAX_BODY_BYTES", "METRICS_PORT", "PORT", "RATE_LIMIT_RPM", "REQUEST_TIMEOUT_MS", "SHUTDOWN_TIMEOUT_MS", "TRUSTED_PROXIES",
	}
}

// noSecrets is RP-6.
func noSecrets(ctx context.Context, s *Session) error {
	files, err := s.suite.files()
	if err != nil {
		return err
	}
	ignored := gitIgnore(files[".gitignore"])
	s.check(ignored.has(".env"), ".gitignore", ".env is ignored", "it is not")
	for name, data := range files {
		s.check(secretIn(data) == "", name, "no secret", secretIn(data))
		s.check(!regexp.MustCompile(`(^|/)(\.env|id_(rsa|ed25519|ecdsa)|[^/]+\.(p12|pfx|jks|keystore))$`).MatchString(name), name, "no file of secrets", name)
	}
	if example, has := files[".env.example"]; s.check(has, ".env.example", "it is there", "it is not") {
		s.listed(example)
	}
	program := s.suite.program("gitleaks")
	if program == "" {
		s.note("gitleaks is not on the PATH")
		return nil
	}
	return s.scan(ctx, "gitleaks", program, "dir", "--no-banner", "--redact", ".")
}

// listed checks that .env.example has exactly the settings of the service.
func (s *Session) listed(example string) {
	want := settingNames()
	if s.suite.meets(Module("auth")) {
		want = append(want, "AUTH_AUDIENCE", "AUTH_ISSUER", "AUTH_JWKS_URL")
	}
	slices.Sort(want)
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^#?\s?([A-Z][A-Z0-9_]+)=`).FindAllStringSubmatch(example, -1) {
		if !strings.HasPrefix(m[1], "OTEL_") {
			got = append(got, m[1])
		}
	}
	slices.Sort(got)
	s.check(slices.Equal(got, want), ".env.example", "exactly "+strings.Join(want, " "), strings.Join(got, " "))
}

// secretIn names the kind of the first key in a text that a machine could use
// at once. It never returns the key.
func secretIn(text string) string {
	for kind, pattern := range map[string]string{ //nolint:gosec // patterns of keys are none
		"a private key":    `-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----`,
		"an AWS key":       `\b(AKIA|ASIA)[0-9A-Z]{16}\b`,
		"a GitHub token":   `\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{60,}`,
		"a GitLab token":   `\bglpat-[\w-]{20}`,
		"a Slack token":    `\bxox[abprs]-[A-Za-z0-9-]{10,}`,
		"a Slack webhook":  `hooks\.slack\.com/services/T\w+/B\w+/\w+`,
		"a Stripe key":     `\b[sr]k_live_[A-Za-z0-9]{20,}`,
		"a Google key":     `\bAIza[0-9A-Za-z_-]{35}\b`,
		"an npm token":     `\bnpm_[A-Za-z0-9]{36}\b|_authToken=[\w-]{20,}`,
		"a PyPI token":     `\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}`,
		"a JSON Web Token": `\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}`,
		"a SendGrid key":   `\bSG\.[\w-]{22}\.[\w-]{43}\b`,
	} {
		if regexp.MustCompile(pattern).MatchString(text) {
			return kind
		}
	}
	return ""
}
