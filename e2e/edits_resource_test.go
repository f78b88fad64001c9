package e2e

// Files of the resource that most edits are about.
const (
	itemController = "internal/controller/item.go"
	itemModel      = "internal/model/item.go"
	itemView       = "internal/view/item.go"
	itemStore      = "internal/repository/item.go"
	itemSQL        = "internal/repository/item_sqlite.go"
	itemAPI        = "openapi/item.yaml"
	itemAPITest    = "test/api/item_test.go"
)

// resourceEdits change what belongs to a resource.
func resourceEdits() []userEdit {
	return []userEdit{
		{name: "a handler of the resource", steps: steps{
			after(itemController, `	router.Handle("DELETE /api/v1/items/{id}", c.Base.handler(c.delete))`+"\n", `	router.Handle("POST /api/v1/items/{id}/archive", c.Base.handler(c.archive))`+"\n"),
			appendTo(itemController, `
func (c ItemController) archive(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	m, err := c.Rows.Get(r.Context(), id)
	if err != nil {
		return err
	}
	m.Status = "archived"
	if m, err = c.Rows.Update(r.Context(), m); err != nil {
		return err
	}
	return writeResource(w, http.StatusOK, m.Version, view.ItemResponseFrom(m))
}
`),
			after("openapi.yaml", `  /api/v1/items/{id}: { $ref: "openapi/item.yaml#/pathItems/member" }`+"\n", `  /api/v1/items/{id}/archive: { $ref: "openapi/item.yaml#/pathItems/archive" }`+"\n"),
			before(itemAPI, "parameters:\n  Sort:\n", `  archive:
    parameters:
      - { $ref: "common/parts.yaml#/parameters/Id" }
    post:
      operationId: archiveItem
      tags: [items]
      summary: Archive one item
      responses:
        "200":
          description: The item as it is now.
          content:
            application/json:
              schema: { $ref: "#/schemas/Item" }
        "404": { $ref: "common/parts.yaml#/responses/NotFound" }

`),
		}},
		{name: "an endpoint deleted", steps: steps{
			cut(itemController, `	router.Handle("PATCH /api/v1/items/{id}", c.Base.handler(c.patch))`+"\n"),
			cut(itemController, `func (c ItemController) patch(w http.ResponseWriter, r *http.Request) error {
	in, err := c.Base.readInput(w, r, patchType, jsonType)
	if err != nil {
		return err
	}
	in.Partial = true
	return c.update(w, r, in)
}

`),
			cut(itemAPITest, `func TestItemPatch(t *testing.T) {
	t.Parallel()
	s := apitest.New(t)
	s.CheckPatch(t, itemPath, itemContent(t, s, 0), "name", `+"`\"Name 2\"`"+`)
}

`),
			deleteFunction(itemAPITest, "TestItemLifecycle"),
			deleteFunction(itemAPITest, "TestItemList"),
		}},
		{name: "a rule made wider", steps: steps{
			replace(itemModel, "field.String{Min: 1, Max: 100}", "field.String{Min: 1, Max: 200}"),
			everywhere(itemAPI, "maxLength: 100\n", "maxLength: 200\n"),
		}},
		{name: "a method of the model", steps: steps{
			appendTo(itemModel, `
// Available reports whether the item can be ordered.
func (m Item) Available() bool { return m.Status == "active" }
`),
		}},
		{name: "a check of the model", steps: steps{
			after(itemModel, `	field.Optional(in, "status", &m.Status, itemRule.status)`+"\n", "	m.Name = strings.TrimSpace(m.Name)\n"),
			before(itemModel, "	\"time\"\n", "	\"strings\"\n"),
		}},
		{name: "a field of the view", steps: steps{
			after(itemView, "	Description *string   `json:\"description\"`\n", "	Label       string    `json:\"label\"`\n"),
			after(itemView, "		Description: m.Description,\n", "		Label:       m.Sku + \" (item)\",\n"),
			replace(itemAPI, "      - description\n      - version\n      - created_at\n", "      - description\n      - label\n      - version\n      - created_at\n"),
			replace(itemAPI, "      version: { $ref: \"common/parts.yaml#/schemas/Version\" }\n", "      label: { type: string }\n      version: { $ref: \"common/parts.yaml#/schemas/Version\" }\n"),
		}},
		{name: "a field written by hand", steps: handWrittenField()},
		{name: "a query of the repository", steps: steps{
			before(itemStore, "// Update stores new values of", `// BySku returns the row with an article number, or [ErrNotFound].
func (r ItemRepository) BySku(ctx context.Context, sku string) (model.Item, error) {
	ctx, cancel := r.DB.Bound(ctx)
	defer cancel()
	row := r.DB.Reader.QueryRowContext(ctx, itemSelectBySku, sku)
	m, err := scanItem(row.Scan)
	return m, translate(ctx, "read an item by its number", err)
}

`),
			create("internal/repository/item_sku.go", "package repository\n\nconst itemSelectBySku = itemSelect + ` WHERE \"sku\" = ?`\n"),
		}},
		{name: "a statement of the repository", steps: steps{
			after(itemSQL, "	itemDeleteVersion = itemDelete + ` AND \"version\" = ?`\n", "\n	itemCount = `SELECT COUNT(*) FROM \"items\"`\n"),
			appendTo(itemStore, `
// Count returns how many rows there are.
func (r ItemRepository) Count(ctx context.Context) (n int, err error) {
	ctx, cancel := r.DB.Bound(ctx)
	defer cancel()
	err = r.DB.Reader.QueryRowContext(ctx, itemCount).Scan(&n)
	return n, translate(ctx, "count items", err)
}
`),
		}},
		{name: "fields of the view in another order", steps: steps{
			cut(itemView, "	Status      string    `json:\"status\"`\n"),
			after(itemView, "	Name        string    `json:\"name\"`\n", "	Status      string    `json:\"status\"`\n"),
		}},
		{name: "comments in other words", steps: steps{
			replace(itemModel, "// Item is one row of items.", "// Item is something that the shop sells. It is never deleted while an order\n// refers to it."),
			replace(itemModel, "// itemRules holds what each field takes.", "// itemRules are agreed with the warehouse."),
			replace(itemController, "// ItemController answers requests for items.", "// ItemController is the catalogue over HTTP."),
		}},
		{name: "a receiver renamed", steps: steps{
			rename(itemController, "c", "ic"),
		}},
		{name: "a function of the controller taken apart", steps: steps{
			replace(itemController, `	if !in.Partial {
		m.ResetInput()
	}
	m.ReadInput(in)
	if err := in.Err(); err != nil {
		return m, err
	}
	return c.Rows.Update(ctx, m)
}
`, `	if err := fillItem(&m, in); err != nil {
		return m, err
	}
	return c.Rows.Update(ctx, m)
}

// fillItem takes what a client may set.
func fillItem(m *model.Item, in *field.Input) error {
	if !in.Partial {
		m.ResetInput()
	}
	m.ReadInput(in)
	return in.Err()
}
`),
		}},
		{name: "other sample data", steps: steps{
			replace("internal/seed/item.go", "`\"name\": \"Name 1\"`,\n\t\t\t`\"sku\": \"Sku 1\"`", "`\"name\": \"Teapot\"`,\n\t\t\t`\"sku\": \"POT-1\"`"),
			replace("internal/seed/item.go", "`\"name\": \"Name 2\"`,\n\t\t\t`\"sku\": \"Sku 2\"`", "`\"name\": \"Cup\"`,\n\t\t\t`\"sku\": \"CUP-1\"`"),
		}},
		{name: "the other resource edited", steps: steps{
			replace("internal/model/customer.go", "// Customer is one row of customers.", "// Customer is somebody who buys."),
			appendTo("internal/model/customer.go", "\n// Greeting returns how to address the customer.\nfunc (m Customer) Greeting() string { return \"Dear \" + m.Name }\n"),
		}},
		{name: "a query of a list", steps: steps{
			replace(itemModel, "	search := q.Search()\n", "	search := strings.TrimSpace(q.Search())\n"),
			before(itemModel, "	\"time\"\n", "	\"strings\"\n"),
		}},
	}
}

