import type { Request, RequestHandler } from 'express';
import { type BlockList, isIP } from 'node:net';
import { setContext } from '../lib/context.ts';
import { newId, newTraceId } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { parseTraceParent, type Tracing } from '../lib/tracing.ts';

interface Options {
  logger: Logger;
  trustedProxies: BlockList;
  tracing?: Tracing | undefined;
}

/** Gives each request an id, the id of its trace, the address of its client, and a logger that knows the ids. */
export function identify({ logger, trustedProxies, tracing }: Options): RequestHandler {
  return (req, res, next) => {
    const id = requestId(req.get('X-Request-Id'));
    const parent = parseTraceParent(req.get('Traceparent'));
    const span = tracing?.begin(req.method, parent);
    const traceId = span?.traceId ?? parent?.traceId ?? newTraceId();
    const context = {
      id,
      traceId,
      ...client(req, trustedProxies),
      route: '',
      logger: logger.child({ request_id: id, trace_id: traceId }),
    };
    setContext(res, context);
    res.set('X-Request-Id', id);
    if (span) {
      res.once('close', () => span.end(context.route, res.statusCode));
    }
    next();
  };
}

/** Keeps the id of the caller when it is harmless in a log. */
function requestId(given: string | undefined): string {
  return given !== undefined && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : newId();
}

/**
 * Returns the address of the client and whether it uses HTTPS. Headers count only when the peer is a proxy that is
 * trusted.
 */
function client(req: Request, proxies: BlockList): { remoteIp: string; https: boolean } {
  let address = plain(req.socket.remoteAddress ?? '');
  if (!isTrusted(address, proxies)) {
    return { remoteIp: address, https: false };
  }
  const hops = (req.get('X-Forwarded-For') ?? '').split(',').map((hop) => plain(hop.trim()));
  for (let hop = hops.pop(); hop !== undefined && isIP(hop) !== 0; hop = hops.pop()) {
    address = hop;
    if (!isTrusted(address, proxies)) {
      break;
    }
  }
  return { remoteIp: address, https: req.get('X-Forwarded-Proto') === 'https' };
}

/** Returns an IPv4 address as such where it is written as one of IPv6. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

function isTrusted(address: string, proxies: BlockList): boolean {
  const family = isIP(address);
  return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
