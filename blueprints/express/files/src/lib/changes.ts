import type { Request } from 'express';
import { notThere, stale } from './answers.ts';
import { allowsChange, isConditional } from './conditions.ts';
import type { Stored } from './resource.ts';

/**
 * Changes a row that If-Match allows to change. The attempt returns undefined when another change got ahead of it; it is
 * repeated then, unless the client has named the version it wants to change. Each time, somebody else has succeeded.
 */
export async function changeRow<R extends Stored, T>(
  req: Request,
  rows: { find(id: string): Promise<R | undefined> },
  id: string,
  attempt: (current: R) => Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    const current = await rows.find(id);
    if (!current) {
      throw notThere();
    }
    if (!allowsChange(req, current.version)) {
      throw stale();
    }
    const result = await attempt(current);
    if (result !== undefined) {
      return result;
    }
    if (isConditional(req)) {
      throw stale();
    }
  }
}
