/** The type of a column, which says how its values come and go. */
export type Column =
  | { type: 'text' | 'integer' | 'bigint' | 'float' | 'boolean' | 'date' | 'datetime' | 'uuid' }
  | { type: 'decimal'; precision: number; scale: number };

/** How many connections there are, and how many there may be. */
export interface PoolState {
  max: number;
  used: number;
  idle: number;
}

/** A row as the driver returns it. */
export type Row = Record<string, unknown>;

/** Where and how the database is reached. The timeout, in milliseconds, bounds each operation. */
export interface DatabaseOptions {
  url: URL;
  poolMax: number;
  timeout: number;
}

/**
 * The database. It connects when it is used for the first time, so a service starts without it. Every method throws
 * the errors of errors.ts.
 */
export interface Database {
  /** Returns the rows that a statement finds. */
  query(sql: string, values: readonly unknown[]): Promise<Row[]>;
  /** Returns how many rows a statement has changed. */
  execute(sql: string, values: readonly unknown[]): Promise<number>;
  /** Resolves when the database can be reached. */
  reach(): Promise<void>;
  pool(): PoolState;
  close(): Promise<void>;
}

/** Keeps other migration runs out until it is closed. */
export interface MigrationSession {
  /** Returns the names of the migrations that were applied. */
  applied(): Promise<string[]>;
  /** Applies one migration and remembers its name. */
  apply(name: string, sql: string): Promise<void>;
  close(): Promise<void>;
}
