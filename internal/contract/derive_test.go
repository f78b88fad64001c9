package contract

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/resource"
)

const bookshop = `openapi: 3.1.0
info: {title: x, version: "1"}
servers: [{url: https://shop.example/v3/}]
paths:
  /authors:
    get: {responses: {"200": {description: all}}}
    post: {requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string, maxLength: 40}}}}}}, responses: {"201": {description: made}}}
  /authors/{id}: {get: {responses: {"200": {description: one}}}}
  /books:
    get:
      parameters: [{name: sort, in: query, schema: {type: string, enum: [title, -title]}}]
      responses: {"200": {description: all}}
    post:
      requestBody:
        content:
          application/json:
            schema: {allOf: [{$ref: '#/components/schemas/Base'}, {type: object, required: [price], properties: {price: {type: string, pattern: '^[0-9]+\.[0-9]{2}$'}}}]}
            example: {price: "9.50"}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}}
  /books/{isbn}: {get: {responses: {"200": {description: one}}}, delete: {responses: {"204": {description: gone}}}}
  /books/{isbn}/pages: {get: {responses: {"200": {description: all}}}, post: {responses: {"201": {description: made}}}}
  /search: {get: {responses: {"200": {description: all}}}, post: {responses: {"201": {description: no rows below}}}}
components:
  schemas:
    Base:
      type: object
      required: [title, author_id]
      properties:
        id: {type: string, readOnly: true}
        title: {type: string, minLength: 2, maxLength: 80, description: Unique in the shop.}
        about: {type: [string, "null"]}
        author_id: {type: string, format: uuid}
        shelf_id: {type: string, format: uuid}
        pages: {type: integer, minimum: 1, maximum: 9}
        weight: {type: number}
        sold: {type: boolean, default: false}
        state: {enum: [old, new]}
        day: {type: string, format: date}
        at: {type: string, format: date-time}
        tags: {type: array}
    Book: {type: object, properties: {id: {}, version: {}, created_at: {}, updated_at: {}, title: {}, price: {}, tags: {}, stock: {}}}
`

func TestDerive(t *testing.T) {
	t.Parallel()
	d, err := parseDocument([]byte(bookshop))
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAPI(d)
	if err != nil {
		t.Fatal(err)
	}
	kinds := derive(a)
	if len(kinds) != 2 || kinds[0].Name != "author" || kinds[0].path != "/v3/authors" || kinds[1].Name != "book" || kinds[1].path != "/v3/books" {
		t.Fatalf("got %+v", kinds)
	}
	book := kinds[1]
	one, nine, two, no := "1", "9", "2", "false"
	want := []resource.Field{
		{Name: "about", Type: resource.Text, Max: 255, Nullable: true, Blank: true},
		{Name: "at", Type: resource.Datetime},
		{Name: "author", Type: resource.References, Target: "author", Required: true},
		{Name: "day", Type: resource.Date},
		{Name: "pages", Type: resource.Integer, Min: &one, Upper: &nine},
		{Name: "price", Type: resource.Text, Max: 255, Required: true, Blank: true, Pattern: `[0-9]+\.[0-9]{2}`},
		{Name: "sold", Type: resource.Boolean, Default: &no},
		{Name: "state", Type: resource.Enum, Choices: []string{"old", "new"}},
		{Name: "title", Type: resource.String, Min: &two, Max: 80, Required: true, Unique: true},
		{Name: "weight", Type: resource.Float},
	}
	got := slices.Clone(book.Fields)
	for i := range got {
		got[i].Table = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if book.others != 3 { // tags and stock are no fields, shelf_id names nothing known
		t.Errorf("%d other members", book.others)
	}
	price, _ := book.field(func(f resource.Field) bool { return f.Name == "price" })
	if text, ok := book.value(price, 7); !ok || text != `"9.50"` {
		t.Errorf("a price is %s", text)
	}
	a.rebase("/shop")
	if o, _ := a.find("GET", "/shop/books/7"); o == nil || o.path != "/shop/books/{isbn}" {
		t.Errorf("got %+v", o)
	}
}
