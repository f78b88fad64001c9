import type { Response } from 'express';

/** Answers with JSON. Unlike res.json this makes no entity tag of the content: resources have versions. */
export function sendJson(res: Response, status: number, content: object): void {
  const body = JSON.stringify(content);
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.end(res.req.method === 'HEAD' ? undefined : body);
}
