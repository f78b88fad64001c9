package contract

import "testing"

func TestComposeIsRed(t *testing.T) {
	t.Parallel()
	reds(t, "CT-6 MUST", map[string]change{
		"not there":        {"compose.yaml", "", ""},
		"no YAML":          {"compose.yaml", "", "services: [\n"},
		"version":          {"compose.yaml", "services:", "version: '3'\nservices:"},
		"no health":        {"compose.yaml", "    healthcheck: {test: [CMD, pg_isready]}\n", ""},
		"no volume":        {"compose.yaml", "    volumes: [\"db:/var/lib/postgresql\"]\n", ""},
		"bound volume":     {"compose.yaml", "db:/var", "./db:/var"},
		"open port":        {"compose.yaml", "127.0.0.1:5432:5432", "5432:5432"},
		"any address":      {"compose.yaml", "[\"127.0.0.1:5432:5432\"]", "[{target: 5432, published: 5432}]"},
		"does not wait":    {"compose.yaml", "db: {condition: service_healthy}\n      migrate", "migrate"},
		"waits for start":  {"compose.yaml", "service_completed_successfully", "service_started"},
		"early migration":  {"compose.yaml", "    command: [migrate]\n    depends_on:\n      db: {condition: service_healthy}", "    command: [migrate]"},
		"endless migrate":  {"compose.yaml", "    command: [migrate]", "    restart: always\n    command: [migrate]"},
		"no migrate":       {"compose.yaml", "  migrate:\n    <<: *service\n    command: [migrate]", "  other:\n    <<: *service"},
		"no database":      {"compose.yaml", "image: postgres:18", "image: redis:8"},
		"password":         {"compose.yaml", "- POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-development}", "- POSTGRES_PASSWORD=hunter2"},
		"password in URL":  {"compose.yaml", "o:${POSTGRES_PASSWORD:-development}@", "o:hunter2@"},
		"unmarked default": {"compose.yaml", "o:${POSTGRES_PASSWORD:-development}@", "o:${POSTGRES_PASSWORD:-hunter2}@"},
	})
	reds(t, "", map[string]change{
		"no default":       {"compose.yaml", "o:${POSTGRES_PASSWORD:-development}@", "o:${POSTGRES_PASSWORD:?is missing}@"},
		"port by its host": {"compose.yaml", "[\"127.0.0.1:5432:5432\"]", "[{target: 5432, host_ip: 127.0.0.1}]"},
	})
}

// SQLite has no server; its volume is with the service.
func TestComposeOfSQLite(t *testing.T) {
	t.Parallel()
	const service = "services:\n  app:\n    build: .\n    volumes: [\"data:/data\"]\n    depends_on: {migrate: {condition: service_completed_successfully}}\n"
	for name, c := range map[string]struct{ compose, want string }{
		"good":         {service + "  migrate:\n    build: .\n    command: migrate\n    volumes: [{source: data, target: /data}]\nvolumes: {data: }\n", ""},
		"not shared":   {service + "  migrate:\n    build: .\n    command: migrate\nvolumes: {data: }\n", "CT-6 MUST"},
		"not declared": {service + "  migrate:\n    build: .\n    command: migrate\n    volumes: [\"data:/data\"]\n", "CT-6 MUST"},
	} {
		files := goodFiles()
		files["compose.yaml"] = c.compose
		if got, report := redOf(t, fileSuite(t, "sqlite", files, "CT-6")); got != c.want {
			t.Errorf("%s: broken: %q, want %q\n%s", name, got, c.want, report.details())
		}
	}
}

