import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { formatUnits, unitsOf } from '../lib/fields.ts';
import { Deadline } from './deadline.ts';
import { DuplicateError, ForeignKeyError, UnavailableError } from './errors.ts';
import type { Column, Database, DatabaseOptions, MigrationSession, PoolState, Row } from './types.ts';

/** How often a statement that waits for a lock is tried again, in milliseconds. */
const pause = 10;

/**
 * One connection to a file. Node.js runs SQLite in its own thread, so statements never overlap; who waits for another
 * process to finish writing tries again in between, and holds nobody up.
 */
class SqliteDatabase implements Database {
  readonly #path: string;
  readonly #timeout: number;
  readonly #statements = new Map<string, StatementSync>();
  #connection: DatabaseSync | undefined;

  constructor(options: DatabaseOptions) {
    this.#path = filePath(options.url);
    this.#timeout = options.timeout;
  }

  query(sql: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#run(() => this.#prepare(sql).all(...(values as SQLInputValue[])));
  }

  execute(sql: string, values: readonly unknown[]): Promise<number> {
    return this.#run(() => Number(this.#prepare(sql).run(...(values as SQLInputValue[])).changes));
  }

  /** A connection that is open would not notice that the file is gone. */
  async reach(): Promise<void> {
    try {
      statSync(this.#path);
    } catch (error) {
      throw new UnavailableError(error);
    }
    await this.query('SELECT 1', []);
  }

  pool(): PoolState {
    return { max: 1, used: 0, idle: this.#connection ? 1 : 0 };
  }

  close(): Promise<void> {
    this.#statements.clear();
    this.#connection?.close();
    this.#connection = undefined;
    return Promise.resolve();
  }

  async #run<T>(attempt: () => T): Promise<T> {
    const deadline = new Deadline(this.#timeout);
    for (;;) {
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error) || deadline.over) {
          throw translate(error);
        }
      }
      await sleep(pause);
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) {
      return known;
    }
    this.#connection ??= open(this.#path, 'rw', 0);
    const statement = this.#connection.prepare(sql);
    statement.setReadBigInts(true);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Prepares the database. It does not create the file: migrating does. */
export function openDatabase(options: DatabaseOptions): Database {
  return new SqliteDatabase(options);
}

function filePath(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return url.host === '.' ? resolve(`.${path}`) : path;
}

function open(path: string, mode: 'rw' | 'rwc', timeout: number): DatabaseSync {
  const location = pathToFileURL(path);
  location.searchParams.set('mode', mode);
  return new DatabaseSync(location, { timeout, enableForeignKeyConstraints: true });
}

interface SqliteError extends Error {
  errcode: number;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error;
}

// Result codes of SQLite, https://sqlite.org/rescode.html.
const busy = 5;
const unavailable = new Set([busy, 6, 8, 10, 13, 14]); // locked, read-only, I/O, full, cannot open
const uniqueCodes = new Set([1555, 2067]);
const foreignKey = 787;

function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === busy;
}

function translate(error: unknown): unknown {
  if (!isSqliteError(error)) {
    return error;
  }
  if (uniqueCodes.has(error.errcode)) {
    return new DuplicateError(
      [...error.message.matchAll(/\.(\w+)/g)].map((match) => match[1] ?? ''),
      error,
    );
  }
  if (error.errcode === foreignKey) {
    return new ForeignKeyError(error.message, { cause: error });
  }
  return unavailable.has(error.errcode & 0xff) ? new UnavailableError(error) : error;
}

/** How long one migration run waits for another, in milliseconds. */
const migrationTimeout = 60_000;

/** Begins a migration run: one transaction, which is taken back when it fails. Creates the file where it is missing. */
export function openMigrations(options: DatabaseOptions): Promise<MigrationSession> {
  const path = filePath(options.url);
  if (!existsSync(dirname(path))) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  }
  const connection = open(path, 'rwc', migrationTimeout);
  connection.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
  connection.exec('CREATE TABLE IF NOT EXISTS "schema_migrations" ("name" TEXT NOT NULL PRIMARY KEY) STRICT');
  let failed = false;
  return Promise.resolve({
    applied: () => {
      const rows = connection.prepare('SELECT "name" FROM "schema_migrations"').all();
      return Promise.resolve(rows.map((row) => String(row.name)));
    },
    apply: (name, sql) => {
      failed = true;
      connection.exec(sql);
      connection.prepare('INSERT INTO "schema_migrations" ("name") VALUES (?)').run(name);
      failed = false;
      return Promise.resolve();
    },
    close: () => {
      connection.exec(failed ? 'ROLLBACK' : 'COMMIT');
      connection.close();
      return Promise.resolve();
    },
  });
}

/** Returns how a statement refers to its argument number n, from 1. */
export function placeholder(_n: number): string {
  return '?';
}

/** Returns how an argument is written that is compared with a column, or put into it. */
export function argument(_column: Column, holder: string): string {
  return holder;
}

/** Returns a condition: the column contains a text, letter for letter. */
export function contains(column: string, holder: string): string {
  return `instr(${column}, ${holder}) > 0`;
}

/** Returns how rows are sorted by a column. NULL comes before every value. */
export function order(column: string, descending: boolean): string {
  return `${column} ${descending ? 'DESC' : 'ASC'}`;
}

/** Returns the value of a field as the driver takes it. */
export function encode(column: Column, value: unknown): unknown {
  if (value === null) {
    return null;
  }
  switch (column.type) {
    case 'boolean':
      return value ? 1 : 0;
    case 'bigint':
      return BigInt(value as string);
    case 'decimal':
      return unitsOf(value as string);
    default:
      return value;
  }
}

/** Returns the value of a field from what the driver returns. */
export function decode(column: Column, value: unknown): unknown {
  if (value === null) {
    return null;
  }
  switch (column.type) {
    case 'boolean':
      return value === 1n;
    case 'integer':
      return Number(value);
    case 'bigint':
      return (value as bigint).toString();
    case 'decimal':
      return formatUnits(value as bigint, column.scale);
    default:
      return value;
  }
}
