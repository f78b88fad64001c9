import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, hasDatabase } from './database.ts';
import { resources } from './resources.ts';
import { Service } from './service.ts';

type Content = Record<string, unknown>;

interface Resource extends Content {
  id: string;
  version: number;
}

interface PageContent {
  items: Resource[];
  next_cursor: string | null;
}

const absent = '00000000-0000-7000-8000-000000000000';

function factsOf(name: string) {
  const facts = resources[name];
  if (!facts) {
    throw new Error(`there is no resource ${name}`);
  }
  return facts;
}

/** Makes rows, and once what they refer to. */
class Rows {
  readonly #service: Service;
  readonly #referred = new Map<string, string>();

  constructor(service: Service) {
    this.#service = service;
  }

  /** Returns the n-th content that makes a new row. */
  async content(name: string, n: number): Promise<Content> {
    const { fields, rows } = factsOf(name);
    const content = { ...rows[n] };
    for (const [key, { target }] of Object.entries(fields)) {
      if (target !== undefined) {
        content[key] = await this.#refer(target, n);
      }
    }
    return content;
  }

  async create(name: string, n: number): Promise<Resource> {
    const response = await this.#service.ask('post', factsOf(name).path, await this.content(name, n));
    expect(response.status).toBe(201);
    return response.body as Resource;
  }

  async #refer(name: string, n: number): Promise<string> {
    const key = `${name} ${n}`;
    const id = this.#referred.get(key) ?? (await this.create(name, n)).id;
    this.#referred.set(key, id);
    return id;
  }
}

