import type { RequestHandler } from 'express';
import { contextOf } from '../lib/context.ts';
import { Problem } from '../lib/problem.ts';
import { isProbe } from './access-log.ts';

const minute = 60_000;

interface Bucket {
  tokens: number;
  filled: number;
}

/**
 * Allows each client address so many requests per minute, in a burst or spread out; zero allows all. Probes are never
 * limited. Each process counts for itself.
 */
export function rateLimit(perMinute: number, now: () => number = Date.now): RequestHandler {
  const buckets = new Map<string, Bucket>();
  let swept = 0;
  return (req, res, next) => {
    if (perMinute === 0 || isProbe(req.path)) {
      next();
      return;
    }
    const time = now();
    if (time - swept >= minute) {
      swept = time;
      sweep(buckets, time);
    }
    const wait = take(buckets, networkOf(contextOf(res).remoteIp), perMinute, time);
    if (wait > 0) {
      res.set('Retry-After', String(Math.ceil(wait / 1000)));
      throw new Problem(429, 'Too many requests.');
    }
    next();
  };
}

/** Takes a token of a client, or returns how many milliseconds the next one will take. */
function take(buckets: Map<string, Bucket>, client: string, perMinute: number, time: number): number {
  const bucket = buckets.get(client) ?? { tokens: perMinute, filled: time };
  buckets.set(client, bucket);
  bucket.tokens = Math.min(perMinute, bucket.tokens + ((time - bucket.filled) / minute) * perMinute);
  bucket.filled = time;
  if (bucket.tokens < 1) {
    return ((1 - bucket.tokens) / perMinute) * minute;
  }
  bucket.tokens -= 1;
  return 0;
}

/** Forgets the clients whose buckets are full again. */
function sweep(buckets: Map<string, Bucket>, time: number): void {
  for (const [client, bucket] of buckets) {
    if (time - bucket.filled >= minute) {
      buckets.delete(client);
    }
  }
}

/** Returns whom a limit counts: an IPv4 address, or the network of one of IPv6, where a client has all addresses. */
function networkOf(address: string): string {
  if (!address.includes(':')) {
    return address;
  }
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':');
}
