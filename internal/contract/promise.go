package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// differs says what an answer is other than the promise.
func (p *promise) differs(r *reply) string {
	for _, name := range slices.Sorted(maps.Keys(p.headers)) {
		if fault := p.headers[name].differs(r.header.Values(name)); fault != "" {
			return "header " + name + " " + fault
		}
	}
	if r.method == http.MethodHead || r.status == http.StatusNotModified || r.status == http.StatusNoContent {
		return ""
	}
	if len(p.content) == 0 {
		if len(r.body) > 0 {
			return "the document has no content for it"
		}
		return ""
	}
	media, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	schema, ok := p.medium(media)
	if err != nil || !ok {
		return fmt.Sprintf("Content-Type is %q and not %s", r.header.Get("Content-Type"), strings.Join(slices.Sorted(maps.Keys(p.content)), " or "))
	}
	if schema == nil || media != jsonType && !strings.HasSuffix(media, "+json") {
		return ""
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.body))
	if err != nil {
		return "the content is not JSON"
	}
	return fit(schema, value)
}

// medium returns the schema for a media type, the most exact one.
func (p *promise) medium(media string) (*jsonschema.Schema, bool) {
	kind, _, _ := strings.Cut(media, "/")
	for _, want := range []string{media, kind + "/*", "*/*"} {
		for documented, schema := range p.content {
			if plain, _, err := mime.ParseMediaType(documented); err == nil && plain == want {
				return schema, true
			}
		}
	}
	return nil, false
}

// differs says what the values of a header are other than the promise.
func (h headerPromise) differs(values []string) string {
	if len(values) == 0 {
		if h.required {
			return "is missing"
		}
		return ""
	}
	if h.schema == nil {
		return ""
	}
	text := strings.Join(values, ", ")
	if fit(h.schema, text) == "" {
		return ""
	}
	// A header is text; a number or a boolean is written in it.
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var value any
	err := d.Decode(&value)
	_, isText := value.(string)
	if err == nil && !isText && !d.More() && fit(h.schema, value) == "" {
		return ""
	}
	return fmt.Sprintf("is %q: %s", text, fit(h.schema, text))
}

// fit says what is wrong with a value, on one line.
func fit(schema *jsonschema.Schema, value any) string {
	err := schema.Validate(value)
	if err == nil {
		return ""
	}
	lines := strings.Split(err.Error(), "\n")
	return strings.TrimPrefix(strings.TrimSpace(lines[len(lines)-1]), "- ")
}