func TestPodSecurityIsRed(t *testing.T) {
	t.Parallel()
	const file = "deploy/k8s/service.yaml"
	reds(t, "CT-7 MUST", map[string]change{
		"root":          {file, "runAsNonRoot: true, ", ""},
		"root after":    {file, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false\n            runAsNonRoot: false"},
		"user 0":        {file, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false\n            runAsUser: 0"},
		"escalation":    {file, "            allowPrivilegeEscalation: false\n", ""},
		"capabilities":  {file, "drop: [ALL]", "drop: [CHOWN]"},
		"added":         {file, "drop: [ALL]", "drop: [ALL], add: [SYS_ADMIN]"},
		"privileged":    {file, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false\n            privileged: true"},
		"seccomp":       {file, "{type: RuntimeDefault}", "{type: Unconfined}"},
		"writable":      {file, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"},
		"token":         {file, "      automountServiceAccountToken: false\n", ""},
		"host network":  {file, "      automountServiceAccountToken: false\n", "      automountServiceAccountToken: false\n      hostNetwork: true\n"},
		"literal":       {file, "valueFrom: {secretKeyRef: {name: orders, key: url}}", "value: 'postgres://a:b@c/d'"},
		"all of it":     {file, "          env:\n", "          envFrom: [{secretRef: {name: orders}}]\n          env:\n"},
		"mounted":       {file, "      containers:\n", "      volumes: [{name: s, secret: {secretName: orders}}]\n      containers:\n"},
		"secret object": {"deploy/k8s/secret.yaml", "", "kind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n"},
	})
	reds(t, "CT-7 MUST, CT-8 MUST", map[string]change{"no YAML": {file, "", "---\na: [\n"}})
}

func TestPodLifecycleIsRed(t *testing.T) {
	t.Parallel()
	const file = "deploy/k8s/service.yaml"
	reds(t, "CT-8 MUST", map[string]change{
		"liveness":        {file, "livenessProbe: {httpGet: {path: /livez", "livenessProbe: {httpGet: {path: /readyz"},
		"no startup":      {file, "startupProbe", "x"},
		"readiness":       {file, "{path: /readyz", "{path: /livez"},
		"no sleep":        {file, "          lifecycle: {preStop: {sleep: {seconds: 5}}}\n", ""},
		"short sleep":     {file, "{sleep: {seconds: 5}}", "{exec: {command: [sh, -c, sleep 4]}}"},
		"short grace":     {file, "terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 29"},
		"long drain":      {file, "          env:\n", "          env:\n            - {name: SHUTDOWN_TIMEOUT_MS, value: '20001'}\n"},
		"no memory limit": {file, ", limits: {memory: 64Mi}", ""},
		"no requests":     {file, "cpu: 10m, ", ""},
		"no job":          {file, "args: [migrate]", "args: [start]"},
	})
	reds(t, "CT-8 SHOULD", map[string]change{
		"one replica":  {file, "replicas: 2", "replicas: 1"},
		"no budget":    {file, "PodDisruptionBudget", "Other"},
		"other budget": {file, "matchLabels: {app: orders}", "matchLabels: {app: other}"},
	})
	const unscaled = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: orders}\nspec:\n"
	scaled := func(name, least string) change {
		scaler := "kind: HorizontalPodAutoscaler\nspec: {scaleTargetRef: {kind: Deployment, name: " + name + "}, minReplicas: " + least + "}\n---\n"
		return change{file, unscaled + "  replicas: 2\n", scaler + unscaled}
	}
	reds(t, "CT-8 SHOULD", map[string]change{"scaled to one": scaled("orders", "1"), "another is scaled": scaled("other", "2")})
	reds(t, "", map[string]change{"scaled to two": scaled("orders", "2")})
	reds(t, "", map[string]change{"sleep by command": {file, "{sleep: {seconds: 5}}", "{exec: {command: [sleep, '5']}}"}})
	for text, want := range map[string]string{"replicas: 1\n  strategy: {type: Recreate}": "", "replicas: 1": "CT-8 SHOULD", "replicas: 2\n  strategy: {type: Recreate}": "CT-8 SHOULD"} {
		files := change{file, "replicas: 2", text}.files(t)
		if got, report := redOf(t, fileSuite(t, "sqlite", files, "CT-8")); got != want {
			t.Errorf("SQLite with %s: broken: %q, want %q\n%s", text, got, want, report.details())
		}
	}
}

func TestWorkflowsAreRed(t *testing.T) {
	t.Parallel()
	const file = ".github/workflows/ci.yml"
	reds(t, "RP-3 MUST", map[string]change{
		"no permissions":      {file, "permissions:\n  contents: read\n", ""},
		"write":               {file, "contents: read", "contents: write"},
		"more permissions":    {file, "contents: read", "contents: read\n  issues: read"},
		"tag":                 {file, "actions/checkout" + aCommit, "actions/checkout@v5 # v5\n"},
		"no version":          {file, " # v1.2.3", ""},
		"credentials":         {file, "persist-credentials: false", "fetch-depth: 1"},
		"no timeout":          {file, "    timeout-minutes: 10\n", ""},
		"no concurrency":      {file, "concurrency: ci\n", ""},
		"pull_request_target": {file, "  push:\n", "  push:\n  pull_request_target:\n"},
		"event in script":     {file, "govulncheck ./...", "govulncheck ./... '${{ github.event.pull_request.title }}'"},
		"no lint":             {file, "      - run: sh tool.sh lint\n", ""},
		"no test":             {file, "sh tool.sh test", "true"},
		"no audit":            {file, "govulncheck ./...", "true"},
		"no image":            {file, "docker build .", "true"},
		"not on push":         {file, "  push:\n", ""},
		"all writes in a job": {file, "    timeout-minutes: 10\n", "    timeout-minutes: 10\n    permissions: write-all\n"},
		"no YAML":             {file, "", "a: [\n"},
	})
	reds(t, "", map[string]change{
		"no rights":      {file, "permissions:\n  contents: read", "permissions: {}"},
		"write in a job": {file, "    timeout-minutes: 10\n", "    timeout-minutes: 10\n    permissions: {security-events: write}\n"},
		"events listed":  {file, "on:\n  push:\n  pull_request:\n", "on: [push, pull_request]\n"},
	})
}

// TestBuildFits demands that the clause about containers does not end while the
// image, with empty caches, still builds.
func TestBuildFits(t *testing.T) {
	t.Parallel()
	s := suite{Options: Options{Scale: 0.1}}
	for _, c := range container() {
		if c.ID == "CT-4" && s.limit(c) <= buildLimit {
			t.Errorf("%s ends after %v, the build after %v", c.ID, s.limit(c), buildLimit)
		}
	}
}
