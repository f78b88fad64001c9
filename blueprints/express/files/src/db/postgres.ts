import { Client, DatabaseError, Pool, type PoolClient, types } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline, TimeoutError } from './deadline.ts';
import { DuplicateError, ForeignKeyError, UnavailableError } from './errors.ts';
import type { Column, Database, DatabaseOptions, MigrationSession, PoolState, Row } from './types.ts';

const { builtins } = types;

// Days and moments are text: a Date would shift a day by the time zone.
types.setTypeParser(builtins.DATE, (text) => text);
types.setTypeParser(builtins.TIMESTAMPTZ, parseMoment);

/** Reads "2026-01-02 03:04:05.6+00", which the server writes in the time zone of the session. */
function parseMoment(text: string): string {
  const [day = '', time = ''] = text.split(' ');
  const [seconds = '', fraction = ''] = time.replace(/\+00$/, '').split('.');
  return `${day}T${seconds}.${fraction.padEnd(3, '0')}Z`;
}

function settingsOf(options: DatabaseOptions) {
  return {
    connectionString: options.url.href,
    connectionTimeoutMillis: options.timeout,
    keepAlive: true,
    options: '-c TimeZone=UTC -c DateStyle=ISO',
  };
}

class PostgresDatabase implements Database {
  readonly #pool: Pool;
  readonly #options: DatabaseOptions;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = new Pool({
      ...settingsOf(options),
      max: options.poolMax,
      idleTimeoutMillis: 300_000,
      statement_timeout: options.timeout,
      lock_timeout: options.timeout,
    });
    // The pool drops an idle connection that breaks; whoever needs the next one makes it.
    this.#pool.on('error', () => undefined);
    // Whoever uses a connection that breaks meets the error; one that was given up is nobody's.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async query(sql: string, values: readonly unknown[]): Promise<Row[]> {
    return (await this.#run(sql, values)).rows as Row[];
  }

  async execute(sql: string, values: readonly unknown[]): Promise<number> {
    return (await this.#run(sql, values)).rowCount ?? 0;
  }

  async reach(): Promise<void> {
    await this.#run('SELECT 1', []);
  }

  pool(): PoolState {
    const { totalCount, idleCount } = this.#pool;
    return { max: this.#options.poolMax, used: totalCount - idleCount, idle: idleCount };
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #run(sql: string, values: readonly unknown[]) {
    const deadline = new Deadline(this.#options.timeout);
    try {
      const client = await deadline.bound(this.#pool.connect(), (late) => late.release());
      return await this.#use(client, deadline, sql, values);
    } catch (error) {
      throw translate(error);
    }
  }

  /** Gives a connection up that is in an unknown state: one that did not answer, or broke. */
  async #use(client: PoolClient, deadline: Deadline, sql: string, values: readonly unknown[]) {
    try {
      const result = await deadline.bound(client.query({ text: sql, values: [...values] }));
      client.release();
      return result;
    } catch (error) {
      const usable = error instanceof DatabaseError && error.severity === 'ERROR';
      client.release(!usable);
      if (error instanceof TimeoutError) {
        socketOf(client).destroy();
      }
      throw error;
    }
  }
}

/** Returns the socket of a client. To end a connection politely takes an answer that may never come. */
function socketOf(client: PoolClient): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}

/** Prepares the database. It connects to nothing. */
export function openDatabase(options: DatabaseOptions): Database {
  return new PostgresDatabase(options);
}

// Conditions of the server, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const unique = '23505';
const foreignKeys = new Set(['23001', '23503']);
/** Lost connections, conflicts of transactions, lack of resources, shutdown. */
const passingClasses = /^(?:08|28|3D|40|53|57P)/;
/** A standby that only reads, a lock that is not to be had, a statement that took too long. */
const passing = new Set(['25006', '55P03', '57014']);

function translate(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) {
    return isOutage(error) ? new UnavailableError(error) : error;
  }
  const code = error.code ?? '';
  if (code === unique) {
    return new DuplicateError(uniqueColumns(error.detail ?? ''), error);
  }
  if (foreignKeys.has(code)) {
    return new ForeignKeyError(error.message, { cause: error });
  }
  return passingClasses.test(code) || passing.has(code) ? new UnavailableError(error) : error;
}

/** Everything that is no answer of the server, and no mistake of the program, is a matter of the network. */
function isOutage(error: unknown): boolean {
  return error instanceof Error && !(error instanceof UnavailableError) && !(error instanceof TypeError);
}

/** Reads 'Key (sku, "order")=(A-1, 2) already exists.'. The words depend on the server, the parentheses do not. */
function uniqueColumns(detail: string): string[] {
  const list = /\((.*?)\)=\(/.exec(detail)?.[1] ?? '';
  return list.split(', ').map((column) => column.replaceAll('"', ''));
}

/** How long one migration run waits for another, in milliseconds. */
const migrationTimeout = 60_000;
const lockId = 4_097_083_626;

/** Begins a migration run. The lock belongs to the connection, so it is free when the process dies. */
export async function openMigrations(options: DatabaseOptions): Promise<MigrationSession> {
  const client = new Client(settingsOf(options));
  await client.connect();
  const deadline = new Deadline(migrationTimeout);
  // A statement that waited for the lock would hold up CREATE INDEX CONCURRENTLY.
  while (!(await tryLock(client))) {
    if (deadline.over) {
      throw new Error('another migration run goes on for too long');
    }
    await sleep(100);
  }
  await client.query('CREATE TABLE IF NOT EXISTS "schema_migrations" ("name" text NOT NULL PRIMARY KEY)');
  return {
    async applied() {
      const { rows } = await client.query<{ name: string }>('SELECT "name" FROM "schema_migrations"');
      return rows.map((row) => row.name);
    },
    async apply(name, sql) {
      await client.query('BEGIN');
      await client.query(sql);
      await client.query('INSERT INTO "schema_migrations" ("name") VALUES ($1)', [name]);
      await client.query('COMMIT');
    },
    close: () => client.end(),
  };
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [lockId]);
  return rows[0]?.taken ?? false;
}

/** Returns how a statement refers to its argument number n, from 1. */
export function placeholder(n: number): string {
  return `$${n}`;
}

/** Returns how an argument is written that is compared with a column, or put into it. */
export function argument(_column: Column, holder: string): string {
  return holder;
}

/** Returns a condition: the column contains a text, letter for letter. */
export function contains(column: string, holder: string): string {
  return `strpos(${column}, ${holder}) > 0`;
}

/** Returns how rows are sorted by a column. NULL comes before every value. */
export function order(column: string, descending: boolean): string {
  return `${column} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`;
}

/** Returns the value of a field as the driver takes it. */
export function encode(_column: Column, value: unknown): unknown {
  return value;
}

/** Returns the value of a field from what the driver returns. */
export function decode(column: Column, value: unknown): unknown {
  return column.type === 'integer' && value !== null ? Number(value) : value;
}
