import { expect, it } from 'vitest';
import { DuplicateError, ForeignKeyError, MissingReferenceError, UnavailableError } from '../../src/db/errors.ts';
import { Problem } from '../../src/lib/problem.ts';
import { problemOf } from '../../src/middleware/errors.ts';

it.each([
  [new Problem(418, 'teapot'), 418, undefined],
  [new DuplicateError(['sku'], undefined), 409, '#/sku'],
  [new MissingReferenceError(['a/b']), 422, '#/a~1b'],
  [new ForeignKeyError(), 409, undefined],
  [new UnavailableError(undefined), 503, undefined],
  [new URIError('%ff'), 404, undefined],
  [new Error('a mistake'), 500, undefined],
])('makes a problem of %s', (error, status, pointer) => {
  const problem = problemOf(error);
  expect(problem.status).toBe(status);
  expect(problem.errors[0]?.pointer).toBe(pointer);
});
