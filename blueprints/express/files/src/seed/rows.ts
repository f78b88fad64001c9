import type { z } from 'zod';
import type { ListRequest } from '../lib/listing.ts';
import { readInput, type Value } from '../lib/resource.ts';
import type { Repository } from '../repositories/repository.ts';

const first: ListRequest = {
  equal: [],
  search: '',
  searched: [],
  sort: 'created_at',
  descending: false,
  limit: 1,
  after: undefined,
};

type Inputs = Record<string, Value>;

/** Puts rows into a table if it is empty. */
export async function seedRows<I extends Inputs>(
  rows: Repository<I>,
  schema: z.ZodType<I>,
  contents: Inputs[],
): Promise<void> {
  const found = await rows.list(first);
  if (found.items.length > 0) {
    return;
  }
  for (const content of contents) {
    await rows.create(readInput(schema, content));
  }
}

/** Returns the id of the oldest row of a table, for others to refer to. */
export async function firstId<I extends Inputs>(rows: Repository<I>): Promise<string> {
  const [row] = (await rows.list(first)).items;
  if (!row) {
    throw new Error('there is no row to refer to');
  }
  return row.id;
}
