import type { Request, Response } from 'express';
import { pathOf } from '../middleware/access-log.ts';
import { etagOf } from './conditions.ts';
import * as field from './fields.ts';
import type { ListQuery, Page } from './listing.ts';
import { Problem } from './problem.ts';
import { sendJson } from './send-json.ts';

const id = field.uuid();

/** Returns the id in the path. A malformed one names no resource. */
export function pathId(req: Request): string {
  const read = id.safeParse(req.params.id);
  if (!read.success) {
    throw notThere();
  }
  return read.data;
}

/** Returns the problem of a resource that does not exist. */
export function notThere(): Problem {
  return new Problem(404, 'There is no such resource.');
}

/** Returns the problem of a change whose client has not seen the current version. */
export function stale(): Problem {
  return new Problem(412, 'The resource has changed since it was read.');
}

/** Returns the query of a request as it was sent, without its question mark. */
export function queryOf(req: Request): string {
  const { originalUrl } = req;
  const mark = originalUrl.indexOf('?');
  return mark < 0 ? '' : originalUrl.slice(mark + 1);
}

/** Answers with one version of a resource. */
export function sendResource(res: Response, status: number, version: number, content: object): void {
  res.setHeader('ETag', etagOf(version));
  sendJson(res, status, content);
}

/** Tells the client that it has the version already. */
export function sendNotModified(res: Response, version: number): void {
  res.set('ETag', etagOf(version)).status(304).end();
}

/** Answers with one page of a list, and where the next one is. */
export function sendPage<T>(
  req: Request,
  res: Response,
  query: ListQuery,
  page: Page<T>,
  view: (item: T) => object,
): void {
  const next = page.next && query.next(page.next);
  if (next) {
    res.setHeader('Link', `<${pathOf(req.originalUrl)}?${next.query}>; rel="next"`);
  }
  sendJson(res, 200, { items: page.items.map(view), next_cursor: next?.cursor ?? null });
}
