package contract

import (
	"regexp"
	"time"
)

// container returns the clauses about files for containers.
func container() []Clause {
	both, must, docker, kubernetes := []Level{Must, Should}, []Level{Must}, []Need{Module("docker")}, []Need{Module("kubernetes")}
	return []Clause{
		{ID: "CT-1", Title: "the image is built in stages from pinned images", Levels: both, Needs: docker, Run: pinnedImages},
		{ID: "CT-2", Title: "the image runs as a number that is not root", Levels: both, Needs: docker, Run: plainUser},
		{ID: "CT-3", Title: "no secrets, history or tests in the image", Levels: must, Needs: docker, Run: buildContext},
		{ID: "CT-4", Title: "the container needs no rights and stops when told", Levels: must, Needs: docker, Turn: Heavy, Limit: buildLimit + 2*time.Minute, Run: confinedRun},
		{ID: "CT-5", Title: "the image installs what the lock file says", Levels: must, Needs: docker, Run: frozenInstalls},
		{ID: "CT-6", Title: "compose.yaml starts service and database in order", Levels: must, Needs: docker, Run: composeFile},
		{ID: "CT-7", Title: "pods have no rights that they do not need", Levels: must, Needs: kubernetes, Run: podSecurity},
		{ID: "CT-8", Title: "pods start and stop without losing requests", Levels: both, Needs: kubernetes, Run: podLifecycle},
	}
}

// secretName reports whether a variable is called as one that holds a secret;
// the path of a file that holds one is none.
func secretName(name string) bool {
	return regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|credential)`).MatchString(name) &&
		!regexp.MustCompile(`(?i)_(file|path)$`).MatchString(name)
}

// passwordIn returns the password of a URL in a text.
func passwordIn(text string) string {
	if m := regexp.MustCompile(`://[^/\s:@]*:((?:\$\{[^}]*\}|[^@/\s])+)@`).FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