// handWrittenField is a field that a person added in every place that it needs.
func handWrittenField() steps {
	return steps{
		create("migrations/20260301120000_item_weight.sql", `-- +goose Up
ALTER TABLE "items" ADD COLUMN "weight" INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE "items" DROP COLUMN "weight";
`),
		after(itemModel, "	Description *string\n", "	Weight      int32\n"),
		after(itemModel, "	description field.String\n", "	weight      field.Integer\n"),
		after(itemModel, "	description: field.String{Max: 2000, Blank: true},\n", "	weight:      field.Integer{Min: 0, Max: field.MaxInteger},\n"),
		after(itemModel, "	field.Nullable(in, \"description\", &m.Description, itemRule.description)\n", "	field.Optional(in, \"weight\", &m.Weight, itemRule.weight)\n"),
		after(itemModel, "	m.Description = nil\n", "	m.Weight = 0\n"),
		after(itemView, "	Description *string   `json:\"description\"`\n", "	Weight      int32     `json:\"weight\"`\n"),
		after(itemView, "		Description: m.Description,\n", "		Weight:      m.Weight,\n"),
		replace(itemStore, "		m.Description,\n		m.Version,\n", "		m.Description,\n		m.Weight,\n		m.Version,\n"),
		replace(itemStore, "		m.Description,\n		stored(m.UpdatedAt),\n", "		m.Description,\n		m.Weight,\n		stored(m.UpdatedAt),\n"),
		after(itemStore, "		&m.Description,\n", "		&m.Weight,\n"),
		everywhere(itemSQL, "	\"description\",\n", "	\"description\",\n	\"weight\",\n"),
		after(itemSQL, "	?, -- description\n", "	?, -- weight\n"),
		after(itemSQL, "	\"description\" = ?,\n", "	\"weight\" = ?,\n"),
		replace(itemAPI, "      - description\n      - version\n      - created_at\n", "      - description\n      - weight\n      - version\n      - created_at\n"),
		everywhere(itemAPI, "        maxLength: 2000\n        pattern: '^[^\\x00]*$'\n", "        maxLength: 2000\n        pattern: '^[^\\x00]*$'\n      weight: { type: integer, minimum: 0, maximum: 2147483647 }\n"),
		everywhere(itemAPI, "\n      description: \"Description 1\"\n", "\n      description: \"Description 1\"\n      weight: 1\n"),
		everywhere(itemAPI, "\n          description: \"Description 1\"\n", "\n          description: \"Description 1\"\n          weight: 1\n"),
		after(itemAPITest, "		\"description\": {`\"Description 1\"`, `\"Description 2\"`, `\"Description 3\"`},\n", "		\"weight\":      {`1`, `2`, `3`},\n"),
	}
}
