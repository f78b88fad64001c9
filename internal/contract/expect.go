package contract

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// expectation is what an answer must be like.
type expectation struct {
	says    string
	differs func(r *reply) string // what it is like instead, or nothing
}

// status expects one of the statuses.
func status(want ...int) expectation {
	return expectation{says: oneOf(want), differs: func(r *reply) string {
		if slices.Contains(want, r.status) {
			return ""
		}
		return r.summary()
	}}
}

func oneOf(statuses []int) string {
	var words []string
	for _, s := range statuses {
		words = append(words, strconv.Itoa(s))
	}
	return strings.Join(words, " or ")
}

// problem expects one of the statuses with problem details as content.
func problem(want ...int) expectation {
	return expectation{says: "problem(" + oneOf(want) + ")", differs: func(r *reply) string {
		if !slices.Contains(want, r.status) {
			return r.summary()
		}
		if fault := notProblem(r); fault != "" {
			return fault + ": " + r.summary()
		}
		return ""
	}}
}

// notProblem says what an answer lacks to be problem details.
func notProblem(r *reply) string {
	media, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil || media != "application/problem+json" {
		return fmt.Sprintf("Content-Type is %q", r.header.Get("Content-Type"))
	}
	if r.method == http.MethodHead {
		return ""
	}
	o, err := parseObject(r.body)
	if err != nil {
		return "the content is no JSON object"
	}
	return problemMembers(o, r)
}

func problemMembers(o object, r *reply) string {
	kind, ok := o["type"].(string)
	if _, err := url.Parse(kind); !ok || kind == "" || err != nil {
		return "type is no URI reference"
	}
	if title, ok := o["title"].(string); !ok || title == "" {
		return "title is empty"
	}
	if fmt.Sprint(o["status"]) != strconv.Itoa(r.status) {
		return fmt.Sprintf("status member is %v", o["status"])
	}
	id := r.header.Get("X-Request-Id")
	if id == "" {
		return "no X-Request-Id header"
	}
	if o["request_id"] != id {
		return fmt.Sprintf("request_id is %v, X-Request-Id is %s", o["request_id"], id)
	}
	return ""
}

// pointers expects one entry of errors for each pointer, and no other.
func pointers(want ...string) expectation {
	slices.Sort(want)
	return expectation{says: "errors with exactly the pointers " + strings.Join(want, " "), differs: func(r *reply) string {
		got := members(r, "pointer")
		slices.Sort(got)
		if slices.Equal(got, want) {
			return ""
		}
		return r.summary()
	}}
}

// pointer expects an entry of errors with the pointer.
func pointer(want string) expectation {
	return expectation{says: "an entry of errors with pointer " + want, differs: func(r *reply) string {
		if slices.Contains(members(r, "pointer"), want) {
			return ""
		}
		return r.summary()
	}}
}

// parameter expects the first entry of errors to name a query parameter.
func parameter(want string) expectation {
	return expectation{says: `errors[0].parameter == "` + want + `"`, differs: func(r *reply) string {
		if all := members(r, "parameter"); len(all) > 0 && all[0] == want {
			return ""
		}
		return r.summary()
	}}
}

// members returns one member of each entry of errors; entries need a detail.
func members(r *reply, name string) []string {
	list, ok := r.json()["errors"].([]any)
	if !ok {
		return nil
	}
	var all []string
	for _, one := range list {
		entry, ok := one.(object)
		if !ok {
			return nil
		}
		if detail, ok := entry["detail"].(string); !ok || detail == "" {
			return nil
		}
		if text, ok := entry[name].(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// header expects a header to have exactly a value.
func header(name, want string) expectation {
	return expectation{says: name + ": " + want, differs: func(r *reply) string {
		if got := r.header.Values(name); len(got) != 1 || got[0] != want {
			return fmt.Sprintf("%s is %q", name, got)
		}
		return ""
	}}
}

// media expects the content to be of a media type.
func media(want string) expectation {
	return expectation{says: "Content-Type " + want, differs: func(r *reply) string {
		got, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
		if err != nil || got != want {
			return fmt.Sprintf("Content-Type is %q", r.header.Get("Content-Type"))
		}
		return ""
	}}
}

// content expects the content to equal a JSON value.
func content(want string) expectation {
	return expectation{says: "the content " + want, differs: func(r *reply) string {
		if sameJSON(string(r.body), want) {
			return ""
		}
		return r.summary()
	}}
}

// nothing expects an answer without content.
func nothing() expectation {
	return expectation{says: "no content", differs: func(r *reply) string {
		if len(r.body) == 0 {
			return ""
		}
		return r.summary()
	}}
}

// within expects the whole answer in time.
func within(limit time.Duration) expectation {
	return expectation{says: "an answer within " + limit.String(), differs: func(r *reply) string {
		if r.took <= limit {
			return ""
		}
		return "took " + r.took.Round(time.Millisecond).String()
	}}
}

// without expects that texts do not occur in the content.
func without(texts ...string) expectation {
	return expectation{says: "content without " + strings.Join(texts, ", "), differs: func(r *reply) string {
		for _, t := range texts {
			if strings.Contains(strings.ToLower(string(r.body)), strings.ToLower(t)) {
				return r.summary()
			}
		}
		return ""
	}}
}

// sameJSON reports whether two texts are the same JSON value.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return sameValue(x, y)
}

// sameValue compares by what is written when encoded: keys sorted.
func sameValue(x, y any) bool {
	a, err := json.Marshal(x)
	if err != nil {
		return false
	}
	b, err := json.Marshal(y)
	return err == nil && string(a) == string(b)
}
