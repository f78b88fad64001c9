package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"groundsill.example/internal/resource"
)

// kind is a resource of the service with what is needed to make rows of it.
type kind struct {
	resource.Resource

	path   string // of the collection
	others int    // members of a row that are no fields, beside those of every row
	given  object // values of fields whose rules are not known in full
	count  *atomic.Int64
	all    map[string]*kind
}

// kindsOf returns the resources of a record, those referred to first.
func kindsOf(rs []resource.Resource) []*kind {
	var kinds []*kind
	byName := map[string]*kind{}
	for _, r := range resource.Sorted(rs) {
		k := &kind{Resource: r, path: "/api/v1/" + r.Plural, count: &atomic.Int64{}, all: byName}
		byName[r.Name] = k
		kinds = append(kinds, k)
	}
	return kinds
}

// sample is the resource whose stimuli the contract spells out.
func (k *kind) sample() bool { return k.Equal(resource.Sample()) }

// valid returns the content of a request that makes a row: for the sample
// resource VALID of the contract, else every field that is no reference, and
// required references. No two have the same value of a unique field.
func (s *Session) valid(ctx context.Context, v *service, k *kind) (object, error) {
	if k.sample() {
		return object{"name": "Widget", "sku": "W-" + strings.ToUpper(random(8)), "quantity": 3}, nil
	}
	body := object{}
	n := int(k.count.Add(1))
	for _, f := range k.Fields {
		if f.Type == resource.References {
			if err := s.refer(ctx, v, k, f, body); err != nil {
				return nil, err
			}
			continue
		}
		text, ok := k.value(f, n)
		if !ok {
			return nil, absentError(fmt.Sprintf("valid value for %s.%s", k.Name, f.Name))
		}
		body[f.Key()] = json.RawMessage(text)
	}
	return body, nil
}

// refer sets a required reference to a row of its own where it is unique, and
// to a row that others refer to as well where it is not.
func (s *Session) refer(ctx context.Context, v *service, k *kind, f resource.Field, body object) error {
	if !f.Required {
		return nil
	}
	target := k.all[f.Target]
	v.mu.Lock()
	id := v.rows[f.Target]
	v.mu.Unlock()
	if id == "" || f.Unique {
		r, err := s.create(ctx, v, target, nil)
		if err != nil {
			return err
		}
		id = r.str("id")
		v.mu.Lock()
		v.rows[f.Target] = id
		v.mu.Unlock()
	}
	body[f.Key()] = id
	return nil
}

// create makes a row and returns the answer, which is 201 unless err says
// otherwise. Changes are put over the valid content.
func (s *Session) create(ctx context.Context, v *service, k *kind, changes object) (*reply, error) {
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return nil, err
	}
	maps.Copy(body, changes)
	r := v.do(ctx, "POST", k.path, body)
	if r.err != nil || r.status != 201 {
		return r, fmt.Errorf("%s: want 201, got %s", r.request, r.summary())
	}
	return r, nil
}

// field returns the first field for which ok holds.
func (k *kind) field(ok func(resource.Field) bool) (resource.Field, bool) {
	i := slices.IndexFunc(k.Fields, ok)
	if i < 0 {
		return resource.Field{}, false
	}
	return k.Fields[i], true
}

// name returns a string field in which any text is fine, as far as its length.
func (k *kind) name() (resource.Field, bool) {
	return k.field(func(f resource.Field) bool {
		return f.Type == resource.String && f.Pattern == "" && !f.Unique && f.Max >= 12 && f.MinLength() <= 1
	})
}

// ofType returns a field of a type that is not unique.
func (k *kind) ofType(t resource.Type) (resource.Field, bool) {
	return k.field(func(f resource.Field) bool { return f.Type == t && !f.Unique })
}

// unique returns a unique field of text.
func (k *kind) unique() (resource.Field, bool) {
	return k.field(func(f resource.Field) bool {
		return f.Unique && f.Type != resource.References && f.Type != resource.Boolean && f.Type != resource.Enum
	})
}

// value returns the text of the nth valid value of a field.
func (k *kind) value(f resource.Field, n int) (text string, ok bool) {
	one, known := k.given[f.Key()]
	if digits := strconv.Itoa(1000 + n); !known && k.given != nil && f.Pattern != "" && len(digits) >= f.MinLength() && len(digits) <= f.Max {
		// Where digits will do they are the safest: prose may ask for a number.
		if whole, err := regexp.Compile("^(?:" + f.Pattern + ")$"); err == nil && whole.MatchString(digits) {
			return strconv.Quote(digits), true
		}
	}
	if !known {
		return f.Sample(n)
	}
	data, err := json.Marshal(one)
	return string(data), err == nil
}

