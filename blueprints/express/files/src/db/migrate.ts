import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Logger } from '../lib/logger.ts';
import { openMigrations } from './database.ts';
import { UnavailableError } from './errors.ts';
import type { Database, DatabaseOptions } from './types.ts';

const folder = new URL('../../migrations/', import.meta.url);

/** Returns the names of the migrations that this program carries, in order. */
export function knownMigrations(): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : []; // there is no folder before the first
  return names.filter((name) => name.endsWith('.sql')).sort();
}

/**
 * Brings the schema up to date. Two processes may do so at once: the second waits for the first. Migrations of branches
 * that were merged late are applied although newer ones are there.
 */
export async function migrate(options: DatabaseOptions, logger: Logger): Promise<void> {
  const session = await openMigrations(options);
  try {
    const applied = new Set(await session.applied());
    const missing = knownMigrations().filter((name) => !applied.has(name));
    for (const name of missing) {
      await session.apply(name, readFileSync(new URL(name, folder), 'utf8'));
      logger.info({ migration: name }, 'migration applied');
    }
    logger.info({ applied: missing.length }, 'migrations finished');
  } finally {
    await session.close();
  }
}

/** Resolves when the database answers and its schema has every migration that this program carries. */
export async function checkReady(database: Database): Promise<void> {
  await database.reach();
  const rows = await database.query('SELECT "name" FROM "schema_migrations"', []);
  const applied = new Set(rows.map((row) => row.name));
  const missing = knownMigrations().filter((name) => !applied.has(name));
  if (missing.length > 0) {
    throw new UnavailableError(new Error(`migrations are not applied: ${missing.join(', ')}`));
  }
}
