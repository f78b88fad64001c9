import type { RequestHandler } from 'express';
import { contextOf } from '../lib/context.ts';
import type { Metrics } from '../lib/metrics.ts';

/** The status of a request whose client went away before the answer. It is logged and counted; nobody receives it. */
const clientClosed = 499;

/** Writes one log record per request and counts it. Probes come every few seconds, so their records have level debug. */
export function accessLog(metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    const path = pathOf(req.originalUrl);
    res.once('close', () => {
      const { logger, route, remoteIp } = contextOf(res);
      const milliseconds = performance.now() - start;
      const status = res.writableFinished || res.headersSent ? res.statusCode : clientClosed;
      metrics.observe(req.method, status, route, milliseconds / 1000);
      const facts = {
        method: req.method,
        path,
        route,
        status,
        duration_ms: Math.round(milliseconds * 1000) / 1000,
        remote_ip: remoteIp,
      };
      logger[isProbe(path) ? 'debug' : 'info'](facts, 'request');
    });
    next();
  };
}

/** Returns the path of a request, as it was sent, without its query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

/** Reports whether a path is one that orchestrators ask for health. */
export function isProbe(path: string): boolean {
  return path === '/livez' || path === '/readyz';
}
