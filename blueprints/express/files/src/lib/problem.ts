import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';

/** One thing that is wrong with a request: in its content, or in a parameter of its query. */
export interface Violation {
  detail: string;
  pointer?: string;
  parameter?: string;
}

/** An error that a client is told about, as RFC 9457 describes it. */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string;
  readonly errors: Violation[];

  constructor(status: number, detail = '', errors: Violation[] = []) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.errors = errors;
  }
}

/** Returns the JSON pointer to a member of the content, in the form of a URI fragment. */
export function pointerTo(name: string): string {
  return `#/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
}

/** The media type of problems. */
export const problemType = 'application/problem+json';

/** Returns the content of an answer that tells about a problem. */
export function problemContent(problem: Problem, requestId: string | undefined): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail || undefined,
    request_id: requestId,
    errors: problem.errors.length > 0 ? problem.errors : undefined,
  });
}

/** Answers with a problem. */
export function sendProblem(res: Response, problem: Problem): void {
  res.status(problem.status).type(problemType);
  res.end(problemContent(problem, res.get('X-Request-Id')));
}
