import type { RequestHandler } from 'express';

/** Lets pages of exactly these origins call the service. There are no credentials to send: it knows no cookies. */
export function cors(origins: string[]): RequestHandler {
  return (req, res, next) => {
    if (origins.length === 0) {
      next();
      return;
    }
    res.vary('Origin');
    const origin = req.get('Origin');
    if (origin === undefined || !origins.includes(origin)) {
      next();
      return;
    }
    res.set('Access-Control-Allow-Origin', origin);
    res.set('Access-Control-Expose-Headers', 'ETag, Link, Location, Retry-After, X-Request-Id');
    if (req.method !== 'OPTIONS' || req.get('Access-Control-Request-Method') === undefined) {
      next();
      return;
    }
    res.set('Access-Control-Allow-Methods', 'DELETE, GET, HEAD, PATCH, POST, PUT');
    res.set(
      'Access-Control-Allow-Headers',
      'Authorization, Content-Type, If-Match, If-None-Match, Traceparent, X-Request-Id',
    );
    res.set('Access-Control-Max-Age', '600').status(204).end();
  };
}