// change returns a field and two values for it, the way one changes a row.
func (k *kind) change() (f resource.Field, values [2]any, ok bool) {
	if k.sample() {
		f, _ := k.ofType(resource.Integer)
		return f, [2]any{7, 8}, true
	}
	for _, f := range k.Fields {
		one, ok := k.value(f, 1001)
		two, also := k.value(f, 1002)
		if ok && also && one != two && !f.Unique {
			return f, [2]any{json.RawMessage(one), json.RawMessage(two)}, true
		}
	}
	return f, values, false
}

// same reports whether a value that the service returns is the value that was
// sent for a field.
func same(f resource.Field, sent, got any) bool {
	if f.Type == resource.Datetime {
		return fmt.Sprint(got) == instant(plain(sent))
	}
	if f.Type == resource.Float {
		return floatOf(sent) == floatOf(got)
	}
	return sameValue(decoded(sent), decoded(got))
}

// decoded returns a value as it looks after a trip through JSON.
func decoded(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		return err
	}
	return out
}

// plain returns a value without the quotes of JSON.
func plain(v any) string { return fmt.Sprint(decoded(v)) }

func floatOf(v any) any {
	if f, ok := decoded(v).(float64); ok {
		return f
	}
	return v
}

// instant returns a moment as the contract writes it.
func instant(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// shape says what is wrong with a value of a field in an answer.
func shape(f resource.Field, value any) string {
	if value == nil {
		if f.Nullable {
			return ""
		}
		return f.Key() + " is null"
	}
	if fault := jsonShape(f, value); fault != "" {
		return fmt.Sprintf("%s is %v: %s", f.Key(), value, fault)
	}
	return ""
}

func jsonShape(f resource.Field, value any) string {
	switch f.Type {
	case resource.Integer, resource.Float:
		if _, ok := value.(json.Number); !ok {
			return "not a number"
		}
		return ""
	case resource.Boolean:
		if _, ok := value.(bool); !ok {
			return "not true or false"
		}
		return ""
	default:
	}
	text, ok := value.(string)
	if !ok {
		return "not a string"
	}
	if form := textForm(f); form != "" && !regexp.MustCompile(form).MatchString(text) {
		return "not of the form " + form
	}
	return ""
}

const (
	uuidForm   = `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`
	momentForm = `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`
)

// textForm returns the form of a field's text in answers.
func textForm(f resource.Field) string {
	switch f.Type {
	case resource.Bigint:
		return `^(0|-?[1-9]\d*)$`
	case resource.Decimal:
		if f.Scale == 0 {
			return `^-?\d+$`
		}
		return fmt.Sprintf(`^-?\d+\.\d{%d}$`, f.Scale)
	case resource.Date:
		return `^\d{4}-\d{2}-\d{2}$`
	case resource.Datetime:
		return momentForm
	case resource.UUID, resource.References:
		return uuidForm
	case resource.Enum:
		var choices []string
		for _, c := range f.Choices {
			choices = append(choices, regexp.QuoteMeta(c))
		}
		return "^(" + strings.Join(choices, "|") + ")$"
	default:
		return ""
	}
}

// whole says what is wrong with a full row of the kind.
func (k *kind) whole(row object) string {
	for _, f := range k.Fields {
		value, has := row[f.Key()]
		if !has {
			return f.Key() + " is not there"
		}
		if fault := shape(f, value); fault != "" {
			return fault
		}
	}
	return serverMembers(row, len(k.Fields)+k.others)
}

// serverMembers checks what every resource has besides its fields.
func serverMembers(row object, fields int) string {
	for name, form := range map[string]string{"id": uuidForm, "created_at": momentForm, "updated_at": momentForm, "version": `^[1-9]\d*$`} {
		value, has := row[name]
		if !has || !regexp.MustCompile(form).MatchString(fmt.Sprint(value)) {
			return fmt.Sprintf("%s is %v, not of the form %s", name, value, form)
		}
	}
	if _, ok := row["version"].(json.Number); !ok {
		return "version is not a number"
	}
	if len(row) != fields+4 {
		return fmt.Sprintf("the row has %d members and not %d", len(row), fields+4)
	}
	return ""
}
