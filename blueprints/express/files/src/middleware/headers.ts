import type { RequestHandler } from 'express';
import { contextOf } from '../lib/context.ts';

/**
 * The headers that every answer has. Nothing the service sends is a page, so browsers are told to run, frame, sniff and
 * store nothing.
 */
export const always = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

const alwaysEntries = Object.entries(always);

/** Sets the headers that every answer has. */
export const headers: RequestHandler = (_req, res, next) => {
  for (const [name, value] of alwaysEntries) {
    res.setHeader(name, value);
  }
  if (contextOf(res).https) {
    res.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  }
  next();
};
