package contract

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bundle gathers a schema of a document and all that it refers to into one
// JSON Schema.
type bundle struct {
	document *document
	old      bool           // OpenAPI 3.0, whose schemas are not quite JSON Schema
	names    map[string]int // by file and pointer
	queue    []place
}

// compile returns what judges values by a schema. It also returns the patterns
// that cannot be tried here: they take any text.
func (d *document) compile(schema place) (*jsonschema.Schema, []string, error) {
	root, err := d.root()
	if err != nil {
		return nil, nil, err
	}
	b := &bundle{document: d, old: strings.HasPrefix(root.text("openapi"), "3.0"), names: map[string]int{}}
	all, err := b.gather(schema)
	if err != nil {
		return nil, nil, err
	}
	var foreign []string
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) {
		if re, err := regexp.Compile(text); err == nil {
			return re, nil
		}
		foreign = append(foreign, text)
		return regexp.MustCompile(""), nil
	})
	const name = "schema.json"
	if err := c.AddResource(name, all); err != nil {
		return nil, nil, err
	}
	compiled, err := c.Compile(name)
	return compiled, foreign, err
}

func (b *bundle) gather(schema place) (any, error) {
	first, err := b.reference(schema)
	if err != nil {
		return nil, err
	}
	parts := object{}
	for len(parts) < len(b.queue) { // which grows meanwhile
		i := len(parts)
		part, err := b.schema(b.queue[i])
		if err != nil {
			return nil, err
		}
		parts[strconv.Itoa(i)] = part
	}
	return object{"$ref": first, "$defs": parts}, nil
}

// reference names a schema in the bundle.
func (b *bundle) reference(p place) (string, error) {
	p, err := b.document.follow(p)
	if err != nil {
		return "", err
	}
	key := p.file + "#" + p.pointer
	number, known := b.names[key]
	if !known {
		number = len(b.queue)
		b.names[key] = number
		b.queue = append(b.queue, p)
	}
	return fmt.Sprintf("#/$defs/%d", number), nil
}

// schema copies a part of a schema with references into the bundle.
func (b *bundle) schema(p place) (any, error) {
	switch value := p.value.(type) {
	case object:
		out := object{}
		for name := range value {
			member, _ := p.member(name)
			one, err := b.member(name, member)
			if err != nil {
				return nil, err
			}
			if one != nil || name == "const" || name == "default" {
				out[name] = one
			}
		}
		if b.old {
			modernise(out)
		}
		return out, nil
	case []any:
		out := make([]any, 0, len(value))
		for i, one := range value {
			one, err := b.schema(place{p.file, p.pointer + "/" + strconv.Itoa(i), one})
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	}
	return p.value, nil
}

func (b *bundle) member(name string, p place) (any, error) {
	switch name {
	case "$ref":
		if text, ok := p.value.(string); ok {
			target, err := b.document.target(p.file, text)
			if err != nil {
				return nil, err
			}
			return b.reference(target)
		}
	case "example", "examples", "discriminator", "xml", "externalDocs":
		return nil, nil //nolint:nilnil // it says nothing about values, and may refer to what is no schema
	case "enum", "const", "default":
		return p.value, nil
	case "properties", "patternProperties", "dependentSchemas", "$defs":
		return b.named(p)
	}
	return b.schema(p)
}

// named copies schemas that have names, which are no keywords.
func (b *bundle) named(p place) (any, error) {
	schemas, _ := p.value.(object)
	out := object{}
	for name := range schemas {
		member, _ := p.member(name)
		one, err := b.schema(member)
		if err != nil {
			return nil, err
		}
		out[name] = one
	}
	return out, nil
}

// modernise makes a schema of OpenAPI 3.0 one of JSON Schema.
func modernise(schema object) {
	if on, _ := schema["nullable"].(bool); on {
		if one, ok := schema["type"].(string); ok {
			schema["type"] = []any{one, "null"}
		}
		if list, ok := schema["enum"].([]any); ok {
			schema["enum"] = append(append([]any{}, list...), nil)
		}
		if _, typed := schema["type"]; !typed {
			inner := maps.Clone(schema)
			delete(inner, "nullable")
			clear(schema)
			schema["anyOf"] = []any{object{"type": "null"}, inner}
		}
	}
	for flag, limit := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		if on, ok := schema[flag].(bool); ok {
			delete(schema, flag)
			if on && schema[limit] != nil {
				schema[flag] = schema[limit]
				delete(schema, limit)
			}
		}
	}
}
