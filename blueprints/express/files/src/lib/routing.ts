import type { Request, RequestHandler, Response, Router } from 'express';
import { contextOf } from './context.ts';
import { Problem } from './problem.ts';

/** Answers a request. What it throws becomes a problem. */
export type Handler = (req: Request, res: Response) => void | Promise<void>;

/** The handlers of a path by method. HEAD is answered as GET is, without content. */
export type Handlers = Partial<Record<'delete' | 'get' | 'patch' | 'post' | 'put', Handler>>;

/**
 * Registers the handlers of a path. OPTIONS tells which methods there are; every other method is refused with 405.
 * Clients that do not take JSON are refused with 406.
 */
export function route(router: Router, path: string, handlers: Handlers): void {
  const template = path.replace(/:(\w+)/g, '{$1}');
  const methods = [...Object.keys(handlers), ...(handlers.get ? ['head'] : []), 'options'].map((name) =>
    name.toUpperCase(),
  );
  const allow = methods.sort().join(', ');
  const enter: RequestHandler = (_req, res, next) => {
    contextOf(res).route = template;
    next();
  };
  const registered = router.route(path).all(enter);
  for (const [method, handler] of Object.entries(handlers)) {
    registered[method as keyof Handlers](acceptsJson, handler as RequestHandler);
  }
  registered.options((_req, res) => {
    res.set('Allow', allow).status(204).end();
  });
  registered.all((_req, res) => {
    res.set('Allow', allow);
    throw new Problem(405, 'The resource does not have this method.');
  });
}

const acceptsJson: RequestHandler = (req, _res, next) => {
  if (!req.accepts('application/json')) {
    throw new Problem(406, 'The service answers with application/json only.');
  }
  next();
};
