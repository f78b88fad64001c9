import type { RequestHandler } from 'express';
import { contextOf } from '../lib/context.ts';

/**
 * Sets the headers that every answer has. Nothing the service sends is a page, so browsers are told to run, frame, sniff
 * and store nothing.
 */
export const headers: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  res.setHeader('Referrer-Policy', 'no-referrer');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('X-Frame-Options', 'DENY');
  if (contextOf(res).https) {
    res.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  }
  next();
};
