package container

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// build makes the manifests of an overlay as Kustomize does, one for each
// object.
func build(t *testing.T, dir, overlay string) []string {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(dir, "deploy", "k8s", "overlays", overlay))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range made.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// manifests are objects by their kind.
type manifests map[string]runtime.Object

// decode reads a manifest into the types of Kubernetes, and refuses what they
// do not have.
func (m manifests) decode(t *testing.T, text string) error {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	object, kind, err := strict.Decode([]byte(text), nil, nil)
	if err == nil {
		m[kind.Kind] = object
	}
	return err
}

// objects decodes what an overlay makes.
func objects(t *testing.T, dir, overlay string) manifests {
	t.Helper()
	all := manifests{}
	for _, text := range build(t, dir, overlay) {
		if err := all.decode(t, text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	return all
}

// restricted returns what the Pod Security Standard of that name, in its
// latest version, has against a pod.
func restricted(t *testing.T, spec *corev1.PodSpec) []string {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	results := evaluator.EvaluatePod(level, &metav1.ObjectMeta{}, spec)
	if len(results) == 0 {
		t.Fatal("the standard was not applied")
	}
	return policy.AggregateCheckResults(results).ForbiddenReasons
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	everyChoice(t, func(t *testing.T, database string, args ...string) {
		t.Helper()
		dir := generate(t, append(args, "--with", "kubernetes", "--owner", "@Acme/backend")...)
		for overlay, namespace := range map[string]string{"staging": "order-history-staging", "production": "order-history"} {
			all := objects(t, dir, overlay)
			want := []string{"Deployment", "Job", "Namespace", "NetworkPolicy", "Service"}
			if database == "sqlite" {
				want = append(want, "PersistentVolumeClaim")
			} else {
				want = append(want, "HorizontalPodAutoscaler", "PodDisruptionBudget")
			}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) {
				t.Fatalf("%s has %q, want %q", overlay, got, want)
			}
			for kind, object := range all {
				if meta := object.(metav1.Object); kind != "Namespace" && meta.GetNamespace() != namespace {
					t.Errorf("%s: %s is in the namespace %q", overlay, kind, meta.GetNamespace())
				}
			}
			checkOrder(t, dir, all)
			checkPods(t, all)
			checkScale(t, overlay, all)
		}
	})
}

// checkOrder checks that what README.md applies first is everything but the
// service, so that the migration has what it needs.
func checkOrder(t *testing.T, dir string, all manifests) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	option := regexp.MustCompile(`kubectl apply -k \S+ -l (\S+)`).FindSubmatch(page)
	if option == nil {
		t.Fatal("README.md does not say how to migrate")
	}
	first, err := labels.Parse(string(option[1]))
	if err != nil {
		t.Fatal(err)
	}
	for kind, object := range all {
		if taken := first.Matches(labels.Set(object.(metav1.Object).GetLabels())); taken == (kind == "Deployment") {
			t.Errorf("%s is applied first: %t", kind, taken)
		}
	}
}

// checkPods checks the pods of the service and of the migration, and that the
// other objects find them.
func checkPods(t *testing.T, all manifests) {
	t.Helper()
	deployment, job := all["Deployment"].(*appsv1.Deployment), all["Job"].(*batchv1.Job)
	service, firewall := all["Service"].(*corev1.Service), all["NetworkPolicy"].(*networkingv1.NetworkPolicy)
	for name, pod := range map[string]corev1.PodTemplateSpec{"service": deployment.Spec.Template, "migrate": job.Spec.Template} {
		for _, reason := range restricted(t, &pod.Spec) {
			t.Errorf("%s: %s", name, reason)
		}
		if image := pod.Spec.Containers[0].Image; image != "ghcr.io/acme/order-history:0.1.0" {
			t.Errorf("%s: the image is %s", name, image)
		}
		if !holds(pod.Labels, firewall.Spec.PodSelector.MatchLabels) {
			t.Errorf("%s: the network policy is not about %v", name, pod.Labels)
		}
		if found := holds(pod.Labels, service.Spec.Selector); found != (name == "service") {
			t.Errorf("%s: the Service finds it: %t", name, found)
		}
		if found := holds(pod.Labels, deployment.Spec.Selector.MatchLabels); found != (name == "service") {
			t.Errorf("%s: the Deployment takes it for its own: %t", name, found)
		}
	}
}

// checkScale checks that something decides how many pods there are, and one
// thing alone.
func checkScale(t *testing.T, overlay string, all manifests) {
	t.Helper()
	deployment := all["Deployment"].(*appsv1.Deployment)
	scaler, scaled := all["HorizontalPodAutoscaler"].(*autoscalingv2.HorizontalPodAutoscaler)
	if !scaled {
		if n := deployment.Spec.Replicas; n == nil || *n != 1 || deployment.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
			t.Errorf("%s: %v pods, replaced by %s", overlay, n, deployment.Spec.Strategy.Type)
		}
		return
	}
	least := map[string]int32{"staging": 2, "production": 3}[overlay]
	if deployment.Spec.Replicas != nil || *scaler.Spec.MinReplicas != least || scaler.Spec.ScaleTargetRef.Name != deployment.Name {
		t.Errorf("%s: %v replicas, at least %d of %s", overlay, deployment.Spec.Replicas, *scaler.Spec.MinReplicas, scaler.Spec.ScaleTargetRef.Name)
	}
	budget := all["PodDisruptionBudget"].(*policyv1.PodDisruptionBudget)
	if !holds(deployment.Spec.Template.Labels, budget.Spec.Selector.MatchLabels) {
		t.Errorf("%s: the budget is for %v", overlay, budget.Spec.Selector.MatchLabels)
	}
}

// holds reports whether labels have all that a selector wants; one that wants
// nothing finds nothing here.
func holds(labels, selector map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

// Manifests that are changed for the worse are refused.
func TestKubernetesIsStrict(t *testing.T) {
	t.Parallel()
	good := ""
	for _, text := range build(t, generate(t, "--with", "kubernetes"), "staging") {
		if strings.Contains(text, "\nkind: Deployment\n") {
			good = text
		}
	}
	all := manifests{}
	if err := all.decode(t, strings.Replace(good, "terminationGracePeriodSeconds", "gracePeriod", 1)); err == nil {
		t.Error("an unknown member is taken")
	}
	for _, change := range [][2]string{
		{"runAsNonRoot: true", "runAsNonRoot: false"},
		{"allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"},
		{"- ALL", "- CHOWN"},
		{"type: RuntimeDefault", "type: Unconfined"},
		{"emptyDir: {}", "hostPath: {path: /}"},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if err := all.decode(t, text); err != nil || text == good {
			t.Fatalf("%v: %v", change, err)
		}
		if len(restricted(t, &all["Deployment"].(*appsv1.Deployment).Spec.Template.Spec)) == 0 {
			t.Errorf("%s is allowed", change[1])
		}
	}
}
