import { argument, contains, decode, encode, order, placeholder } from '../db/database.ts';
import { ForeignKeyError, MissingReferenceError } from '../db/errors.ts';
import type { Column, Database, Row } from '../db/types.ts';
import { newId } from '../lib/ids.ts';
import type { ListRequest, Page, Position } from '../lib/listing.ts';
import type { Stored, Value } from '../lib/resource.ts';

/** How a resource is stored. */
export interface Table<I> {
  name: string;
  columns: Record<keyof I & string, Column>;
  /** The tables that columns refer to. */
  references: Partial<Record<keyof I & string, string>>;
}

const stored: Record<keyof Stored, Column> = {
  id: { type: 'uuid' },
  version: { type: 'integer' },
  created_at: { type: 'datetime' },
  updated_at: { type: 'datetime' },
};

/** Collects the arguments of a statement. */
class Arguments {
  readonly values: unknown[] = [];

  /** Takes a value and returns how the statement refers to it. */
  add(column: Column, value: unknown): string {
    this.values.push(encode(column, value));
    return argument(column, placeholder(this.values.length));
  }
}

const quoted = (name: string) => `"${name}"`;

/**
 * The rows of a table. Uniqueness, references and versions are decided by the database in one statement, never by a
 * query before it.
 */
export class Repository<I extends Record<string, Value>> {
  readonly #database: Database;
  readonly #table: Table<I>;
  readonly #columns: Record<string, Column>;
  readonly #select: string;

  constructor(database: Database, table: Table<I>) {
    this.#database = database;
    this.#table = table;
    this.#columns = { ...table.columns, ...stored };
    this.#select = `SELECT ${Object.keys(this.#columns).map(quoted).join(', ')} FROM ${quoted(table.name)}`;
  }

  /** Returns the row with an id, if there is one. */
  async find(id: string): Promise<(I & Stored) | undefined> {
    const args = new Arguments();
    const rows = await this.#database.query(`${this.#select} WHERE "id" = ${args.add(stored.id, id)}`, args.values);
    return rows[0] && this.#read(rows[0]);
  }

  /** Returns one page of the rows that a request wants. */
  async list(request: ListRequest): Promise<Page<I & Stored>> {
    const args = new Arguments();
    const conditions = this.#conditions(request, args);
    const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
    const sorted = `${order(quoted(request.sort), request.descending)}, "id" ASC`;
    // One row more than wanted tells whether there is a next page.
    const sql = `${this.#select}${where} ORDER BY ${sorted} LIMIT ${request.limit + 1}`;
    const rows = await this.#database.query(sql, args.values);
    const items = rows.slice(0, request.limit).map((row) => this.#read(row));
    const last = items.at(-1);
    const more = rows.length > request.limit && last !== undefined;
    return { items, next: more ? { value: last[request.sort] ?? null, id: last.id } : undefined };
  }

  /** Stores a new row and returns it. */
  async create(input: I): Promise<I & Stored> {
    const now = new Date().toISOString();
    const row = { ...input, id: newId(), version: 1, created_at: now, updated_at: now };
    const args = new Arguments();
    const names = Object.keys(this.#columns);
    const values = names.map((name) => args.add(this.#column(name), row[name]));
    const sql = `INSERT INTO ${quoted(this.#table.name)} (${names.map(quoted).join(', ')}) VALUES (${values.join(', ')})`;
    await this.#change(sql, args.values, input);
    return row;
  }

  /** Replaces the fields of a row, if it still has the version of current. Returns the row as it is now. */
  async update(current: I & Stored, input: I): Promise<(I & Stored) | undefined> {
    const updated_at = new Date(Math.max(Date.now(), Date.parse(current.updated_at) + 1)).toISOString();
    const args = new Arguments();
    const changes = Object.keys(this.#table.columns).map(
      (name) => `${quoted(name)} = ${args.add(this.#column(name), input[name])}`,
    );
    changes.push(`"version" = "version" + 1`, `"updated_at" = ${args.add(stored.updated_at, updated_at)}`);
    const sql = `UPDATE ${quoted(this.#table.name)} SET ${changes.join(', ')} WHERE ${this.#isVersion(current, args)}`;
    const changed = await this.#change(sql, args.values, input);
    return changed > 0 ? { ...current, ...input, version: current.version + 1, updated_at } : undefined;
  }

  /** Deletes a row, if it still has the version of current. Returns whether it did. */
  async remove(current: I & Stored): Promise<boolean> {
    const args = new Arguments();
    const sql = `DELETE FROM ${quoted(this.#table.name)} WHERE ${this.#isVersion(current, args)}`;
    return (await this.#database.execute(sql, args.values)) > 0;
  }

  #isVersion(current: Stored, args: Arguments): string {
    return `"id" = ${args.add(stored.id, current.id)} AND "version" = ${args.add(stored.version, current.version)}`;
  }

  #column(name: string): Column {
    const column = this.#columns[name];
    if (!column) {
      throw new TypeError(`the table ${this.#table.name} has no column ${name}`);
    }
    return column;
  }

  #read(row: Row): I & Stored {
    const read: Row = {};
    for (const name in this.#columns) {
      read[name] = decode(this.#column(name), row[name]);
    }
    return read as I & Stored;
  }

  #conditions(request: ListRequest, args: Arguments): string[] {
    const conditions = request.equal.map(([name, value]) => `${quoted(name)} = ${args.add(this.#column(name), value)}`);
    if (request.search !== '') {
      const found = request.searched.map((name) =>
        contains(quoted(name), args.add(this.#column(name), request.search)),
      );
      conditions.push(`(${found.join(' OR ')})`);
    }
    if (request.after) {
      conditions.push(this.#after(request.after, request, args));
    }
    return conditions;
  }

  /** Leaves out the rows up to a position. NULL comes before every value; ties go by id, in either direction. */
  #after({ value, id }: Position, { sort, descending }: ListRequest, args: Arguments): string {
    const column = quoted(sort);
    const later = () => `"id" > ${args.add(stored.id, id)}`;
    if (value === null) {
      return descending ? `(${column} IS NULL AND ${later()})` : `(${column} IS NOT NULL OR ${later()})`;
    }
    const given = () => args.add(this.#column(sort), value);
    const beyond = `${column} ${descending ? '<' : '>'} ${given()} OR (${column} = ${given()} AND ${later()})`;
    return descending ? `(${beyond} OR ${column} IS NULL)` : `(${beyond})`;
  }

  async #change(sql: string, values: unknown[], input: I): Promise<number> {
    try {
      return await this.#database.execute(sql, values);
    } catch (error) {
      throw error instanceof ForeignKeyError ? await this.#explain(input, error) : error;
    }
  }

  /** Finds out which references a statement has broken: not every database tells. */
  async #explain(input: I, error: ForeignKeyError): Promise<Error> {
    const broken: string[] = [];
    for (const [name, table] of Object.entries(this.#table.references) as [string, string][]) {
      const id = input[name];
      const args = new Arguments();
      const sql = `SELECT "id" FROM ${quoted(table)} WHERE "id" = ${args.add(stored.id, id)}`;
      if (id !== null && (await this.#database.query(sql, args.values)).length === 0) {
        broken.push(name);
      }
    }
    return broken.length > 0 ? new MissingReferenceError(broken) : error;
  }
}
