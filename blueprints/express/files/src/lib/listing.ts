import { createHash } from 'node:crypto';
import { z } from 'zod';
import * as field from './fields.ts';
import { Problem, type Violation } from './problem.ts';
import type { Value } from './resource.ts';

/** What a list can be asked for. */
export interface ListRules {
  /** Parameters that choose the rows whose field has one value. */
  filters: Record<string, z.ZodType>;
  /** Fields a list can be sorted by, with what they take. */
  sorts: Record<string, z.ZodType>;
  /** Fields that the parameter q looks for text in. */
  searched: string[];
}

/** A place in a sorted list: right after the row with this value in the sorted field, and this id. */
export interface Position {
  value: Value;
  id: string;
}

/** Which page of a list is wanted. */
export interface ListRequest {
  equal: [field: string, value: Value][];
  search: string;
  searched: string[];
  sort: string;
  descending: boolean;
  limit: number;
  after: Position | undefined;
}

/** One page of a list; next is where the following one begins. */
export interface Page<T> {
  items: T[];
  next: Position | undefined;
}

const defaultLimit = 20;
const maxLimit = 100;
const checksumLength = 8;

/** The query of a list: what it asks for, and the links to its next page. */
export class ListQuery {
  readonly request: ListRequest;
  readonly #values: Map<string, string>;
  readonly #violations: Violation[] = [];
  readonly #unread: Set<string>;

  /** Reads a query string. Throws a problem with everything that is wrong with it. */
  constructor(query: string, rules: ListRules) {
    this.#values = this.#parse(query);
    this.#unread = new Set(this.#values.keys());
    const equal = Object.keys(rules.filters).flatMap((name) => this.#filter(name, rules.filters[name]));
    const search = rules.searched.length > 0 ? (this.#take('q') ?? '') : '';
    const limit = this.#limit();
    const order = this.#take('sort') ?? '-created_at';
    const sort = order.replace(/^-/, '');
    if (!Object.hasOwn(rules.sorts, sort)) {
      this.#refuse(
        'sort',
        `must be one of ${Object.keys(rules.sorts).sort().join(', ')}, with - in front for descending`,
      );
    }
    const cursor = this.#take('cursor');
    this.#unread.forEach((name) => this.#refuse(name, 'is not a parameter of this list'));
    const after = this.#violations.length === 0 ? this.#position(cursor, rules.sorts[sort]) : undefined;
    if (this.#violations.length > 0) {
      throw new Problem(400, 'The query is not valid.', this.#violations);
    }
    this.request = { equal, search, searched: rules.searched, sort, descending: order.startsWith('-'), limit, after };
  }

  /** Returns the cursor of the page after a position, and the query that asks for it. */
  next(after: Position): { cursor: string; query: string } {
    const payload = Buffer.from(JSON.stringify([after.value, after.id]));
    const cursor = Buffer.concat([this.#checksum(payload), payload]).toString('base64url');
    return {
      cursor,
      query: new URLSearchParams(
        [...this.#values].filter(([name]) => name !== 'cursor').concat([['cursor', cursor]]),
      ).toString(),
    };
  }

  #parse(query: string): Map<string, string> {
    const values = new Map<string, string>();
    for (const part of query.split('&').filter((text) => text !== '')) {
      const [name, value] = this.#decode(part);
      if (values.has(name)) {
        this.#refuse(name, 'must be given once');
      } else if (value.includes('\0')) {
        this.#refuse(name, 'must not contain U+0000');
      }
      values.set(name, value);
    }
    return values;
  }

  #decode(part: string): [string, string] {
    const [name = '', ...rest] = part.split('=');
    try {
      const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
      return [decode(name), decode(rest.join('='))];
    } catch {
      this.#refuse(name, 'must be UTF-8 text, percent-encoded');
      return [name, ''];
    }
  }

  #filter(name: string, schema: z.ZodType | undefined): [string, Value][] {
    const text = this.#take(name);
    if (text === undefined) {
      return [];
    }
    const read = schema?.safeParse(text);
    if (!read?.success) {
      this.#refuse(name, read?.error.issues[0]?.message ?? 'is not valid');
      return [];
    }
    return [[name, read.data as Value]];
  }

  #limit(): number {
    const text = this.#take('limit');
    if (text === undefined) {
      return defaultLimit;
    }
    if (!/^[1-9]\d{0,8}$/.test(text)) {
      this.#refuse('limit', 'must be a whole number from 1');
    }
    return Math.min(Number(text), maxLimit);
  }

  /** Reads a cursor, which begins with a checksum over it and the query it belongs to. */
  #position(cursor: string | undefined, schema: z.ZodType | undefined): Position | undefined {
    if (cursor === undefined) {
      return undefined;
    }
    const data = Buffer.from(cursor, 'base64url');
    const payload = data.subarray(checksumLength);
    const shape = z.tuple([(schema ?? z.never()).nullable(), field.uuid()]);
    if (data.toString('base64url') === cursor && this.#checksum(payload).equals(data.subarray(0, checksumLength))) {
      const read = shape.safeParse(JSON.parse(payload.toString()));
      if (read.success) {
        return { value: read.data[0] as Value, id: read.data[1] };
      }
    }
    this.#refuse('cursor', 'is not a cursor of this list, with this order and these filters');
    return undefined;
  }

  /** Returns a checksum over a payload and the choice of rows that it belongs to. It has no key: it is not a secret. */
  #checksum(payload: Buffer): Buffer {
    const choice = [...this.#values].filter(([name]) => name !== 'cursor' && name !== 'limit').sort();
    return createHash('sha256')
      .update(JSON.stringify(choice))
      .update('\0')
      .update(payload)
      .digest()
      .subarray(0, checksumLength);
  }

  #take(name: string): string | undefined {
    this.#unread.delete(name);
    return this.#values.get(name);
  }

  #refuse(parameter: string, detail: string): void {
    if (!this.#violations.some((violation) => violation.parameter === parameter)) {
      this.#violations.push({ detail, parameter });
    }
  }
}
