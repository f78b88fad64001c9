// Package container tries the files for containers that sill makes with the
// programs they are for: Dockerfiles with the linter of BuildKit, compose files
// with the loader of Compose, manifests with Kustomize and the types of
// Kubernetes. It is a module of its own because these are large.
package container
