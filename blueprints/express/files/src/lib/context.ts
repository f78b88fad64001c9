import type { Response } from 'express';
import type { Logger } from './logger.ts';

/** What is known about a request beside its content. The route is empty until one has matched. */
export interface RequestContext {
  id: string;
  traceId: string;
  remoteIp: string;
  https: boolean;
  route: string;
  logger: Logger;
}

/** Remembers what is known about the request that is answered. */
export function setContext(res: Response, context: RequestContext): void {
  res.locals.context = context;
}

/** Returns what is known about the request that is answered. */
export function contextOf(res: Response): RequestContext {
  return res.locals.context as RequestContext;
}
