import type { ErrorRequestHandler, RequestHandler } from 'express';
import { DuplicateError, ForeignKeyError, MissingReferenceError, UnavailableError } from '../db/errors.ts';
import { contextOf } from '../lib/context.ts';
import { errorFacts } from '../lib/logger.ts';
import { pointerTo, Problem, sendProblem } from '../lib/problem.ts';

/** Answers where no route has matched. */
export const notFound: RequestHandler = () => {
  throw new Problem(404, 'There is nothing here.');
};

/** Answers with the problem that an error means. Only failures that no client is to blame for are logged. */
// Express knows an error handler by its four parameters.
export const errors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const problem = problemOf(error);
  if (problem.status >= 500 && !res.destroyed) {
    contextOf(res).logger.error(errorFacts(error), problem.status === 503 ? 'the database failed' : 'a request failed');
  }
  if (problem.status === 503) {
    res.set('Retry-After', '1');
  }
  if (!res.headersSent) {
    sendProblem(res, problem);
  }
};

/** Returns what a client is told about an error. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  if (error instanceof DuplicateError) {
    return new Problem(409, 'The value is taken.', violations(error.fields, 'is taken'));
  }
  if (error instanceof MissingReferenceError) {
    return new Problem(422, 'The content is not valid.', violations(error.fields, 'refers to nothing'));
  }
  if (error instanceof ForeignKeyError) {
    return new Problem(409, 'Other resources refer to this one.');
  }
  if (error instanceof UnavailableError) {
    return new Problem(503, 'The database does not answer.');
  }
  return isMalformedPath(error) ? new Problem(404, 'There is nothing here.') : new Problem(500);
}

/** Reports whether Express could not decode a path, as /%ff: it names nothing. */
function isMalformedPath(error: unknown): boolean {
  return error instanceof URIError;
}

function violations(fields: string[], detail: string) {
  return fields.map((name) => ({ detail, pointer: pointerTo(name) }));
}
