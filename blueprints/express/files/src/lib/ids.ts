import { randomUUID } from 'node:crypto';

/** Returns a new UUID of version 7 (RFC 9562): the time in milliseconds, then random bits, so that new rows come last. */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** Returns a new trace id: 32 hexadecimal digits. */
export function newTraceId(): string {
  return randomUUID().replaceAll('-', ''); // whose random numbers Node.js makes many at a time
}
