package contract

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// pod is the specification of pods in a manifest.
type pod struct {
	at   string // for a report
	kind string
	top  any // the object
	spec any
}

// manifests returns the objects under deploy/k8s.
func (s *Session) manifests() ([]any, error) {
	files, err := s.suite.files()
	if err != nil {
		return nil, err
	}
	names := under(files, `^deploy/k8s/.*\.ya?ml$`)
	s.check(len(names) > 0, "deploy/k8s", "manifests", "none")
	var all []any
	for _, name := range names {
		objects, err := documents(files[name])
		if err != nil {
			s.broken(Must, name, "YAML", err.Error())
		}
		all = append(all, objects...)
	}
	return all, nil
}

// pods returns what the objects say about pods.
func pods(objects []any) []pod {
	paths := map[string][]string{
		"Pod": {"spec"}, "CronJob": {"spec", "jobTemplate", "spec", "template", "spec"}, "Deployment": {"spec", "template", "spec"},
		"StatefulSet": {"spec", "template", "spec"}, "DaemonSet": {"spec", "template", "spec"}, "Job": {"spec", "template", "spec"},
	}
	var all []pod
	for _, o := range objects {
		kind := scalar(at(o, "kind"))
		if path, ok := paths[kind]; ok {
			name := "deploy/k8s: " + kind + " " + scalar(at(o, "metadata", "name"))
			all = append(all, pod{at: name, kind: kind, top: o, spec: at(o, path...)})
		}
	}
	return all
}

// containers returns the containers of a pod, those that run first included.
func (p pod) containers() []any {
	return slices.Concat(each(at(p.spec, "initContainers")), each(at(p.spec, "containers")))
}

// serves reports whether the pod is there to stay.
func (p pod) serves() bool { return p.kind == "Deployment" || p.kind == "StatefulSet" }

// podSecurity is CT-7. Decoding into the types of Kubernetes is for the tests
// of the generator.
func podSecurity(_ context.Context, s *Session) error {
	objects, err := s.manifests()
	if err != nil {
		return err
	}
	all := pods(objects)
	s.check(len(all) > 0, "deploy/k8s", "pods", "none")
	for _, p := range all {
		s.check(at(p.spec, "automountServiceAccountToken") == false, p.at, "automountServiceAccountToken: false", scalar(at(p.spec, "automountServiceAccountToken")))
		for _, member := range []string{"hostNetwork", "hostPID", "hostIPC"} {
			s.check(at(p.spec, member) != true, p.at, "no "+member, "true")
		}
		for _, c := range p.containers() {
			s.confined(p, c)
			s.secretsByReference(p, c)
		}
		for _, v := range each(at(p.spec, "volumes")) {
			s.check(at(v, "secret") == nil, p.at, "secrets by secretKeyRef only", "volume "+scalar(at(v, "name")))
		}
	}
	for _, o := range objects {
		holds := at(o, "data") != nil || at(o, "stringData") != nil
		s.check(scalar(at(o, "kind")) != "Secret" || !holds, "deploy/k8s: Secret "+scalar(at(o, "metadata", "name")), "no secret in the repository", "one")
	}
	return nil
}

// confined checks the security context of a container; what it leaves out the
// pod may say for all.
func (s *Session) confined(p pod, c any) {
	own, common := at(c, "securityContext"), at(p.spec, "securityContext")
	name := p.at + ", container " + scalar(at(c, "name"))
	either := func(keys ...string) any {
		if v := at(own, keys...); v != nil {
			return v
		}
		return at(common, keys...)
	}
	for _, one := range []struct {
		says string
		got  any
		want any
	}{
		{"runAsNonRoot: true", either("runAsNonRoot"), true},
		{"seccompProfile: RuntimeDefault", either("seccompProfile", "type"), "RuntimeDefault"},
		{"allowPrivilegeEscalation: false", at(own, "allowPrivilegeEscalation"), false},
		{"readOnlyRootFilesystem: true", at(own, "readOnlyRootFilesystem"), true},
	} {
		s.check(one.got == one.want, name, one.says, fmt.Sprint(one.got))
	}
	dropped := words(at(own, "capabilities", "drop"))
	s.check(slices.Contains(dropped, "ALL"), name, "capabilities.drop: [ALL]", fmt.Sprint(dropped))
	added := words(at(own, "capabilities", "add"))
	s.check(len(added) == 0 || slices.Equal(added, []string{"NET_BIND_SERVICE"}), name, "no capabilities added", fmt.Sprint(added))
	s.check(at(own, "privileged") != true, name, "a container that is not privileged", "privileged: true")
	s.check(either("runAsUser") != 0, name, "a user that is not root", "runAsUser: 0")
}

