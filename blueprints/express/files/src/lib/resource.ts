import type { z } from 'zod';
import { Problem, pointerTo, type Violation } from './problem.ts';

/** The value of a field as the service keeps it. */
export type Value = string | number | boolean | null;

/** What every resource has beside its own fields. Moments are RFC 3339 in UTC with milliseconds. */
export interface Stored {
  id: string;
  version: number;
  created_at: string;
  updated_at: string;
}

/** Reads the content of a request by a schema. Throws a problem that names everything that is wrong with it. */
export function readInput<T>(schema: z.ZodType<T>, content: Record<string, unknown>): T {
  const read = schema.safeParse(content);
  const hidden = Object.hasOwn(content, '__proto__'); // which schemas do not see
  if (read.success && !hidden) {
    return read.data;
  }
  const errors = (read.error?.issues ?? []).flatMap(violationsOf);
  if (hidden) {
    errors.push({ detail: 'is not a member that can be set', pointer: pointerTo('__proto__') });
  }
  throw new Problem(422, 'The content is not valid.', errors);
}

function violationsOf(issue: z.core.$ZodIssue): Violation[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .filter((name) => name !== '__proto__')
      .map((name) => ({ detail: 'is not a member that can be set', pointer: pointerTo(name) }));
  }
  return [{ detail: issue.message, pointer: pointerTo(String(issue.path[0])) }];
}
