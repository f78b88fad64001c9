package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// image looks for a tag of the same form with higher numbers.
func (r registries) image(ctx context.Context, p pin) (latest, error) {
	host, name := imageHome(p.name)
	at := url.URL{Scheme: r.scheme, Host: host, Path: "/v2/" + name}
	l := latest{version: p.version}
	next := at.JoinPath("tags", "list").String() + "?n=1000"
	for range 50 { // pages; the image of Go has some ten
		page, err := r.get(ctx, http.MethodGet, next)
		if err != nil {
			return latest{}, err
		}
		var list struct{ Tags []string }
		if err := json.Unmarshal(page.body, &list); err != nil {
			return latest{}, fmt.Errorf("read the tags of %s: %w", p.name, err)
		}
		for _, tag := range list.Tags {
			if laterTag(tag, l.version) {
				l.version = tag
			}
		}
		link := regexp.MustCompile(`<([^>]+)>;\s*rel="next"`).FindStringSubmatch(page.header.Get("Link"))
		if link == nil {
			break
		}
		more, err := at.Parse(link[1])
		if err != nil {
			return latest{}, fmt.Errorf("read the tags of %s: %w", p.name, err)
		}
		next = more.String()
	}
	var err error
	if l.current, err = r.digest(ctx, at, p.version); err == nil {
		l.exact, err = r.digest(ctx, at, l.version)
	}
	return l, err
}

func (r registries) digest(ctx context.Context, at url.URL, tag string) (string, error) {
	manifest, err := r.get(ctx, http.MethodHead, at.JoinPath("manifests", tag).String())
	return manifest.header.Get("Docker-Content-Digest"), err
}

// imageHome returns the registry of an image and its name there.
func imageHome(name string) (host, there string) {
	first, rest, nested := strings.Cut(name, "/")
	switch {
	case nested && strings.ContainsAny(first, ".:"):
		return first, rest
	case nested:
		return "registry-1.docker.io", name
	}
	return "registry-1.docker.io", "library/" + name
}

// laterTag reports whether a tag is of the same form as another, with higher
// numbers: 1.26.9-trixie after 1.26.8-trixie.
func laterTag(tag, than string) bool {
	digits := regexp.MustCompile(`\d+`)
	if digits.ReplaceAllString(tag, "0") != digits.ReplaceAllString(than, "0") {
		return false
	}
	a, b := digits.FindAllString(tag, -1), digits.FindAllString(than, -1)
	for i := range a {
		m, errM := strconv.Atoi(a[i])
		n, errN := strconv.Atoi(b[i])
		if errM != nil || errN != nil || m != n {
			return errM == nil && errN == nil && m > n
		}
	}
	return false
}

// reply is what a registry answers.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// get asks a registry, which may want a token that it gives to anybody.
func (r registries) get(ctx context.Context, method, address string) (reply, error) {
	got, err := r.send(ctx, method, address, "")
	if err == nil && got.status == http.StatusUnauthorized {
		var token string
		if token, err = r.token(ctx, got.header.Get("WWW-Authenticate")); err == nil {
			got, err = r.send(ctx, method, address, token)
		}
	}
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d", method, address, got.status)
	}
	return got, err
}

func (r registries) send(ctx context.Context, method, address, token string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return reply{}, fmt.Errorf("ask a registry: %w", err)
	}
	for _, kind := range []string{"vnd.oci.image.index.v1+json", "vnd.docker.distribution.manifest.list.v2+json", "json"} {
		req.Header.Add("Accept", "application/"+kind)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return reply{}, fmt.Errorf("ask a registry: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return reply{}, fmt.Errorf("read %s: %w", address, err)
	}
	return reply{status: res.StatusCode, header: res.Header, body: body}, nil
}

// token asks for the right to read, as the challenge of a registry says.
func (r registries) token(ctx context.Context, challenge string) (string, error) {
	parts := map[string]string{}
	for _, m := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(challenge, -1) {
		parts[m[1]] = m[2]
	}
	query := url.Values{"service": {parts["service"]}, "scope": {parts["scope"]}}
	given, err := r.send(ctx, http.MethodGet, parts["realm"]+"?"+query.Encode(), "")
	if err != nil {
		return "", err
	}
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(given.body, &answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("%s gives no token", parts["realm"])
	}
	return answer.Token, nil
}