func (s *Session) secretsByReference(p pod, c any) {
	name := p.at + ", container " + scalar(at(c, "name"))
	for _, e := range each(at(c, "env")) {
		key, value := scalar(at(e, "name")), scalar(at(e, "value"))
		secret := value != "" && (secretName(key) || passwordIn(value) != "")
		s.check(!secret, name, "secrets by secretKeyRef only", key+" has a value")
		s.check(at(e, "valueFrom", "configMapKeyRef") == nil || !secretName(key), name, "secrets by secretKeyRef only", key+" comes from a ConfigMap")
	}
	for _, e := range each(at(c, "envFrom")) {
		s.check(at(e, "secretRef") == nil, name, "secrets by secretKeyRef only", "envFrom")
	}
}

// podLifecycle is CT-8.
func podLifecycle(_ context.Context, s *Session) error {
	objects, err := s.manifests()
	if err != nil {
		return err
	}
	serves, migrates := false, false
	for _, p := range pods(objects) {
		for _, c := range p.containers() {
			command := strings.Join(slices.Concat(words(at(c, "command")), words(at(c, "args"))), " ")
			migrates = migrates || p.kind == "Job" && strings.Contains(command, "migrate")
			s.resources(p, c)
		}
		if !p.serves() {
			continue
		}
		serves = true
		for _, c := range each(at(p.spec, "containers")) {
			s.probes(p, c)
			s.grace(p, c)
		}
		s.replicas(p, objects)
	}
	s.check(serves, "deploy/k8s", "a Deployment", "none")
	s.check(migrates, "deploy/k8s", "a Job that migrates", "none")
	return nil
}

func (s *Session) probes(p pod, c any) {
	for probe, want := range map[string]string{"livenessProbe": "/livez", "startupProbe": "/livez", "readinessProbe": "/readyz"} {
		got := scalar(at(c, probe, "httpGet", "path"))
		s.check(got == want, p.at, probe+" asks "+want, got)
	}
}

// grace checks that a pod has the time to be taken out of service and to
// finish what it does.
func (s *Session) grace(p pod, c any) {
	sleep := preStop(at(c, "lifecycle", "preStop"))
	s.check(sleep >= 5, p.at, "preStop sleeps 5 s or more", strconv.Itoa(sleep)+" s")
	drain := 20000
	for _, e := range each(at(c, "env")) {
		if n, err := strconv.Atoi(scalar(at(e, "value"))); err == nil && scalar(at(e, "name")) == "SHUTDOWN_TIMEOUT_MS" {
			drain = n
		}
	}
	period, set := integer(at(p.spec, "terminationGracePeriodSeconds"))
	if !set {
		period = 30
	}
	least := sleep + (drain+999)/1000 + 5
	s.check(period >= least, p.at, fmt.Sprintf("terminationGracePeriodSeconds of %d or more", least), strconv.Itoa(period))
}

// preStop returns how many seconds a hook sleeps.
func preStop(hook any) int {
	if n, ok := integer(at(hook, "sleep", "seconds")); ok {
		return n
	}
	command := strings.Fields(strings.Join(words(at(hook, "exec", "command")), " "))
	for i, word := range command {
		if word == "sleep" && i+1 < len(command) {
			if n, err := strconv.Atoi(strings.TrimSuffix(command[i+1], "s")); err == nil {
				return n
			}
		}
	}
	return 0
}

func (s *Session) resources(p pod, c any) {
	name := p.at + ", container " + scalar(at(c, "name"))
	for _, one := range [][]string{{"requests", "cpu"}, {"requests", "memory"}, {"limits", "memory"}} {
		got := scalar(at(c, "resources", one[0], one[1]))
		s.check(got != "", name, "resources."+strings.Join(one, "."), "none")
	}
}

// replicas checks how many pods there are at a time. SQLite has one writer.
func (s *Session) replicas(p pod, objects []any) {
	n, _ := integer(at(p.top, "spec", "replicas"))
	if s.suite.databaseName() == "sqlite" {
		strategy := scalar(at(p.top, "spec", "strategy", "type"))
		s.checkAt(Should, n == 1 && (strategy == "Recreate" || p.kind == "StatefulSet"), p.at, "one replica and the strategy Recreate", fmt.Sprintf("%d and %q", n, strategy))
		return
	}
	for _, o := range objects {
		target := at(o, "spec", "scaleTargetRef")
		if scalar(at(o, "kind")) == "HorizontalPodAutoscaler" && at(target, "kind") == p.kind && at(target, "name") == at(p.top, "metadata", "name") {
			n, _ = integer(at(o, "spec", "minReplicas")) // it decides, whatever the other says
		}
	}
	s.checkAt(Should, n >= 2, p.at, "two replicas or more", strconv.Itoa(n))
	labels := at(p.top, "spec", "template", "metadata", "labels")
	guarded := slices.ContainsFunc(objects, func(o any) bool {
		chosen := at(o, "spec", "selector", "matchLabels")
		return scalar(at(o, "kind")) == "PodDisruptionBudget" && len(keys(chosen)) > 0 &&
			!slices.ContainsFunc(keys(chosen), func(key string) bool { return at(chosen, key) != at(labels, key) })
	})
	s.checkAt(Should, guarded, p.at, "a PodDisruptionBudget", "none")
}