/** Tests what every resource does: its life, its refusals, its lists, and an outage of the database. */
export function describeResource(name: string): void {
  const { path, fields, rows } = factsOf(name);

  describe.skipIf(!hasDatabase || rows.length === 0)(`${path} with a database`, () => {
    let service: Service;
    let make: Rows;
    let remove: () => Promise<void>;

    beforeAll(async () => {
      const database = await createDatabase();
      remove = database.remove;
      service = new Service(database.url);
      make = new Rows(service);
    });

    afterAll(async () => {
      await service.close();
      await remove();
    });

    it('is empty at first', async () => {
      const response = await service.ask('get', path);
      expect(response.body).toEqual({ items: [], next_cursor: null });
    });

    it('makes, returns, replaces, changes and deletes', async () => {
      const content = await make.content(name, 0);
      const made = await service.ask('post', path, content);
      expect(made.status).toBe(201);
      const row = made.body as Resource;
      const own = `${path}/${row.id}`;
      expect(made.headers.location).toBe(own);
      expect(row).toMatchObject({ version: 1 });

      const read = await service.ask('get', own);
      expect(read.body).toEqual(row);
      expect((await service.ask('get', own, undefined, { 'If-None-Match': '"1"' })).status).toBe(304);
      expect((await service.ask('head', own)).headers.etag).toBe('"1"');

      const replaced = await service.ask('put', own, content, { 'If-Match': '"1"' });
      expect(replaced.status).toBe(200);
      expect(replaced.body).toMatchObject({ version: 2 });
      expect((await service.ask('put', own, content, { 'If-Match': '"1"' })).status).toBe(412);
      expect((await service.ask('patch', own, {})).body).toEqual(replaced.body);
      expect((await service.ask('patch', own, content)).body).toMatchObject({ version: 3 });

      expect((await service.ask('delete', own, undefined, { 'If-Match': '"2"' })).status).toBe(412);
      expect((await service.ask('delete', own)).status).toBe(204);
      expect((await service.ask('get', own)).status).toBe(404);
      expect((await service.ask('delete', own)).status).toBe(404);
      expect((await service.ask('put', own, content)).status).toBe(404);
    });

    it('refuses what is no content', async () => {
      expect((await service.ask('post', path, '{')).status).toBe(400);
      expect((await service.ask('post', path, '[]')).status).toBe(400);
      expect((await service.ask('post', path, 'x', { 'Content-Type': 'text/plain' })).status).toBe(415);
      expect((await service.ask('post', path, { id: absent })).status).toBe(422);
      expect((await service.ask('post', path, '{"__proto__": 1}')).status).toBe(422);
      expect((await service.ask('post', path, ' '.repeat(1_048_577))).status).toBe(413);
      expect((await service.ask('get', `${path}/x`)).status).toBe(404);
      expect((await service.ask('get', path, undefined, { Accept: 'text/html' })).status).toBe(406);
    });

    it('names every field that is wrong', async () => {
      const wrong = Object.entries(fields).filter(([, field]) => field.bad !== undefined);
      const content = Object.fromEntries(wrong.map(([key, field]) => [key, field.bad]));
      const missing = Object.keys(fields).filter((key) => fields[key]?.required && !(key in content));
      const response = await service.ask('post', path, { ...content, surplus: true });
      expect(response.status).toBe(422);
      const { errors } = response.body as { errors: { pointer: string }[] };
      const pointers = [...wrong.map(([key]) => key), ...missing, 'surplus'].map((key) => `#/${key}`);
      expect(errors.map((error) => error.pointer).sort()).toEqual(pointers.sort());
    });

    it.each(Object.keys(fields).filter((key) => fields[key]?.unique && rows.length > 1))(
      'takes a %s once',
      async (key) => {
        const first = await make.create(name, 0);
        const content = await make.content(name, 1);
        const response = await service.ask('post', path, { ...content, [key]: first[key] });
        expect(response.status).toBe(409);
        expect(response.body).toMatchObject({ errors: [{ pointer: `#/${key}` }] });
        await service.ask('delete', `${path}/${first.id}`);
      },
    );

    it.each(Object.keys(fields).filter((key) => fields[key]?.target !== undefined))(
      'wants the %s to be there',
      async (key) => {
        const response = await service.ask('post', path, { ...(await make.content(name, 0)), [key]: absent });
        expect(response.status).toBe(422);
        expect(response.body).toMatchObject({ errors: [{ pointer: `#/${key}` }] });
      },
    );

    it('lets one of parallel changes with one version win', async () => {
      const row = await make.create(name, 0);
      const content = { ...rows[0] };
      const changes = Array.from({ length: 5 }, () =>
        service.ask('patch', `${path}/${row.id}`, content, { 'If-Match': '"1"' }),
      );
      const statuses = (await Promise.all(changes)).map((response) => response.status);
      expect(statuses.sort()).toEqual(
        Object.keys(content).length > 0 ? [200, 412, 412, 412, 412] : [200, 200, 200, 200, 200],
      );
      await service.ask('delete', `${path}/${row.id}`);
    });

    it('lists pages in any order', async () => {
      const made: Resource[] = [];
      for (const n of rows.keys()) {
        made.push(await make.create(name, n));
      }
      const orders = ['created_at', '-created_at', ...Object.keys(fields).flatMap((key) => [key, `-${key}`])];
      for (const order of orders) {
        const seen = await pages(service, `${path}?limit=1&sort=${order}`);
        expect(
          seen === undefined ||
            seen.sort().join() ===
              made
                .map((row) => row.id)
                .sort()
                .join(),
          order,
        ).toBe(true);
      }
    });

    it.each(['limit=0', 'limit=1&limit=2', 'sort=nothing', 'cursor=@@@', 'surplus=1', 'q=%ff'])(
      'refuses ?%s',
      async (query) => {
        expect((await service.ask('get', `${path}?${query}`)).status).toBe(400);
      },
    );
  });

  describe(`${path} without its database`, () => {
    it('is not available', async () => {
      const service = new Service();
      const response = await service.ask('get', path);
      expect(response.status).toBe(503);
      expect(response.headers['retry-after']).toBe('1');
      await service.close();
    });
  });
}

/** Returns the ids of all pages of a list; undefined when it cannot be sorted that way. */
async function pages(service: Service, first: string): Promise<string[] | undefined> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const response = await service.ask('get', cursor === '' ? first : `${first}&cursor=${cursor}`);
    if (response.status === 400) {
      return undefined;
    }
    const page = response.body as PageContent;
    ids.push(...page.items.map((item) => item.id));
    cursor = page.next_cursor;
  }
  return ids;
}
